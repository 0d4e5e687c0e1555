// One SELECT: its list, GROUP BY and the check of it, HAVING, ORDER BY, and the conditions that
// choose partitions.

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "sql/analyzer.h"
#include "sql/walk.h"

namespace penstock::sql {

Outcome<QuerySql> Analyzer::select_query(Query& query, const Scope* outer) {
  Select& select = *query.body->select;
  const bool outer_allowed = std::exchange(aggregates_allowed_, false);
  const bool outer_saw = std::exchange(saw_aggregate_, false);
  const bool outer_in_aggregate = std::exchange(in_aggregate_, false);
  const auto* outer_windows = std::exchange(windows_, &select.windows);
  const auto run = [&]() -> Outcome<QuerySql> {
    Scope scope;
    scope.parent = outer;
    RelationSql from;
    if (select.from) {
      TRY(from, relation(*select.from, outer, nullptr));
      scope.columns = from.columns;
    }
    std::string where;
    if (select.where) {
      TRY(Typed condition, expression(*select.where, scope));
      if (condition.type.kind != TypeKind::kBoolean && condition.type.kind != TypeKind::kUnknown) {
        return std::unexpected(
            semantic_error("TYPE_MISMATCH", select.where->at,
                           fmt::format("WHERE clause must evaluate to a boolean: actual type {}",
                                       trino_name(condition.type))));
      }
      where = " WHERE " + condition.sql;
      prune(select, scope.columns);
    }
    aggregates_allowed_ = true;
    TRY(SelectParts parts, select_items(select, scope));
    std::vector<std::string> keys;
    aggregates_allowed_ = false;
    TRY(std::string group_by, group_by_clause(select, parts, scope, keys));
    aggregates_allowed_ = true;
    std::string having;
    if (select.having) {
      TRY(Typed condition, expression(*select.having, scope));
      having = " HAVING " + condition.sql;
    }
    std::vector<std::string> order;
    for (SortItem& item : query.order) {
      TRY(std::string key, order_key(item, parts, scope, select.distinct));
      order.push_back(std::move(key));
    }
    if (!select.group_by.empty() || saw_aggregate_ || select.having) {
      for (std::size_t i = 0; i < parts.items.size(); ++i) {
        if (parts.sources[i] != nullptr) {
          TRY_VOID(check_grouped(*parts.sources[i], keys));
        } else if (std::ranges::find(keys, parts.items[i].sql) == keys.end()) {
          return std::unexpected(semantic_error(
              "EXPRESSION_NOT_AGGREGATE", select.at,
              fmt::format(
                  "Column '{}' must be an aggregate expression or appear in GROUP BY clause",
                  parts.labels[i])));
        }
      }
      if (select.having) TRY_VOID(check_grouped(*select.having, keys));
      for (const SortItem& item : query.order) TRY_VOID(check_grouped(*item.key, keys));
    }
    QuerySql out;
    out.sql = select.distinct ? "SELECT DISTINCT " : "SELECT ";
    for (std::size_t i = 0; i < parts.items.size(); ++i) {
      out.sql +=
          fmt::format("{}{} AS {}_{}", i == 0 ? "" : ", ", parts.items[i].sql, parts.output, i);
      out.columns.push_back({parts.labels[i], parts.items[i].type});
    }
    TRY(std::string end, tail(query, order));
    out.sql += (select.from ? " FROM " + from.sql : "") + where + group_by + having + end;
    return out;
  };
  auto out = run();
  aggregates_allowed_ = outer_allowed;
  saw_aggregate_ = outer_saw;
  in_aggregate_ = outer_in_aggregate;
  windows_ = outer_windows;
  return out;
}

Outcome<Analyzer::SelectParts> Analyzer::select_items(Select& select, const Scope& scope) {
  SelectParts parts;
  parts.output = fmt::format("o{}", ++aliases_);
  for (SelectItem& item : select.items) {
    if (item.value->kind != ExprKind::kStar) {
      TRY(Typed typed, expression(*item.value, scope));
      std::string label = item.alias;
      if (label.empty() && item.value->kind == ExprKind::kName) label = item.value->path.back();
      if (label.empty() && item.value->kind == ExprKind::kField) label = item.value->text;
      if (label.empty()) label = fmt::format("_col{}", parts.items.size());
      parts.items.push_back(std::move(typed));
      parts.labels.push_back(std::move(label));
      parts.sources.push_back(item.value.get());
      continue;
    }
    const std::string qualifier = item.value->path.empty() ? "" : item.value->path[0];
    bool found = false;
    for (const ScopeColumn& column : scope.columns) {
      if (column.hidden || (!qualifier.empty() && column.qualifier != qualifier)) continue;
      found = true;
      parts.labels.push_back(column.name.empty() ? fmt::format("_col{}", parts.items.size())
                                                 : column.name);
      parts.items.push_back({column.sql, column.type});
      parts.sources.push_back(nullptr);
    }
    if (!found) {
      if (qualifier.empty()) {
        return std::unexpected(
            semantic_error("COLUMN_NOT_FOUND", item.value->at,
                           "SELECT * not allowed in queries without FROM clause"));
      }
      return std::unexpected(
          semantic_error("TABLE_NOT_FOUND", item.value->at,
                         fmt::format("Unable to resolve reference {}", qualifier)));
    }
  }
  return parts;
}

// A key is a position in the select list or an expression over FROM; output names are not seen.
Outcome<Typed> Analyzer::group_key(Expr& expr, Select&, const SelectParts& parts,
                                   const Scope& scope) {
  if (expr.kind != ExprKind::kInteger) return expression(expr, scope);
  const std::size_t ordinal = expr.text.size() > 6 ? 0 : std::stoul(expr.text);
  if (ordinal < 1 || ordinal > parts.items.size()) {
    return std::unexpected(
        semantic_error("INVALID_COLUMN_REFERENCE", expr.at,
                       fmt::format("GROUP BY position {} is not in select list", expr.text)));
  }
  if (parts.sources[ordinal - 1] != nullptr) {
    bool aggregate = false;
    Walker walker;
    walker.expression = [&](const Expr& part) { aggregate = aggregate || part.is_aggregate; };
    walker.walk(*parts.sources[ordinal - 1]);
    if (aggregate) {
      return std::unexpected(semantic_error(
          "EXPRESSION_NOT_SCALAR", expr.at,
          "GROUP BY clause cannot contain aggregations, window functions or grouping operations"));
    }
  }
  return parts.items[ordinal - 1];
}

Outcome<std::string> Analyzer::group_by_clause(Select& select, const SelectParts& parts,
                                               const Scope& scope, std::vector<std::string>& keys) {
  std::string out;
  for (GroupingElement& element : select.group_by) {
    std::string text;
    for (auto& set : element.sets) {
      std::string list;
      for (ExprPtr& expr : set) {
        TRY(Typed key, group_key(*expr, select, parts, scope));
        keys.push_back(key.sql);
        list += (list.empty() ? "" : ", ") + key.sql;
      }
      switch (element.kind) {
        case GroupingElement::Kind::kSimple: text = list.empty() ? "()" : list; break;
        case GroupingElement::Kind::kRollup: text = fmt::format("ROLLUP ({})", list); break;
        case GroupingElement::Kind::kCube: text = fmt::format("CUBE ({})", list); break;
        case GroupingElement::Kind::kSets:
          text += fmt::format("{}({})", text.empty() ? "" : ", ", list);
          break;
      }
    }
    if (element.kind == GroupingElement::Kind::kSets)
      text = fmt::format("GROUPING SETS ({})", text);
    out += (out.empty() ? " GROUP BY " : ", ") + text;
  }
  return out;
}

Outcome<void> Analyzer::check_grouped(const Expr& expr, const std::vector<std::string>& keys) {
  if (!expr.emitted.empty() && std::ranges::find(keys, expr.emitted) != keys.end()) return {};
  if (expr.is_aggregate) return {};
  if (expr.is_local_column) {
    std::string name;
    for (const std::string& part : expr.path) name += (name.empty() ? "" : ".") + part;
    return std::unexpected(semantic_error(
        "EXPRESSION_NOT_AGGREGATE", expr.at,
        fmt::format("'{}' must be an aggregate expression or appear in GROUP BY clause", name)));
  }
  for (const ExprPtr& arg : expr.args) TRY_VOID(check_grouped(*arg, keys));
  if (expr.window) {
    for (const ExprPtr& key : expr.window->partition) TRY_VOID(check_grouped(*key, keys));
    for (const SortItem& item : expr.window->order) TRY_VOID(check_grouped(*item.key, keys));
  }
  return {};
}

// Positions and output names first, then expressions in which output names may occur.
Outcome<std::string> Analyzer::order_key(SortItem& item, const SelectParts& parts,
                                         const Scope& scope, bool distinct) {
  Expr& key = *item.key;
  const auto output = [&](std::size_t i) { return fmt::format("{}_{}", parts.output, i); };
  if (key.kind == ExprKind::kInteger) {
    const std::size_t ordinal = key.text.size() > 6 ? 0 : std::stoul(key.text);
    if (ordinal < 1 || ordinal > parts.items.size()) {
      return std::unexpected(
          semantic_error("INVALID_COLUMN_REFERENCE", key.at,
                         fmt::format("ORDER BY position {} is not in select list", key.text)));
    }
    return output(ordinal - 1);
  }
  if (key.kind == ExprKind::kName && key.path.size() == 1) {
    const auto found = std::ranges::find(parts.labels, key.path[0]);
    if (found != parts.labels.end()) {
      const auto index = static_cast<std::size_t>(found - parts.labels.begin());
      const auto second = std::find(found + 1, parts.labels.end(), key.path[0]);
      if (second != parts.labels.end()) {
        const auto other = static_cast<std::size_t>(second - parts.labels.begin());
        if (parts.items[other].sql != parts.items[index].sql) {
          return std::unexpected(semantic_error(
              "AMBIGUOUS_NAME", key.at, fmt::format("Column '{}' is ambiguous", key.path[0])));
        }
      }
      key.is_aggregate = true;  // Checked where it was written.
      return output(index);
    }
  }
  Scope names;
  names.parent = &scope;
  names.is_lambda = true;
  for (std::size_t i = 0; i < parts.items.size(); ++i) {
    const bool is_source_name =
        parts.sources[i] == nullptr || parts.sources[i]->kind == ExprKind::kName;
    if (is_source_name) continue;
    names.columns.push_back({.name = parts.labels[i],
                             .type = parts.items[i].type,
                             .sql = "(" + parts.items[i].sql + ")"});
  }
  TRY(Typed typed, expression(key, names));
  if (!is_orderable(typed.type)) {
    return std::unexpected(semantic_error(
        "TYPE_MISMATCH", key.at,
        fmt::format("Type {} is not orderable, and therefore cannot be used in ORDER BY",
                    trino_name(typed.type))));
  }
  for (std::size_t i = 0; i < parts.items.size(); ++i) {
    if (parts.items[i].sql == typed.sql) return output(i);
  }
  if (distinct) {
    return std::unexpected(
        semantic_error("EXPRESSION_NOT_IN_DISTINCT", key.at,
                       "For SELECT DISTINCT, ORDER BY expressions must appear in select list"));
  }
  return typed.sql;
}

// Finds the terms of WHERE that speak of one scan's partition keys only, and hands them to the
// scan.
void Analyzer::prune(const Select& select, const std::vector<ScopeColumn>& columns) {
  std::vector<const Expr*> terms;
  if (select.where->kind == ExprKind::kAnd) {
    for (const ExprPtr& term : select.where->args) terms.push_back(term.get());
  } else {
    terms.push_back(select.where.get());
  }
  const Scope scope{columns, nullptr, false};
  for (const Expr* term : terms) {
    int scan = -1;
    bool usable = true;
    Walker walker;
    walker.query = [&](const Query&) { usable = false; };
    walker.expression = [&](const Expr& expr) {
      if (expr.kind == ExprKind::kLambda) usable = false;
      if (expr.kind == ExprKind::kCall && (expr.text == "rand" || expr.text == "random" ||
                                           expr.text == "uuid" || expr.text == "shuffle")) {
        usable = false;
      }
      if (expr.kind != ExprKind::kName || !usable) return;
      const auto found = resolve(scope, expr.path, expr.at);
      if (!found || found->scan < 0 || (scan >= 0 && scan != found->scan)) {
        usable = false;
      } else {
        scan = found->scan;
      }
    };
    walker.walk(*term);
    if (usable && scan >= 0) {
      scans_[static_cast<std::size_t>(scan)].conditions.push_back(term->emitted);
    }
  }
}

}  // namespace penstock::sql
