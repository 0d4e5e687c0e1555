// Visits the tree once; no callback is told of the order beyond parents before children.

#include "sql/walk.h"

namespace penstock::sql {

void Walker::visit(Query& node) {
  if (query) query(node);
  for (CommonTable& table : node.with) visit(*table.query);
  visit(*node.body);
  visit(node.order);
  if (node.offset) visit(*node.offset);
  if (node.limit) visit(*node.limit);
}

void Walker::visit(QueryBody& node) {
  if (body) body(node);
  if (node.select) visit(*node.select);
  if (node.left) visit(*node.left);
  if (node.right) visit(*node.right);
  visit(node.rows);
  if (node.query) visit(*node.query);
}

void Walker::visit(Select& node) {
  for (SelectItem& item : node.items) visit(*item.value);
  if (node.from) visit(*node.from);
  if (node.where) visit(*node.where);
  for (GroupingElement& element : node.group_by) {
    for (auto& set : element.sets) visit(set);
  }
  if (node.having) visit(*node.having);
  for (auto& [name, window] : node.windows) visit(*window);
}

void Walker::visit(Relation& node) {
  if (relation) relation(node);
  if (node.query) visit(*node.query);
  visit(node.args);
  if (node.sample) visit(*node.sample);
  if (node.left) visit(*node.left);
  if (node.right) visit(*node.right);
  if (node.on) visit(*node.on);
}

void Walker::visit(Expr& node) {
  if (expression) expression(node);
  if (mutable_expression) mutable_expression(node);
  visit(node.args);
  if (node.query) visit(*node.query);
  if (node.filter) visit(*node.filter);
  visit(node.order);
  if (node.window) visit(*node.window);
}

void Walker::visit(Window& node) {
  visit(node.partition);
  visit(node.order);
  if (node.start.amount) visit(*node.start.amount);
  if (node.end.amount) visit(*node.end.amount);
}

void Walker::visit(std::vector<SortItem>& items) {
  for (SortItem& item : items) visit(*item.key);
}

void Walker::visit(std::vector<ExprPtr>& list) {
  for (ExprPtr& expr : list) visit(*expr);
}

}  // namespace penstock::sql
