// Function calls: which overload, in which place aggregates may stand, and windows.

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "sql/function.h"

namespace penstock::sql {

namespace {

std::vector<std::string_view> split_codes(std::string_view codes) {
  std::vector<std::string_view> out;
  while (!codes.empty()) {
    const std::size_t comma = codes.find(',');
    out.push_back(codes.substr(0, comma));
    codes = comma == std::string_view::npos ? std::string_view{} : codes.substr(comma + 1);
  }
  return out;
}

// The argument as the code asks for it, or nullopt when it does not fit.
std::optional<std::string> fit(const Typed& value, char code) {
  const Type& type = value.type;
  const bool unknown = type.kind == TypeKind::kUnknown;
  const auto as = [&](TypeKind kind) { return coerce_sql(value, simple_type(kind)); };
  switch (code) {
    case 'b':
      if (type.kind == TypeKind::kBoolean || unknown) return as(TypeKind::kBoolean);
      break;
    case 'i':
      if (is_integer(type) || unknown) return as(TypeKind::kBigint);
      break;
    case 'd':
      if (is_numeric(type) || unknown) return as(TypeKind::kDouble);
      break;
    case 'n':
      if (unknown) return as(TypeKind::kDouble);
      if (is_numeric(type)) return value.sql;
      break;
    case 's':
      if (is_string(type) || unknown) return as(TypeKind::kVarchar);
      break;
    case 'v':
      if (type.kind == TypeKind::kVarbinary || unknown) return as(TypeKind::kVarbinary);
      break;
    case 'j':
      if (type.kind == TypeKind::kJson || unknown) return as(TypeKind::kJson);
      break;
    case 'J':
      if (type.kind == TypeKind::kJson || is_string(type)) return value.sql;
      if (unknown) return as(TypeKind::kVarchar);
      break;
    case 'D':
      if (type.kind == TypeKind::kDate || unknown) return as(TypeKind::kDate);
      break;
    case 'z':
      if (type.kind == TypeKind::kTimestampTz || type.kind == TypeKind::kTimestamp ||
          type.kind == TypeKind::kDate) {
        return coerce_sql(value, timestamp_tz_type(3));
      }
      break;
    case 'N':
      if (type.kind == TypeKind::kIntervalDay) return value.sql;
      break;
    case 'A':
      if (type.kind == TypeKind::kArray) return value.sql;
      break;
    case 'M':
      if (type.kind == TypeKind::kMap) return value.sql;
      break;
    case 'o':
      if (is_orderable(type)) return value.sql;
      break;
    case 'x': return value.sql;
    default: break;
  }
  return std::nullopt;
}

Type result_type(std::string_view code, const std::vector<Typed>& args) {
  if (code[0] == '[') return array_type(result_type(code.substr(1), args));
  switch (code[0]) {
    case 'b': return simple_type(TypeKind::kBoolean);
    case 'i': return simple_type(TypeKind::kBigint);
    case 'I': return simple_type(TypeKind::kInteger);
    case 'd': return simple_type(TypeKind::kDouble);
    case 's': return varchar_type();
    case 'v': return simple_type(TypeKind::kVarbinary);
    case 'j': return simple_type(TypeKind::kJson);
    case 'D': return simple_type(TypeKind::kDate);
    case 'z': return timestamp_tz_type(3);
    case 'p': return timestamp_type(3);
    case 'u': return simple_type(TypeKind::kUuid);
    case 'e': return args[0].type.args[0];
    default: {
      const Type type = args[static_cast<std::size_t>(code[0] - '1')].type;
      return type.kind == TypeKind::kUnknown ? simple_type(TypeKind::kDouble) : type;
    }
  }
}

// $1..$9, $D, $O, $S, $N replaced.
std::string fill(std::string_view sql, const std::vector<std::string>& args, const Expr& expr,
                 const std::string& suffix, const std::string& order) {
  std::string out;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    if (sql[i] != '$' || i + 1 >= sql.size()) {
      out += sql[i];
      continue;
    }
    const char code = sql[i + 1];
    if (code >= '1' && code <= '9') {
      const auto index = static_cast<std::size_t>(code - '1');
      if (index >= args.size()) {
        out += sql[i];
        continue;
      }
      out += args[index];
    } else if (code == 'D') {
      out += expr.distinct ? "DISTINCT " : "";
    } else if (code == 'O') {
      out += order;
    } else if (code == 'S') {
      out += suffix;
    } else if (code == 'N') {
      out += expr.ignore_nulls ? " IGNORE NULLS" : "";
    } else {
      out += sql[i];
      continue;
    }
    ++i;
  }
  return out;
}

std::string code_name(char code) {
  switch (code) {
    case 'b': return "boolean";
    case 'i': return "bigint";
    case 'd': return "double";
    case 'n': return "number";
    case 's': return "varchar(x)";
    case 'v': return "varbinary";
    case 'j':
    case 'J': return "json";
    case 'D': return "date";
    case 'z': return "timestamp(p) with time zone";
    case 'N': return "interval day to second";
    case 'A': return "array(E)";
    case 'M': return "map(K,V)";
    default: return "T";
  }
}

std::string type_list(const std::vector<Typed>& args) {
  std::string out;
  for (const Typed& arg : args) out += (out.empty() ? "" : ", ") + trino_name(arg.type);
  return out;
}

}  // namespace

