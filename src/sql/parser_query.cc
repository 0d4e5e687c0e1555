// WITH, SELECT, set operations, VALUES and the FROM clause.

#include <fmt/format.h>

#include "base/bytes.h"
#include "sql/limits.h"
#include "sql/parser.h"

namespace penstock::sql {

namespace {
constexpr std::string_view kQueryStart = "'(', 'SELECT', 'TABLE', 'VALUES'";
}

Outcome<QueryPtr> Parser::query() {
  const Nesting nesting(*this);
  TRY_VOID(deeper(peek().at));
  auto query = std::make_unique<Query>();
  if (take_word("WITH")) {
    query->recursive = take_word("RECURSIVE");
    TRY(query->with, with_tables());
  }
  TRY(query->body, query_body());
  TRY_VOID(query_tail(*query));
  return query;
}

Outcome<std::vector<CommonTable>> Parser::with_tables() {
  std::vector<CommonTable> tables;
  do {
    CommonTable table;
    TRY(table.name, identifier());
    if (is_symbol("(")) {
      TRY(table.columns, column_list());
    }
    TRY_VOID(expect_word("AS"));
    TRY_VOID(expect_symbol("("));
    TRY(table.query, query());
    TRY_VOID(expect_symbol(")"));
    tables.push_back(std::move(table));
  } while (take_symbol(","));
  return tables;
}

// ORDER BY, OFFSET, LIMIT or FETCH FIRST, in Trino's order.
Outcome<void> Parser::query_tail(Query& query) {
  if (take_words({"ORDER", "BY"})) {
    TRY(query.order, sort_items());
  }
  if (take_word("OFFSET")) {
    TRY(query.offset, primary());
    if (!take_word("ROW")) take_word("ROWS");
  }
  if (take_word("LIMIT")) {
    if (!take_word("ALL")) {
      if (peek().kind != TokenKind::kInteger && !is_symbol("?")) {
        return std::unexpected(unexpected_token("'ALL', <integer>, '?'"));
      }
      TRY(query.limit, primary());
    }
  } else if (take_word("FETCH")) {
    if (!take_word("FIRST") && !take_word("NEXT")) {
      return std::unexpected(unexpected_token("'FIRST', 'NEXT'"));
    }
    if (is_word("ROW") || is_word("ROWS")) {
      query.limit = make_expr(ExprKind::kInteger, peek().at);
      query.limit->text = "1";
    } else {
      TRY(query.limit, primary());
    }
    if (!take_word("ROW")) TRY_VOID(expect_word("ROWS"));
    if (take_words({"WITH", "TIES"})) {
      query.with_ties = true;
    } else {
      TRY_VOID(expect_word("ONLY"));
    }
  }
  return {};
}

Outcome<std::unique_ptr<QueryBody>> Parser::query_body() {
  TRY(std::unique_ptr<QueryBody> left, intersection());
  while (is_word("UNION") || is_word("EXCEPT")) {
    auto body = std::make_unique<QueryBody>();
    body->kind = QueryBody::Kind::kSetOperation;
    body->at = peek().at;
    body->operation = take().upper;
    body->all = take_word("ALL");
    if (!body->all) take_word("DISTINCT");
    TRY(body->right, intersection());
    body->depth = std::max(left->depth, body->right->depth) + 1;
    body->left = std::move(left);
    left = std::move(body);
    if (left->depth > kTreeDepthMax) {
      return std::unexpected(syntax_error(left->at, "statement is too large (stack overflow)"));
    }
  }
  return left;
}

Outcome<std::unique_ptr<QueryBody>> Parser::intersection() {
  TRY(std::unique_ptr<QueryBody> left, query_primary());
  while (is_word("INTERSECT")) {
    auto body = std::make_unique<QueryBody>();
    body->kind = QueryBody::Kind::kSetOperation;
    body->at = peek().at;
    body->operation = take().upper;
    body->all = take_word("ALL");
    if (!body->all) take_word("DISTINCT");
    TRY(body->right, query_primary());
    body->depth = std::max(left->depth, body->right->depth) + 1;
    body->left = std::move(left);
    left = std::move(body);
    if (left->depth > kTreeDepthMax) {
      return std::unexpected(syntax_error(left->at, "statement is too large (stack overflow)"));
    }
  }
  return left;
}

Outcome<std::unique_ptr<QueryBody>> Parser::query_primary() {
  auto body = std::make_unique<QueryBody>();
  body->at = peek().at;
  if (is_word("SELECT")) {
    TRY(body->select, select());
    return body;
  }
  if (take_word("VALUES")) {
    body->kind = QueryBody::Kind::kValues;
    do {
      TRY(ExprPtr row, expression());
      body->rows.push_back(std::move(row));
    } while (take_symbol(","));
    return body;
  }
  if (take_word("TABLE")) {
    body->kind = QueryBody::Kind::kTable;
    TRY(body->table, path());
    return body;
  }
  if (take_symbol("(")) {
    body->kind = QueryBody::Kind::kQuery;
    TRY(body->query, query());
    TRY_VOID(expect_symbol(")"));
    return body;
  }
  return std::unexpected(unexpected_token(kQueryStart));
}

Outcome<std::unique_ptr<Select>> Parser::select() {
  auto select = std::make_unique<Select>();
  select->at = take().at;
  if (take_word("DISTINCT")) {
    select->distinct = true;
  } else {
    take_word("ALL");
  }
  if (peek().kind == TokenKind::kEnd || is_word("FROM")) {
    return std::unexpected(unexpected_token("'*', 'ALL', 'DISTINCT', <expression>"));
  }
  do {
    TRY(SelectItem item, select_item());
    select->items.push_back(std::move(item));
  } while (take_symbol(","));
  if (take_word("FROM")) {
    // What the service answers for the half statement `SELECT * FROM`.
    if (peek().kind == TokenKind::kEnd) return std::unexpected(unsupported_statement());
    TRY(select->from, relation());
    while (is_symbol(",")) {
      auto join = std::make_unique<Relation>();
      join->kind = Relation::Kind::kJoin;
      join->at = take().at;
      join->join = "CROSS";
      join->left = std::move(select->from);
      TRY(join->right, relation());
      join->depth = std::max(join->left->depth, join->right->depth) + 1;
      if (join->depth > kTreeDepthMax) return std::unexpected(syntax_error(join->at, "too large"));
      select->from = std::move(join);
    }
  }
  if (take_word("WHERE")) {
    TRY(select->where, expression());
  }
  if (take_words({"GROUP", "BY"})) {
    if (!take_word("DISTINCT")) take_word("ALL");
    do {
      TRY(GroupingElement element, grouping_element());
      select->group_by.push_back(std::move(element));
    } while (take_symbol(","));
  }
  if (take_word("HAVING")) {
    TRY(select->having, expression());
  }
  if (take_word("WINDOW")) {
    do {
      TRY(std::string name, identifier());
      TRY_VOID(expect_word("AS"));
      TRY(select->windows[name], window());
    } while (take_symbol(","));
  }
  return select;
}

Outcome<SelectItem> Parser::select_item() {
  SelectItem item;
  const Position at = peek().at;
  if (take_symbol("*")) {
    item.value = make_expr(ExprKind::kStar, at);
    return item;
  }
  if (at_identifier() && is_symbol(".", 1) && is_symbol("*", 2)) {
    item.value = make_expr(ExprKind::kStar, at);
    TRY(std::string name, identifier());
    item.value->path.push_back(std::move(name));
    at_ += 2;
    return item;
  }
  TRY(item.value, expression());
  if (take_word("AS")) {
    TRY(item.alias, identifier());
  } else if (at_identifier()) {
    TRY(item.alias, identifier());
  }
  return item;
}

Outcome<GroupingElement> Parser::grouping_element() {
  GroupingElement element;
  if (is_word("ROLLUP") || is_word("CUBE")) {
    element.kind =
        take().upper == "CUBE" ? GroupingElement::Kind::kCube : GroupingElement::Kind::kRollup;
    TRY_VOID(expect_symbol("("));
    TRY(std::vector<ExprPtr> set, expression_list(")"));
    element.sets.push_back(std::move(set));
    return element;
  }
  if (take_words({"GROUPING", "SETS"})) {
    element.kind = GroupingElement::Kind::kSets;
    TRY_VOID(expect_symbol("("));
    do {
      TRY(std::vector<ExprPtr> set, grouping_set());
      element.sets.push_back(std::move(set));
    } while (take_symbol(","));
    TRY_VOID(expect_symbol(")"));
    return element;
  }
  if (is_symbol("(") && is_symbol(")", 1)) {
    at_ += 2;
    element.sets.emplace_back();
    return element;
  }
  TRY(ExprPtr key, expression());
  element.sets.emplace_back();
  if (key->kind == ExprKind::kRow) {
    element.sets.back() = std::move(key->args);
  } else {
    element.sets.back().push_back(std::move(key));
  }
  return element;
}

Outcome<std::vector<ExprPtr>> Parser::grouping_set() {
  if (take_symbol("(")) return expression_list(")");
  std::vector<ExprPtr> set;
  TRY(ExprPtr key, expression());
  set.push_back(std::move(key));
  return set;
}

Outcome<RelationPtr> Parser::relation() {
  const Nesting nesting(*this);
  TRY_VOID(deeper(peek().at));
  TRY(RelationPtr left, aliased_relation());
  while (true) {
    auto join = std::make_unique<Relation>();
    join->kind = Relation::Kind::kJoin;
    join->at = peek().at;
    if (take_words({"CROSS", "JOIN"})) {
      join->join = "CROSS";
    } else {
      const std::size_t start = at_;
      join->natural = take_word("NATURAL");
      if (is_word("LEFT") || is_word("RIGHT") || is_word("FULL")) {
        join->join = take().upper;
        take_word("OUTER");
      } else {
        join->join = "INNER";
        take_word("INNER");
      }
      if (!take_word("JOIN")) {
        if (at_ != start) return std::unexpected(unexpected_token("'JOIN'"));
        return left;
      }
    }
    TRY(join->right, aliased_relation());
    if (join->join != "CROSS" && !join->natural) TRY_VOID(join_criteria(*join));
    join->depth = std::max(left->depth, join->right->depth) + 1;
    join->left = std::move(left);
    left = std::move(join);
    if (left->depth > kTreeDepthMax) {
      return std::unexpected(syntax_error(left->at, "statement is too large (stack overflow)"));
    }
  }
}

Outcome<void> Parser::join_criteria(Relation& join) {
  if (take_word("ON")) {
    TRY(join.on, expression());
  } else if (take_word("USING")) {
    TRY(join.using_columns, column_list());
  } else {
    return std::unexpected(unexpected_token("'ON', 'USING'"));
  }
  return {};
}

Outcome<RelationPtr> Parser::aliased_relation() {
  TRY(RelationPtr relation, relation_primary());
  if (is_word("MATCH_RECOGNIZE")) {
    return std::unexpected(plain_error("NOT_SUPPORTED", "MATCH_RECOGNIZE is not supported"));
  }
  if (take_word("TABLESAMPLE")) {
    if (!is_word("BERNOULLI") && !is_word("SYSTEM")) {
      return std::unexpected(unexpected_token("'BERNOULLI', 'SYSTEM'"));
    }
    relation->sample_method = take().upper;
    TRY_VOID(expect_symbol("("));
    TRY(relation->sample, expression());
    TRY_VOID(expect_symbol(")"));
  }
  const bool worded = take_word("AS");
  const bool join_word = is_word("NATURAL") || is_word("TABLESAMPLE") || is_word("WINDOW") ||
                         is_word("OFFSET") || is_word("LIMIT") || is_word("FETCH");
  if (worded || (at_identifier() && !join_word)) {
    TRY(relation->alias, identifier());
    if (is_symbol("(")) {
      TRY(relation->columns, column_list());
    }
  }
  return relation;
}

Outcome<RelationPtr> Parser::relation_primary() {
  auto relation = std::make_unique<Relation>();
  relation->at = peek().at;
  const bool lateral = is_word("LATERAL") && is_symbol("(", 1);
  if (lateral) take();
  if (is_symbol("(")) {
    // A query in parentheses, or a join in parentheses: told apart by trying the query first.
    const std::size_t start = at_;
    std::size_t ahead = 0;
    while (is_symbol("(", ahead)) ++ahead;
    const bool is_query = is_word("SELECT", ahead) || is_word("WITH", ahead) ||
                          is_word("VALUES", ahead) || is_word("TABLE", ahead);
    const int parameters = parameters_;
    if (is_query) {
      take();
      auto inner = query();
      if (inner && is_symbol(")")) {
        take();
        relation->kind = Relation::Kind::kQuery;
        relation->query = std::move(*inner);
        relation->lateral = lateral;
        return relation;
      }
      if (ahead == 1) {
        if (!inner) return std::unexpected(std::move(inner).error());
        return std::unexpected(unexpected_token("')'"));
      }
      if (++retries_ > kRetriesMax) {
        return std::unexpected(syntax_error(relation->at, "statement is too large (nesting)"));
      }
      at_ = start;
      parameters_ = parameters;
    }
    take();
    TRY(RelationPtr inner, this->relation());
    TRY_VOID(expect_symbol(")"));
    return inner;
  }
  if (is_word("UNNEST") && is_symbol("(", 1)) {
    at_ += 2;
    relation->kind = Relation::Kind::kUnnest;
    TRY(relation->args, expression_list(")"));
    relation->ordinality = take_words({"WITH", "ORDINALITY"});
    return relation;
  }
  if (peek().kind != TokenKind::kBackquoted && !at_identifier()) {
    return std::unexpected(unexpected_token("'(', 'LATERAL', 'TABLE', 'UNNEST', <identifier>"));
  }
  TRY(relation->table, path());
  if (relation->table.size() > 3) {
    return std::unexpected(syntax_error(relation->at, "Too many dots in table name"));
  }
  return relation;
}

}  // namespace penstock::sql
