// The analyzer behind plan.h: walks the tree once, binds names, checks types as Trino does and
// writes the engine's SQL. Private to sql/.
//
// Every relation gets an alias of its own (r1, r2, ...) and its columns are c0, c1, ...; what a
// query puts out is o<n>_0, o<n>_1, .... So no name of the user's reaches the engine, and none can
// clash.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sql/ast.h"
#include "sql/cast.h"
#include "sql/plan.h"
#include "sql/scope.h"

namespace penstock::sql {

// A query as text, with the names its columns have outside.
struct QuerySql {
  std::string sql;
  std::vector<OutputColumn> columns;
};

struct RelationSql {
  std::string sql;
  std::vector<ScopeColumn> columns;
};

class Analyzer {
 public:
  Analyzer(const Catalog& catalog, const Session& session) : catalog_(catalog), session_(session) {}

  Outcome<QuerySql> query(Query& query, const Scope* outer);
  std::vector<Scan> take_scans() { return std::move(scans_); }

  // ---- for the function table (function*.cc) ----
  Outcome<Typed> expression(Expr& expr, const Scope& scope);
  // The body of a lambda whose parameters have these types; the SQL is "lambda x, y: body".
  Outcome<Typed> lambda(Expr& expr, const std::vector<Type>& parameters, const Scope& scope);
  const Session& session() const { return session_; }

  // c0, c1, ...: the columns of a query as those around it name them.
  static std::string column_names(std::size_t count);

 private:
  struct CommonTableSql {
    std::string name;
    std::vector<OutputColumn> columns;
  };
  using CommonTables = std::map<std::string, CommonTableSql>;

  // ---- analyze_query.cc ----
  Outcome<std::string> with_clause(Query& query, const Scope* outer);
  Outcome<std::string> recursive_table(CommonTable& table, const std::string& alias,
                                       const Scope* outer);
  Outcome<QuerySql> body(QueryBody& body, const Scope* outer);
  Outcome<QuerySql> set_operation(QueryBody& body, const Scope* outer);
  Outcome<QuerySql> values(QueryBody& body, const Scope* outer);
  Outcome<std::string> tail(Query& query, const std::vector<std::string>& order);
  Outcome<QuerySql> select_query(Query& query, const Scope* outer);
  Outcome<QuerySql> wrapped_query(Query& query, QuerySql inner, const Scope* outer);

  // ---- analyze_select.cc ----
  struct SelectParts {
    std::vector<Typed> items;
    std::vector<std::string> labels;
    std::vector<Expr*> sources;  // the expression of an item; null for what * expanded to
    std::string output;          // prefix of the output names
  };
  Outcome<SelectParts> select_items(Select& select, const Scope& scope);
  Outcome<std::string> group_by_clause(Select& select, const SelectParts& parts, const Scope& scope,
                                       std::vector<std::string>& keys);
  Outcome<Typed> group_key(Expr& expr, Select& select, const SelectParts& parts,
                           const Scope& scope);
  Outcome<void> check_grouped(const Expr& expr, const std::vector<std::string>& keys);
  Outcome<std::string> order_key(SortItem& item, const SelectParts& parts, const Scope& scope,
                                 bool distinct);
  void prune(const Select& select, const std::vector<ScopeColumn>& columns);

  // ---- analyze_relation.cc ----
  Outcome<RelationSql> relation(Relation& relation, const Scope* outer, const Scope* lateral);
  Outcome<RelationSql> table(const std::vector<std::string>& path, const Relation* relation,
                             Position at);
  Outcome<RelationSql> view(const Table& view, const std::string& alias, Position at);
  Outcome<RelationSql> join(Relation& relation, const Scope* outer, const Scope* lateral);
  Outcome<RelationSql> join_using(const Relation& relation, RelationSql left, RelationSql right,
                                  std::vector<std::string> names);
  Outcome<RelationSql> unnest(Relation& relation, const Scope& scope);
  Outcome<void> apply_alias(const Relation& relation, RelationSql& out);
  RelationSql relation_of(const QuerySql& query, const std::string& alias,
                          const std::string& qualifier);

  // ---- analyze_expr.cc ----
  Outcome<Typed> dispatch(Expr& expr, const Scope& scope);
  Outcome<Typed> literal(Expr& expr);
  Outcome<Typed> typed_literal(Expr& expr);
  Outcome<Typed> name(Expr& expr, const Scope& scope);
  Outcome<Typed> logical(Expr& expr, const Scope& scope);
  Outcome<Typed> unary(Expr& expr, const Scope& scope);
  Outcome<Typed> case_expression(Expr& expr, const Scope& scope);
  Outcome<Typed> row(Expr& expr, const Scope& scope);
  Outcome<Typed> array(Expr& expr, const Scope& scope);
  Outcome<Typed> subscript(Expr& expr, const Scope& scope);
  Outcome<Typed> at_zone(Expr& expr, const Scope& scope);
  Outcome<Typed> cast_expression(Expr& expr, const Scope& scope);

  // ---- analyze_predicate.cc ----
  Outcome<Typed> binary(Expr& expr, const Scope& scope);
  Outcome<Typed> arithmetic(const Expr& expr, Typed left, Typed right);
  Outcome<Typed> temporal_arithmetic(const Expr& expr, Typed left, Typed right);
  Outcome<Typed> concatenation(const Expr& expr, Typed left, Typed right);
  Outcome<Typed> between(Expr& expr, const Scope& scope);
  Outcome<Typed> in_list(Expr& expr, const Scope& scope);
  Outcome<Typed> in_query(Expr& expr, const Scope& scope);
  Outcome<Typed> quantified(Expr& expr, const Scope& scope);
  Outcome<Typed> subquery(Expr& expr, const Scope& scope);
  Outcome<Typed> like(Expr& expr, const Scope& scope);
  Outcome<Typed> is_distinct(Expr& expr, const Scope& scope);

  // ---- analyze_call.cc ----
  Outcome<Typed> call(Expr& expr, const Scope& scope);
  Outcome<std::string> order_clause(std::vector<SortItem>& items, const Scope& scope);
  Outcome<std::string> window_clause(Window& window, const Scope& scope);

  std::string next_alias() { return "r" + std::to_string(++aliases_); }

  const Catalog& catalog_;
  Session session_;
  std::vector<Scan> scans_;
  std::vector<CommonTables> common_tables_;
  const std::map<std::string, std::unique_ptr<Window>>* windows_ = nullptr;
  int aliases_ = 0;
  int views_ = 0;  // views within views, bounded
  int query_depth_ = 0;
  bool aggregates_allowed_ = false;
  bool in_aggregate_ = false;
  bool saw_aggregate_ = false;
};

}  // namespace penstock::sql
