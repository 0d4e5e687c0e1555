// WITH, set operations, VALUES, ORDER BY and LIMIT.

#include <fmt/format.h>

#include "sql/analyzer.h"
#include "sql/time_text.h"

namespace penstock::sql {

namespace {

constexpr int kQueryDepthMax = 60;

// SELECT of every column of `query`, converted to `types`.
std::string with_types(const QuerySql& query, const std::vector<Type>& types,
                       const std::string& alias) {
  std::string out = "SELECT ";
  for (std::size_t i = 0; i < types.size(); ++i) {
    const Typed column{fmt::format("{}.c{}", alias, i), query.columns[i].type};
    out += fmt::format("{}{} AS c{}", i == 0 ? "" : ", ", coerce_sql(column, types[i]), i);
  }
  return out + fmt::format(" FROM ({}) AS {}({})", query.sql, alias,
                           Analyzer::column_names(types.size()));
}

std::string ordering(const SortItem& item) {
  return fmt::format(" {} NULLS {}", item.descending ? "DESC" : "ASC",
                     item.nulls_first ? "FIRST" : "LAST");
}

}  // namespace

std::vector<Type> pseudo_column_types() {
  return {varchar_type(), simple_type(TypeKind::kBigint), timestamp_tz_type(3), varchar_type()};
}

Outcome<Plan> analyze(Query& query, const Catalog& catalog, const Session& session) {
  Analyzer analyzer(catalog, session);
  TRY(QuerySql sql, analyzer.query(query, nullptr));
  Plan plan;
  plan.columns = std::move(sql.columns);
  // The outermost casts pin the engine's types to the declared ones, whatever its functions return.
  std::string list;
  for (std::size_t i = 0; i < plan.columns.size(); ++i) {
    OutputColumn& column = plan.columns[i];
    const std::string name = fmt::format("c{}", i);
    // A zone by name has an offset that only the engine knows.
    column.as_text = column.type.kind == TypeKind::kTimestampTz && !column.type.zone.empty() &&
                     !zone_offset_minutes(column.type.zone);
    list += i == 0 ? "" : ", ";
    list += column.as_text ? *text_sql({name, column.type})
                           : fmt::format("CAST({} AS {})", name, duckdb_name(column.type));
  }
  plan.sql = fmt::format("SELECT {} FROM ({}) AS r0({})", list, sql.sql,
                         Analyzer::column_names(plan.columns.size()));
  plan.scans = analyzer.take_scans();
  return plan;
}

Outcome<QuerySql> Analyzer::query(Query& query, const Scope* outer) {
  if (query_depth_ >= kQueryDepthMax) {
    return std::unexpected(plain_error("STACK_OVERFLOW", "statement is too large"));
  }
  ++query_depth_;
  common_tables_.emplace_back();
  const auto run = [&]() -> Outcome<QuerySql> {
    TRY(std::string with, with_clause(query, outer));
    if (query.with_ties) {
      return std::unexpected(plain_error("NOT_SUPPORTED", "FETCH FIRST WITH TIES"));
    }
    QuerySql out;
    if (query.body->kind == QueryBody::Kind::kSelect) {
      TRY(out, select_query(query, outer));
    } else {
      TRY(QuerySql inner, body(*query.body, outer));
      TRY(out, wrapped_query(query, std::move(inner), outer));
    }
    out.sql = with + out.sql;
    return out;
  };
  auto out = run();
  common_tables_.pop_back();
  --query_depth_;
  return out;
}

Outcome<std::string> Analyzer::with_clause(Query& query, const Scope* outer) {
  std::string text;
  for (CommonTable& table : query.with) {
    if (common_tables_.back().contains(table.name)) {
      return std::unexpected(
          plain_error("DUPLICATE_NAMED_QUERY",
                      fmt::format("WITH query name '{}' specified more than once", table.name)));
    }
    const std::string alias = fmt::format("w{}", ++aliases_);
    QuerySql inner;
    std::string sql;
    if (query.recursive && table.query->body->kind == QueryBody::Kind::kSetOperation &&
        table.query->body->operation == "UNION" && table.query->with.empty()) {
      TRY(sql, recursive_table(table, alias, outer));
      inner.columns = common_tables_.back()[table.name].columns;
    } else {
      TRY(inner, this->query(*table.query, outer));
      sql = inner.sql;
    }
    if (!table.columns.empty()) {
      if (table.columns.size() != inner.columns.size()) {
        return std::unexpected(
            plain_error("MISMATCHED_COLUMN_ALIASES",
                        fmt::format("Column alias list has {} entries but relation has {} columns",
                                    table.columns.size(), inner.columns.size())));
      }
      for (std::size_t i = 0; i < inner.columns.size(); ++i) {
        inner.columns[i].label = table.columns[i];
      }
    }
    text += fmt::format("{}{}({}) AS ({})", text.empty() ? "" : ", ", alias,
                        Analyzer::column_names(inner.columns.size()), sql);
    common_tables_.back()[table.name] = {alias, std::move(inner.columns)};
  }
  if (text.empty()) return text;
  return fmt::format("WITH {}{} ", query.recursive ? "RECURSIVE " : "", text);
}

// The first branch gives names and types; the second may then refer to the table itself.
Outcome<std::string> Analyzer::recursive_table(CommonTable& table, const std::string& alias,
                                               const Scope* outer) {
  QueryBody& union_body = *table.query->body;
  TRY(QuerySql base, body(*union_body.left, outer));
  std::vector<Type> types;
  for (std::size_t i = 0; i < base.columns.size(); ++i) {
    if (i < table.columns.size()) base.columns[i].label = table.columns[i];
    if (base.columns[i].type.kind == TypeKind::kVarchar) base.columns[i].type = varchar_type();
    types.push_back(base.columns[i].type);
  }
  common_tables_.back()[table.name] = {alias, base.columns};
  TRY(QuerySql step, body(*union_body.right, outer));
  if (step.columns.size() != base.columns.size()) {
    return std::unexpected(semantic_error(
        "TYPE_MISMATCH", union_body.at,
        fmt::format("base and step relations of recursion have different number of fields: {}, {}",
                    base.columns.size(), step.columns.size())));
  }
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (!coercible(step.columns[i].type, types[i])) {
      return std::unexpected(semantic_error(
          "TYPE_MISMATCH", union_body.at,
          fmt::format("recursion step relation output type ({}) is not coercible to recursion base "
                      "relation output type ({}) at column {}",
                      trino_name(step.columns[i].type), trino_name(types[i]), i + 1)));
    }
  }
  return fmt::format("({}) UNION {}({})", with_types(base, types, next_alias()),
                     union_body.all ? "ALL " : "", with_types(step, types, next_alias()));
}