SqlError CallContext::mismatch(std::string_view expected) const {
  return semantic_error("FUNCTION_NOT_FOUND", expr.at,
                        fmt::format("Unexpected parameters ({}) for function {}. Expected: {}",
                                    type_list(args), expr.text, expected));
}

Outcome<Typed> Analyzer::lambda(Expr& expr, const std::vector<Type>& parameters,
                                const Scope& scope) {
  if (expr.kind != ExprKind::kLambda || expr.names.size() != parameters.size()) {
    return std::unexpected(
        semantic_error("INVALID_ARGUMENTS", expr.at,
                       fmt::format("Expected a lambda that takes {} argument(s) but got {}",
                                   parameters.size(), expr.names.size())));
  }
  Scope inner;
  inner.parent = &scope;
  inner.is_lambda = true;
  std::string names;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::string variable = fmt::format("l{}", ++aliases_);
    names += (i == 0 ? "" : ", ") + variable;
    inner.columns.push_back({.name = expr.names[i], .type = parameters[i], .sql = variable});
  }
  TRY(Typed body, expression(*expr.args[0], inner));
  return Typed{fmt::format("lambda {}: {}", names, body.sql), std::move(body.type)};
}

Outcome<std::string> Analyzer::order_clause(std::vector<SortItem>& items, const Scope& scope) {
  std::string out;
  for (SortItem& item : items) {
    TRY(Typed key, expression(*item.key, scope));
    out += fmt::format("{}{} {} NULLS {}", out.empty() ? "ORDER BY " : ", ", key.sql,
                       item.descending ? "DESC" : "ASC", item.nulls_first ? "FIRST" : "LAST");
  }
  return out;
}

Outcome<std::string> Analyzer::window_clause(Window& window, const Scope& scope) {
  std::string out;
  if (!window.name.empty()) {
    const auto found =
        windows_ == nullptr ? decltype(windows_->end()){} : windows_->find(window.name);
    if (windows_ == nullptr || found == windows_->end()) {
      return std::unexpected(plain_error(
          "INVALID_WINDOW_REFERENCE", fmt::format("Cannot resolve WINDOW name {}", window.name)));
    }
    if (found->second.get() == &window || ++query_depth_ > 50) {
      return std::unexpected(plain_error("INVALID_WINDOW_REFERENCE", "WINDOW refers to itself"));
    }
    auto base = window_clause(*found->second, scope);
    --query_depth_;
    if (!base) return base;
    out = std::move(*base);
  }
  std::string partition;
  for (const ExprPtr& key : window.partition) {
    TRY(Typed typed, expression(*key, scope));
    partition += (partition.empty() ? "PARTITION BY " : ", ") + typed.sql;
  }
  TRY(std::string order, order_clause(window.order, scope));
  const auto append = [&](const std::string& text) {
    if (!text.empty()) out += (out.empty() ? "" : " ") + text;
  };
  append(partition);
  append(order);
  if (window.frame_unit.empty()) return out;
  const auto bound = [&](Window::Bound& bound) -> Outcome<std::string> {
    if (!bound.amount) return bound.text;
    TRY(Typed amount, expression(*bound.amount, scope));
    return fmt::format("{} {}", amount.sql, bound.text);
  };
  TRY(std::string start, bound(window.start));
  if (window.end.text.empty()) {
    append(fmt::format("{} {}", window.frame_unit, start));
  } else {
    TRY(std::string end, bound(window.end));
    append(fmt::format("{} BETWEEN {} AND {}", window.frame_unit, start, end));
  }
  return out;
}

