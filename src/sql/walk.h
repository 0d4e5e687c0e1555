// A walk over every part of a query, in source order. Private to sql/.
#pragma once

#include <functional>

#include "sql/ast.h"

namespace penstock::sql {

struct Walker {
  std::function<void(const Expr&)> expression;
  std::function<void(Expr&)> mutable_expression;  // may replace the node in place
  std::function<void(const Query&)> query;
  std::function<void(const QueryBody&)> body;
  std::function<void(const Relation&)> relation;

  void walk(const Query& root) { visit(const_cast<Query&>(root)); }
  void walk(const Expr& root) { visit(const_cast<Expr&>(root)); }
  void walk_mutable(Query& root) { visit(root); }

 private:
  void visit(Query& node);
  void visit(QueryBody& node);
  void visit(Select& node);
  void visit(Relation& node);
  void visit(Expr& node);
  void visit(Window& node);
  void visit(std::vector<SortItem>& items);
  void visit(std::vector<ExprPtr>& list);
};

}  // namespace penstock::sql