Outcome<QuerySql> Analyzer::body(QueryBody& body, const Scope* outer) {
  switch (body.kind) {
    case QueryBody::Kind::kSelect: {
      Query query;
      query.body = std::make_unique<QueryBody>();
      query.body->select = std::move(body.select);
      auto out = select_query(query, outer);
      body.select = std::move(query.body->select);
      return out;
    }
    case QueryBody::Kind::kSetOperation: return set_operation(body, outer);
    case QueryBody::Kind::kValues: return values(body, outer);
    case QueryBody::Kind::kQuery: return query(*body.query, outer);
    case QueryBody::Kind::kTable: break;
  }
  TRY(RelationSql source, table(body.table, nullptr, body.at));
  QuerySql out;
  std::string list;
  for (const ScopeColumn& column : source.columns) {
    if (column.hidden) continue;
    list += (list.empty() ? "" : ", ") + column.sql;
    out.columns.push_back({column.name, column.type});
  }
  out.sql = fmt::format("SELECT {} FROM {}", list, source.sql);
  return out;
}

Outcome<QuerySql> Analyzer::set_operation(QueryBody& body, const Scope* outer) {
  TRY(QuerySql left, this->body(*body.left, outer));
  TRY(QuerySql right, this->body(*body.right, outer));
  if (left.columns.size() != right.columns.size()) {
    return std::unexpected(
        semantic_error("TYPE_MISMATCH", body.at,
                       fmt::format("{} query has different number of fields: {}, {}",
                                   body.operation, left.columns.size(), right.columns.size())));
  }
  std::vector<Type> types;
  for (std::size_t i = 0; i < left.columns.size(); ++i) {
    auto type = common_type(left.columns[i].type, right.columns[i].type);
    if (!type) {
      return std::unexpected(semantic_error(
          "TYPE_MISMATCH", body.at,
          fmt::format("column {} in {} query has incompatible types: {}, {}", i + 1, body.operation,
                      trino_name(left.columns[i].type), trino_name(right.columns[i].type))));
    }
    types.push_back(std::move(*type));
  }
  QuerySql out;
  out.sql = fmt::format("({}) {} {}({})", with_types(left, types, next_alias()), body.operation,
                        body.all ? "ALL " : "", with_types(right, types, next_alias()));
  for (std::size_t i = 0; i < types.size(); ++i) {
    out.columns.push_back({left.columns[i].label, types[i]});
  }
  return out;
}