Outcome<Typed> Analyzer::call(Expr& expr, const Scope& scope) {
  const CustomRow* custom = find_custom(expr.text);
  std::vector<const FunctionRow*> rows;
  for (const FunctionRow& row : function_rows()) {
    if (row.name == expr.text) rows.push_back(&row);
  }
  if (custom == nullptr && rows.empty()) {
    return std::unexpected(semantic_error("FUNCTION_NOT_FOUND", expr.at,
                                          fmt::format("Function '{}' not registered", expr.text)));
  }
  const FunctionKind kind = custom != nullptr ? custom->kind : rows[0]->kind;
  const bool aggregates = kind == FunctionKind::kAggregate && !expr.window;
  if (kind == FunctionKind::kScalar && (expr.window || expr.filter || expr.distinct)) {
    return std::unexpected(
        semantic_error(expr.window ? "FUNCTION_NOT_WINDOW" : "FUNCTION_NOT_AGGREGATE", expr.at,
                       fmt::format("{} is not {} function", expr.text,
                                   expr.window ? "a window" : "an aggregation")));
  }
  if (kind == FunctionKind::kWindow && !expr.window) {
    return std::unexpected(
        semantic_error("MISSING_OVER", expr.at,
                       fmt::format("Window function {} requires an OVER clause", expr.text)));
  }
  if (kind != FunctionKind::kScalar && !aggregates_allowed_) {
    return std::unexpected(semantic_error(
        "EXPRESSION_NOT_SCALAR", expr.at,
        "WHERE clause, JOIN condition or GROUP BY cannot contain aggregations, window functions or "
        "grouping operations: [" +
            expr.text + "]"));
  }
  if (aggregates && in_aggregate_) {
    return std::unexpected(
        semantic_error("NESTED_AGGREGATION", expr.at,
                       fmt::format("Cannot nest aggregations inside aggregation '{}'", expr.text)));
  }
  expr.is_aggregate = aggregates;
  if (aggregates) saw_aggregate_ = true;
  const bool outer_in_aggregate = std::exchange(in_aggregate_, in_aggregate_ || aggregates);

  const auto run = [&]() -> Outcome<Typed> {
    CallContext context{*this, expr, scope, {}, {}, {}};
    for (const ExprPtr& arg : expr.args) {
      if (arg->kind == ExprKind::kLambda) {
        if (custom == nullptr) {
          return std::unexpected(semantic_error(
              "FUNCTION_NOT_FOUND", expr.at,
              fmt::format("Unexpected parameters (<function>) for function {}", expr.text)));
        }
        context.args.push_back({});
        continue;
      }
      TRY(Typed typed, expression(*arg, scope));
      context.args.push_back(std::move(typed));
    }
    if (!expr.order.empty()) {
      TRY(context.order, order_clause(expr.order, scope));
      context.order = ' ' + context.order;
    }
    if (expr.filter) {
      TRY(Typed condition, expression(*expr.filter, scope));
      context.suffix = fmt::format(" FILTER (WHERE {})", condition.sql);
    }
    if (expr.window) {
      TRY(std::string window, window_clause(*expr.window, scope));
      context.suffix += fmt::format(" OVER ({})", window);
    }
    const int count = static_cast<int>(expr.args.size());
    if (custom != nullptr && count >= custom->min_arguments && count <= custom->max_arguments) {
      return custom->function(context);
    }
    std::string expected;
    for (const FunctionRow* row : rows) {
      const auto codes = split_codes(row->arguments);
      std::string names;
      for (const std::string_view code : codes) {
        names += (names.empty() ? "" : ", ") + code_name(code[0]);
      }
      expected += fmt::format("{}{}({})", expected.empty() ? "" : ", ", row->name, names);
      if (codes.size() != context.args.size()) continue;
      std::vector<std::string> fitted;
      for (std::size_t i = 0; i < codes.size(); ++i) {
        auto sql = fit(context.args[i], codes[i][0]);
        if (!sql) break;
        fitted.push_back(std::move(*sql));
      }
      if (fitted.size() != codes.size()) continue;
      return Typed{fill(row->sql, fitted, expr, context.suffix, context.order),
                   result_type(row->result, context.args)};
    }
    return std::unexpected(context.mismatch(expected.empty() ? expr.text : expected));
  };
  auto out = run();
  in_aggregate_ = outer_in_aggregate;
  return out;
}

}  // namespace penstock::sql
