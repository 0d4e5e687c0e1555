// What a statement is called, what it refers to, and the binding of its parameters.

#include "sql/statement.h"

#include <algorithm>
#include <functional>
#include <set>

#include "sql/walk.h"

namespace penstock::sql {

namespace {
struct Names {
  StatementKind kind;
  std::string_view type, substatement;
};
// The strings are those that the service reports, measured.
constexpr Names kNames[] = {
    {StatementKind::kQuery, "DML", "SELECT"},
    {StatementKind::kExplain, "DML", "EXPLAIN"},
    {StatementKind::kExecute, "DML", "SELECT"},
    {StatementKind::kPrepare, "UTILITY", "PREPARE"},
    {StatementKind::kDeallocate, "UTILITY", "DEALLOCATE"},
    {StatementKind::kCreateDatabase, "DDL", "CREATE_DATABASE"},
    {StatementKind::kDropDatabase, "DDL", "DROP_DATABASE"},
    {StatementKind::kCreateTable, "DDL", "CREATE_TABLE"},
    {StatementKind::kDropTable, "DDL", "DROP_TABLE"},
    {StatementKind::kCreateView, "DDL", "CREATE_VIEW"},
    {StatementKind::kDropView, "DDL", "DROP_VIEW"},
    {StatementKind::kShowDatabases, "UTILITY", "SHOW_DATABASES"},
    {StatementKind::kShowTables, "UTILITY", "SHOW_TABLES"},
    {StatementKind::kShowViews, "UTILITY", "SHOW_VIEWS"},
    {StatementKind::kShowColumns, "UTILITY", "SHOW_COLUMNS"},
    {StatementKind::kShowPartitions, "UTILITY", "SHOW_PARTITIONS"},
    {StatementKind::kShowTableProperties, "UTILITY", "SHOW_TABLE_PROPERTIES"},
    {StatementKind::kShowCreateTable, "UTILITY", "SHOW_CREATE_TABLE"},
    {StatementKind::kShowCreateView, "UTILITY", "SHOW_CREATE_VIEW"},
    {StatementKind::kShowFunctions, "UTILITY", "SHOW_FUNCTIONS"},
    {StatementKind::kDescribe, "UTILITY", "DESCRIBE_TABLE"},
    {StatementKind::kMsckRepair, "DDL", "MSCK_REPAIR"},
    {StatementKind::kAddPartition, "DDL", "ALTER_TABLE_ADD_PARTITION"},
    {StatementKind::kDropPartition, "DDL", "ALTER_TABLE_DROP_PARTITION"},
    {StatementKind::kAddColumns, "DDL", "ALTER_TABLE_ADD_COLUMN"},
    {StatementKind::kReplaceColumns, "DDL", "ALTER_TABLE_REPLACE_COLUMN"},
    {StatementKind::kSetTableProperties, "DDL", "ALTER_TABLE_PROPERTIES"},
    {StatementKind::kSetLocation, "DDL", "ALTER_TABLE_SET_LOCATION"},
};

const Names& names_of(StatementKind kind) { return *std::ranges::find(kNames, kind, &Names::kind); }
}  // namespace

std::string_view Statement::statement_type() const { return names_of(kind).type; }
std::string_view Statement::substatement_type() const { return names_of(kind).substatement; }

bool has_column_reference(const Expr& expression) {
  bool found = false;
  Walker walker;
  walker.expression = [&](const Expr& expr) {
    if (expr.kind == ExprKind::kName) found = true;
  };
  walker.walk(expression);
  return found;
}

std::vector<TableName> referenced_tables(const Query& query) {
  std::vector<TableName> tables;
  std::set<std::string> common;
  const auto add = [&](const std::vector<std::string>& path, Position at) {
    if (path.size() == 1 && common.contains(path[0])) return;
    TableName name;
    name.at = at;
    name.table = path.back();
    if (path.size() > 1) name.database = path[path.size() - 2];
    if (path.size() > 2) name.catalog = path[0];
    const bool known = std::ranges::any_of(tables, [&](const TableName& other) {
      return other.table == name.table && other.database == name.database &&
             other.catalog == name.catalog;
    });
    if (!known) tables.push_back(std::move(name));
  };
  // Names of common tables are collected first: one that hides a real table elsewhere in the
  // statement merely makes the analyzer report the table as missing there.
  Walker names;
  names.query = [&](const Query& inner) {
    for (const CommonTable& table : inner.with) common.insert(table.name);
  };
  names.walk(query);
  Walker walker;
  walker.relation = [&](const Relation& relation) {
    if (relation.kind == Relation::Kind::kTable) add(relation.table, relation.at);
  };
  walker.body = [&](const QueryBody& body) {
    if (body.kind == QueryBody::Kind::kTable) add(body.table, body.at);
  };
  walker.walk(query);
  return tables;
}

Outcome<void> bind_parameters(Query& query, int parameter_count,
                              const std::vector<std::string>& parameters) {
  if (parameter_count == 0) return {};
  if (static_cast<int>(parameters.size()) != parameter_count) {
    return std::unexpected(
        plain_error("INVALID_PARAMETER_USAGE", "Incorrect number of parameters: expected " +
                                                   std::to_string(parameter_count) + " but found " +
                                                   std::to_string(parameters.size())));
  }
  Walker walker;
  walker.mutable_expression = [&](Expr& expr) {
    if (expr.kind != ExprKind::kParameter) return;
    const std::string& text = parameters[static_cast<std::size_t>(expr.index)];
    const Position at = expr.at;
    auto parsed = parse_expression(text);
    if (parsed && !has_column_reference(**parsed)) {
      expr = std::move(**parsed);
    } else {
      // What does not read as an expression is the text itself.
      expr = Expr();
      expr.kind = ExprKind::kString;
      expr.text = text;
    }
    expr.at = at;
  };
  walker.walk_mutable(query);
  return {};
}

}  // namespace penstock::sql