Outcome<QuerySql> Analyzer::values(QueryBody& body, const Scope* outer) {
  Scope scope;
  scope.parent = outer;
  std::vector<std::vector<Typed>> rows;
  std::vector<Type> types;
  for (ExprPtr& row : body.rows) {
    std::vector<Typed> cells;
    if (row->kind == ExprKind::kRow) {
      for (ExprPtr& cell : row->args) {
        TRY(Typed typed, expression(*cell, scope));
        cells.push_back(std::move(typed));
      }
    } else {
      TRY(Typed typed, expression(*row, scope));
      cells.push_back(std::move(typed));
    }
    if (rows.empty()) {
      for (const Typed& cell : cells) types.push_back(cell.type);
    }
    if (cells.size() != types.size()) {
      return std::unexpected(
          semantic_error("TYPE_MISMATCH", row->at, "Values rows have mismatched sizes"));
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
      auto type = common_type(types[i], cells[i].type);
      if (!type) {
        return std::unexpected(
            semantic_error("TYPE_MISMATCH", row->at,
                           fmt::format("Values rows have mismatched types: {} vs {}",
                                       trino_name(types[i]), trino_name(cells[i].type))));
      }
      types[i] = std::move(*type);
    }
    rows.push_back(std::move(cells));
  }
  QuerySql out;
  for (const auto& cells : rows) {
    out.sql += out.sql.empty() ? "VALUES (" : ", (";
    for (std::size_t i = 0; i < cells.size(); ++i) {
      out.sql += (i == 0 ? "" : ", ") + coerce_sql(cells[i], types[i]);
    }
    out.sql += ')';
  }
  const std::string alias = next_alias();
  out.sql = fmt::format("SELECT * FROM ({}) AS {}({})", out.sql, alias,
                        Analyzer::column_names(types.size()));
  for (std::size_t i = 0; i < types.size(); ++i) {
    out.columns.push_back({fmt::format("_col{}", i), types[i]});
  }
  return out;
}

// ORDER BY and what follows it.
Outcome<std::string> Analyzer::tail(Query& query, const std::vector<std::string>& order) {
  std::string out;
  for (std::size_t i = 0; i < order.size(); ++i) {
    out += (i == 0 ? " ORDER BY " : ", ") + order[i] + ordering(query.order[i]);
  }
  const auto bound = [&](const ExprPtr& count, const char* word) -> Outcome<void> {
    if (!count) return {};
    if (count->kind != ExprKind::kInteger || count->text.size() > 18) {
      return std::unexpected(semantic_error("INVALID_ARGUMENTS", count->at,
                                            fmt::format("Invalid {}: {}", word, count->text)));
    }
    out += fmt::format(" {} {}", word, count->text);
    return {};
  };
  TRY_VOID(bound(query.limit, "LIMIT"));
  TRY_VOID(bound(query.offset, "OFFSET"));
  return out;
}

// ORDER BY over a set operation or VALUES sees the output columns only.
Outcome<QuerySql> Analyzer::wrapped_query(Query& query, QuerySql inner, const Scope* outer) {
  if (query.order.empty() && !query.limit && !query.offset) return inner;
  const std::string alias = next_alias();
  Scope scope;
  scope.parent = outer;
  for (std::size_t i = 0; i < inner.columns.size(); ++i) {
    scope.columns.push_back({.name = inner.columns[i].label,
                             .type = inner.columns[i].type,
                             .sql = fmt::format("{}.c{}", alias, i)});
  }
  std::vector<std::string> order;
  for (SortItem& item : query.order) {
    if (item.key->kind == ExprKind::kInteger) {
      const std::size_t ordinal = item.key->text.size() > 6 ? 0 : std::stoul(item.key->text);
      if (ordinal < 1 || ordinal > scope.columns.size()) {
        return std::unexpected(semantic_error(
            "INVALID_COLUMN_REFERENCE", item.key->at,
            fmt::format("ORDER BY position {} is not in select list", item.key->text)));
      }
      order.push_back(scope.columns[ordinal - 1].sql);
      continue;
    }
    TRY(Typed key, expression(*item.key, scope));
    order.push_back(key.sql);
  }
  TRY(std::string end, tail(query, order));
  QuerySql out;
  out.sql = fmt::format("SELECT * FROM ({}) AS {}({}){}", inner.sql, alias,
                        Analyzer::column_names(inner.columns.size()), end);
  out.columns = std::move(inner.columns);
  return out;
}

}  // namespace penstock::sql
