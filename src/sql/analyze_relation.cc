// The FROM clause: tables, views, subqueries, joins and UNNEST.

#include <fmt/format.h>

#include <algorithm>

#include "sql/analyzer.h"

namespace penstock::sql {

namespace {

constexpr int kViewDepthMax = 16;

}  // namespace

std::string Analyzer::column_names(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += fmt::format("{}c{}", i == 0 ? "" : ", ", i);
  return out;
}

RelationSql Analyzer::relation_of(const QuerySql& query, const std::string& alias,
                                  const std::string& qualifier) {
  RelationSql out;
  out.sql = fmt::format("({}) AS {}({})", query.sql, alias, column_names(query.columns.size()));
  for (std::size_t i = 0; i < query.columns.size(); ++i) {
    const std::string& label = query.columns[i].label;
    out.columns.push_back({.name = label,
                           .qualifier = qualifier,
                           .type = query.columns[i].type,
                           .sql = fmt::format("{}.c{}", alias, i)});
  }
  return out;
}

Outcome<RelationSql> Analyzer::relation(Relation& relation, const Scope* outer,
                                        const Scope* lateral) {
  RelationSql out;
  switch (relation.kind) {
    case Relation::Kind::kJoin: return join(relation, outer, lateral);
    case Relation::Kind::kTable: {
      TRY(out, table(relation.table, &relation, relation.at));
      break;
    }
    case Relation::Kind::kQuery: {
      TRY(QuerySql inner, query(*relation.query, relation.lateral && lateral ? lateral : outer));
      out = relation_of(inner, next_alias(), "");
      if (relation.lateral) out.sql = "LATERAL " + out.sql;
      break;
    }
    case Relation::Kind::kUnnest: {
      Scope scope;
      scope.parent = outer;
      TRY(out, unnest(relation, lateral != nullptr ? *lateral : scope));
      break;
    }
  }
  TRY_VOID(apply_alias(relation, out));
  if (relation.sample) {
    TRY(Typed percent, expression(*relation.sample, Scope{}));
    if (relation.sample->kind != ExprKind::kInteger &&
        relation.sample->kind != ExprKind::kDecimal) {
      return std::unexpected(semantic_error("INVALID_ARGUMENTS", relation.sample->at,
                                            "Sample percentage must be a number"));
    }
    out.sql +=
        fmt::format(" TABLESAMPLE {}({} PERCENT)", relation.sample_method, relation.sample->text);
  }
  return out;
}

Outcome<void> Analyzer::apply_alias(const Relation& relation, RelationSql& out) {
  if (relation.alias.empty()) return {};
  std::size_t visible = 0;
  for (ScopeColumn& column : out.columns) {
    column.qualifier = relation.alias;
    column.database.clear();
    if (!column.hidden) ++visible;
  }
  if (relation.columns.empty()) return {};
  if (relation.columns.size() != visible) {
    return std::unexpected(semantic_error(
        "MISMATCHED_COLUMN_ALIASES", relation.at,
        fmt::format("Column alias list has {} entries but '{}' has {} columns available",
                    relation.columns.size(), relation.alias, visible)));
  }
  std::size_t next = 0;
  for (ScopeColumn& column : out.columns) {
    if (!column.hidden) column.name = relation.columns[next++];
  }
  return {};
}

Outcome<RelationSql> Analyzer::table(const std::vector<std::string>& path, const Relation*,
                                     Position at) {
  const std::string alias = next_alias();
  if (path.size() == 1) {
    for (auto level = common_tables_.rbegin(); level != common_tables_.rend(); ++level) {
      const auto found = level->find(path[0]);
      if (found == level->end()) continue;
      QuerySql inner{fmt::format("SELECT * FROM {}", found->second.name), found->second.columns};
      return relation_of(inner, alias, path[0]);
    }
  }
  if (path.size() == 3 && path[0] != "awsdatacatalog" && path[0] != "hive") {
    return std::unexpected(semantic_error("CATALOG_NOT_FOUND", at,
                                          fmt::format("Catalog '{}' does not exist", path[0])));
  }
  const std::string& database = path.size() > 1 ? path[path.size() - 2] : session_.database;
  if (database.empty()) {
    return std::unexpected(semantic_error(
        "MISSING_SCHEMA_NAME", at, "Schema must be specified when session schema is not set"));
  }
  if (!catalog_.databases.contains(database)) {
    return std::unexpected(semantic_error("SCHEMA_NOT_FOUND", at,
                                          fmt::format("Schema '{}' does not exist", database)));
  }
  const auto* found = catalog_.find(database, path.back());
  if (found == nullptr) {
    return std::unexpected(semantic_error(
        "TABLE_NOT_FOUND", at,
        fmt::format("Table 'awsdatacatalog.{}.{}' does not exist", database, path.back())));
  }
  const Table& table = **found;
  if (!table.refusal.empty()) {
    return std::unexpected(semantic_error("NOT_SUPPORTED", at, table.refusal));
  }
  if (!table.view_text.empty()) return view(table, alias, at);

  RelationSql out;
  const std::size_t scan = scans_.size();
  scans_.push_back({*found, alias, {}});
  std::size_t index = 0;
  const auto add = [&](const Column& column, bool hidden, bool key) {
    out.columns.push_back({.name = column.name,
                           .qualifier = table.name,
                           .database = table.database,
                           .type = column.type,
                           .sql = fmt::format("{}.c{}", alias, index++),
                           .hidden = hidden,
                           .scan = key ? static_cast<int>(scan) : -1});
  };
  for (const Column& column : table.columns) add(column, false, false);
  for (const Column& column : table.partition_keys) add(column, false, true);
  const std::vector<Type> types = pseudo_column_types();
  for (std::size_t i = 0; i < std::size(kPseudoColumns); ++i) {
    add({std::string(kPseudoColumns[i]), types[i], "", ""}, true, false);
  }
  out.sql = std::string(1, '\0') + std::to_string(scan) + std::string(1, '\0') + " AS " + alias;
  return out;
}

// A view is its text, read in the view's own database.
Outcome<RelationSql> Analyzer::view(const Table& view, const std::string& alias, Position at) {
  if (views_ >= kViewDepthMax) {
    return std::unexpected(semantic_error("VIEW_IS_RECURSIVE", at, "View is recursive"));
  }
  auto parsed = parse_statement(view.view_text);
  if (!parsed || parsed->kind != StatementKind::kQuery) {
    return std::unexpected(
        semantic_error("INVALID_VIEW", at,
                       fmt::format("Failed analyzing stored view 'awsdatacatalog.{}.{}'",
                                   view.database, view.name)));
  }
  ++views_;
  const std::string database = std::exchange(session_.database, view.database);
  auto common = std::exchange(common_tables_, {});
  auto inner = query(*parsed->query, nullptr);
  common_tables_ = std::move(common);
  session_.database = database;
  --views_;
  if (!inner) return std::unexpected(std::move(inner).error());
  RelationSql out = relation_of(*inner, alias, view.name);
  for (ScopeColumn& column : out.columns) column.database = view.database;
  return out;
}

Outcome<RelationSql> Analyzer::join(Relation& relation, const Scope* outer, const Scope* lateral) {
  TRY(RelationSql left, this->relation(*relation.left, outer, lateral));
  Scope sees_left;
  sees_left.parent = outer;
  if (lateral != nullptr) sees_left.columns = lateral->columns;
  sees_left.columns.insert(sees_left.columns.end(), left.columns.begin(), left.columns.end());
  TRY(RelationSql right, this->relation(*relation.right, outer, &sees_left));
  const bool null_left = relation.join == "RIGHT" || relation.join == "FULL";
  const bool null_right = relation.join == "LEFT" || relation.join == "FULL";
  // A side that may be filled with nulls keeps all its partitions: a condition may ask for the
  // null.
  if (null_left) {
    for (ScopeColumn& column : left.columns) column.scan = -1;
  }
  if (null_right) {
    for (ScopeColumn& column : right.columns) column.scan = -1;
  }
  std::vector<std::string> names = relation.using_columns;
  if (relation.natural) {
    for (const ScopeColumn& column : left.columns) {
      const bool shared = std::ranges::any_of(right.columns, [&](const ScopeColumn& other) {
        return !other.hidden && other.name == column.name;
      });
      if (!column.hidden && shared) names.push_back(column.name);
    }
  }
  if (!names.empty()) {
    return join_using(relation, std::move(left), std::move(right), std::move(names));
  }
  RelationSql out;
  out.columns = left.columns;
  out.columns.insert(out.columns.end(), right.columns.begin(), right.columns.end());
  if (relation.join == "CROSS" || relation.natural) {
    out.sql = fmt::format("({} CROSS JOIN {})", left.sql, right.sql);
    return out;
  }
  Scope scope;
  scope.parent = outer;
  scope.columns = out.columns;
  TRY(Typed condition, expression(*relation.on, scope));
  if (condition.type.kind != TypeKind::kBoolean && condition.type.kind != TypeKind::kUnknown) {
    return std::unexpected(
        semantic_error("TYPE_MISMATCH", relation.on->at,
                       fmt::format("JOIN ON clause must evaluate to a boolean: actual type {}",
                                   trino_name(condition.type))));
  }
  out.sql = fmt::format("({} {} JOIN {} ON {})", left.sql, relation.join, right.sql, condition.sql);
  return out;
}

// The shared columns come first and once, without a qualifier; then the rest of both sides.
Outcome<RelationSql> Analyzer::join_using(const Relation& relation, RelationSql left,
                                          RelationSql right, std::vector<std::string> names) {
  std::string condition;
  RelationSql out;
  const auto find = [](RelationSql& side, const std::string& name) -> ScopeColumn* {
    for (ScopeColumn& column : side.columns) {
      if (column.name == name) return &column;
    }
    return nullptr;
  };
  for (const std::string& name : names) {
    ScopeColumn* a = find(left, name);
    ScopeColumn* b = find(right, name);
    if (a == nullptr || b == nullptr) {
      return std::unexpected(
          semantic_error("COLUMN_NOT_FOUND", relation.at,
                         fmt::format("Column '{}' is missing from {} side of join", name,
                                     a == nullptr ? "left" : "right")));
    }
    auto type = common_type(a->type, b->type);
    if (!type) {
      return std::unexpected(
          semantic_error("TYPE_MISMATCH", relation.at,
                         fmt::format("Column types {} and {} are not compatible for USING",
                                     trino_name(a->type), trino_name(b->type))));
    }
    const std::string x = coerce_sql({a->sql, a->type}, *type);
    const std::string y = coerce_sql({b->sql, b->type}, *type);
    condition += fmt::format("{}{} = {}", condition.empty() ? "" : " AND ", x, y);
    ScopeColumn column{.name = name, .type = *type};
    column.sql = relation.join == "RIGHT"  ? y
                 : relation.join == "FULL" ? fmt::format("coalesce({}, {})", x, y)
                                           : x;
    column.scan = relation.join == "INNER" || relation.join == "LEFT" ? a->scan : -1;
    if (column.sql != a->sql) column.scan = -1;
    out.columns.push_back(std::move(column));
  }
  for (const RelationSql* side : {&left, &right}) {
    for (const ScopeColumn& column : side->columns) {
      if (std::ranges::find(names, column.name) == names.end()) out.columns.push_back(column);
    }
  }
  out.sql = fmt::format("({} {} JOIN {} ON {})", left.sql, relation.join, right.sql, condition);
  return out;
}

// All arrays are unnested side by side, the shorter padded with NULL; maps give two columns, rows
// one per field.
Outcome<RelationSql> Analyzer::unnest(Relation& relation, const Scope& scope) {
  const std::string inner = next_alias();
  const std::string alias = next_alias();
  std::string list, columns, lengths;
  RelationSql out;
  std::size_t index = 0;
  const auto add = [&](const std::string& sql, const Type& type, const std::string& name) {
    columns += fmt::format("{}{} AS c{}", index == 0 ? "" : ", ", sql, index);
    out.columns.push_back({.name = name, .type = type, .sql = fmt::format("{}.c{}", alias, index)});
    ++index;
  };
  std::size_t arg = 0;
  for (ExprPtr& expr : relation.args) {
    TRY(Typed value, expression(*expr, scope));
    const std::string cell = fmt::format("{}.e{}", inner, arg);
    std::string array = value.sql;
    if (value.type.kind == TypeKind::kMap) {
      array = fmt::format("map_entries({})", value.sql);
      add(cell + ".key", value.type.args[0], "");
      add(cell + ".value", value.type.args[1], "");
    } else if (value.type.kind == TypeKind::kArray && value.type.args[0].kind == TypeKind::kRow) {
      const Type& row = value.type.args[0];
      for (std::size_t i = 0; i < row.args.size(); ++i) {
        add(fmt::format("struct_extract({}, 'f{}')", cell, i), row.args[i], row.names[i]);
      }
    } else if (value.type.kind == TypeKind::kArray) {
      add(cell, value.type.args[0], "");
    } else {
      return std::unexpected(
          semantic_error("TYPE_MISMATCH", expr->at,
                         fmt::format("Cannot unnest type: {}", trino_name(value.type))));
    }
    list += fmt::format("{}unnest({}) AS e{}", arg == 0 ? "" : ", ", array, arg);
    lengths += fmt::format("{}coalesce(len({}), 0)", arg == 0 ? "" : ", ", array);
    ++arg;
  }
  if (relation.ordinality) {
    list += fmt::format(", unnest(generate_series(1, greatest({}))) AS e{}", lengths, arg);
    add(fmt::format("{}.e{}", inner, arg), simple_type(TypeKind::kBigint), "");
  }
  out.sql =
      fmt::format("LATERAL (SELECT {} FROM (SELECT {}) AS {}) AS {}", columns, list, inner, alias);
  return out;
}

}  // namespace penstock::sql
