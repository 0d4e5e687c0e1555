// Operators and predicates with Trino's rules of type, and its refusals.

#include <fmt/format.h>

#include <algorithm>

#include "sql/analyzer.h"

namespace penstock::sql {

namespace {

// Operators are named in messages as Trino holds them: > is <, >= is <=, <> is =.
std::string operator_name(const std::string& op) {
  if (op == ">") return "<";
  if (op == ">=") return "<=";
  if (op == "<>") return "=";
  return op;
}

bool looks_temporal(const Type& type) {
  return type.kind == TypeKind::kDate || type.kind == TypeKind::kTimestamp ||
         type.kind == TypeKind::kTimestampTz;
}

// A sentence on what to write instead, for the mistakes that everyone makes once.
std::string hint(const Type& left, const Type& right) {
  const bool text_and_time =
      (is_string(left) && looks_temporal(right)) || (looks_temporal(left) && is_string(right));
  if (text_and_time) {
    return ". Hint: convert the text, for example with from_iso8601_timestamp(...) or CAST(... AS "
           "timestamp), or write a DATE '...' or TIMESTAMP '...' literal";
  }
  const bool text_and_number =
      (is_string(left) && is_numeric(right)) || (is_numeric(left) && is_string(right));
  return text_and_number ? ". Hint: convert one side with CAST" : "";
}

SqlError operator_error(const std::string& op, const Type& left, const Type& right, Position at) {
  return semantic_error("TYPE_MISMATCH", at,
                        fmt::format("Cannot apply operator: {} {} {}{}", trino_name(left),
                                    operator_name(op), trino_name(right), hint(left, right)));
}

bool is_interval(const Type& type) {
  return type.kind == TypeKind::kIntervalDay || type.kind == TypeKind::kIntervalYear;
}

Type decimal_of(const Type& type) {
  auto common = common_type(type, decimal_type(1, 0));
  return *common;
}

// The result of + - * / % on decimals, by the rules of the SQL standard as Trino applies them.
Type decimal_result(const std::string& op, const Type& a, const Type& b) {
  const int whole = std::max(a.precision - a.scale, b.precision - b.scale);
  const int scale = std::max(a.scale, b.scale);
  if (op == "*") return decimal_type(std::min(38, a.precision + b.precision), a.scale + b.scale);
  if (op == "/") {
    return decimal_type(std::min(38, a.precision + b.scale + std::max(0, b.scale - a.scale)),
                        scale);
  }
  if (op == "%")
    return decimal_type(std::min(a.precision - a.scale, b.precision - b.scale) + scale, scale);
  return decimal_type(std::min(38, 1 + whole + scale), scale);
}

}  // namespace

Outcome<Typed> Analyzer::binary(Expr& expr, const Scope& scope) {
  TRY(Typed left, expression(*expr.args[0], scope));
  TRY(Typed right, expression(*expr.args[1], scope));
  const std::string& op = expr.text;
  if (op == "||") return concatenation(expr, std::move(left), std::move(right));
  if (op == "+" || op == "-" || op == "*" || op == "/" || op == "%") {
    return arithmetic(expr, std::move(left), std::move(right));
  }
  auto common = common_type(left.type, right.type);
  const bool equality = op == "=" || op == "<>";
  if (!common || (!equality && !is_orderable(*common))) {
    return std::unexpected(operator_error(op, left.type, right.type, expr.at));
  }
  return Typed{fmt::format("({} {} {})", coerce_sql(left, *common), op, coerce_sql(right, *common)),
               simple_type(TypeKind::kBoolean)};
}

Outcome<Typed> Analyzer::concatenation(const Expr& expr, Typed left, Typed right) {
  if (left.type.kind == TypeKind::kUnknown) left = {coerce_sql(left, varchar_type()), right.type};
  if (right.type.kind == TypeKind::kUnknown) right = {coerce_sql(right, varchar_type()), left.type};
  if (is_string(left.type) && is_string(right.type)) {
    const bool bounded = left.type.precision > 0 && right.type.precision > 0;
    return Typed{fmt::format("({} || {})", left.sql, right.sql),
                 varchar_type(bounded ? left.type.precision + right.type.precision : 0)};
  }
  if (left.type.kind == TypeKind::kArray || right.type.kind == TypeKind::kArray) {
    // An element joins an array at its end or its beginning.
    const auto as_array = [](const Typed& value, const Type& other) {
      if (value.type.kind == TypeKind::kArray) return value;
      return Typed{fmt::format("[{}]", value.sql), other.kind == TypeKind::kUnknown
                                                       ? array_type(value.type)
                                                       : array_type(value.type)};
    };
    const Typed a = as_array(left, right.type), b = as_array(right, left.type);
    if (auto common = common_type(a.type, b.type)) {
      return Typed{
          fmt::format("list_concat({}, {})", coerce_sql(a, *common), coerce_sql(b, *common)),
          *common};
    }
  }
  if (left.type.kind == TypeKind::kVarbinary && right.type.kind == TypeKind::kVarbinary) {
    return Typed{fmt::format("({} || {})", left.sql, right.sql), left.type};
  }
  return std::unexpected(semantic_error(
      "FUNCTION_NOT_FOUND", expr.at,
      fmt::format("Unexpected parameters ({}, {}) for function concat. Expected: concat(char(x), "
                  "char(y)), concat(array(E), E) E, concat(E, array(E)) E, concat(array(E)) E, "
                  "concat(varchar), concat(varbinary)",
                  trino_name(left.type), trino_name(right.type))));
}

Outcome<Typed> Analyzer::arithmetic(const Expr& expr, Typed left, Typed right) {
  const std::string& op = expr.text;
  if (left.type.kind == TypeKind::kUnknown && is_numeric(right.type)) left.type = right.type;
  if (right.type.kind == TypeKind::kUnknown && is_numeric(left.type)) right.type = left.type;
  if (!is_numeric(left.type) || !is_numeric(right.type)) {
    return temporal_arithmetic(expr, std::move(left), std::move(right));
  }
  const Type common = *common_type(left.type, right.type);
  if (common.kind == TypeKind::kDecimal) {
    const Type a = decimal_of(left.type), b = decimal_of(right.type);
    const Type x = left.type.kind == TypeKind::kDecimal ? left.type : a;
    const Type y = right.type.kind == TypeKind::kDecimal ? right.type : b;
    const Type result = decimal_result(op, x, y);
    if (op == "/" || op == "%") {
      return Typed{
          fmt::format("CAST(ps_decimal_{}(CAST({} AS VARCHAR), CAST({} AS VARCHAR), {}) AS {})",
                      op == "/" ? "divide" : "modulus", coerce_sql(left, x), coerce_sql(right, y),
                      result.scale, duckdb_name(result)),
          result};
    }
    return Typed{fmt::format("CAST({} {} {} AS {})", coerce_sql(left, op == "*" ? x : result), op,
                             coerce_sql(right, op == "*" ? y : result), duckdb_name(result)),
                 result};
  }
  const std::string a = coerce_sql(left, common), b = coerce_sql(right, common);
  if (is_integer(common) && (op == "/" || op == "%")) {
    return Typed{fmt::format("CAST(ps_{}(CAST({} AS BIGINT), CAST({} AS BIGINT)) AS {})",
                             op == "/" ? "divide" : "modulus", a, b, duckdb_name(common)),
                 common};
  }
  return Typed{fmt::format("({} {} {})", a, op, b), common};
}

Outcome<Typed> Analyzer::temporal_arithmetic(const Expr& expr, Typed left, Typed right) {
  const std::string& op = expr.text;
  const Type a = left.type, b = right.type;
  const auto shift = [&](const Typed& time, const Typed& interval) -> Typed {
    const std::string sql = fmt::format("({} {} {})", time.sql, op, interval.sql);
    if (time.type.kind == TypeKind::kDate || time.type.kind == TypeKind::kTime) {
      return {fmt::format("CAST({} AS {})", sql, duckdb_name(time.type)), time.type};
    }
    return {sql, time.type};
  };
  if ((op == "+" || op == "-") && is_temporal(a) && is_interval(b)) return shift(left, right);
  if (op == "+" && is_interval(a) && is_temporal(b)) return shift(right, left);
  if (op == "-" && looks_temporal(a) && looks_temporal(b)) {
    const Type day = simple_type(TypeKind::kIntervalDay);
    if (auto common = common_type(a, b)) {
      const Type wide = common->kind == TypeKind::kDate ? timestamp_type(3) : *common;
      return Typed{fmt::format("to_microseconds(epoch_us({}) - epoch_us({}))",
                               coerce_sql(left, wide), coerce_sql(right, wide)),
                   day};
    }
  }
  if ((op == "+" || op == "-") && is_interval(a) && a.kind == b.kind) {
    return Typed{fmt::format("({} {} {})", left.sql, op, right.sql), a};
  }
  const auto scaled = [&](const Typed& interval, const Typed& number, bool divide) {
    if (interval.type.kind == TypeKind::kIntervalYear) {
      return Typed{
          fmt::format("to_months(CAST(trunc(datepart('month', {0}) + 12 * datepart('year', "
                      "{0})) {1} {2} AS INTEGER))",
                      interval.sql, divide ? "/" : "*", number.sql),
          interval.type};
    }
    return Typed{fmt::format("to_microseconds(CAST(epoch_us({}) {} {} AS BIGINT))", interval.sql,
                             divide ? "/" : "*", number.sql),
                 interval.type};
  };
  if (op == "*" && is_interval(a) && is_numeric(b)) return scaled(left, right, false);
  if (op == "*" && is_numeric(a) && is_interval(b)) return scaled(right, left, false);
  if (op == "/" && is_interval(a) && is_numeric(b)) return scaled(left, right, true);
  return std::unexpected(operator_error(op, a, b, expr.at));
}

Outcome<Typed> Analyzer::between(Expr& expr, const Scope& scope) {
  TRY(Typed value, expression(*expr.args[0], scope));
  TRY(Typed low, expression(*expr.args[1], scope));
  TRY(Typed high, expression(*expr.args[2], scope));
  auto common = common_type(value.type, low.type);
  if (common) common = common_type(*common, high.type);
  if (!common) {
    return std::unexpected(semantic_error(
        "TYPE_MISMATCH", expr.at,
        fmt::format("Cannot check if {} is BETWEEN {} and {}{}", trino_name(value.type),
                    trino_name(low.type), trino_name(high.type), hint(value.type, low.type))));
  }
  return Typed{
      fmt::format("({}{} BETWEEN {} AND {})", expr.negated ? "NOT " : "",
                  coerce_sql(value, *common), coerce_sql(low, *common), coerce_sql(high, *common)),
      simple_type(TypeKind::kBoolean)};
}

Outcome<Typed> Analyzer::in_list(Expr& expr, const Scope& scope) {
  TRY(Typed value, expression(*expr.args[0], scope));
  std::vector<Typed> candidates;
  Type common = value.type;
  for (std::size_t i = 1; i < expr.args.size(); ++i) {
    TRY(Typed candidate, expression(*expr.args[i], scope));
    auto wider = common_type(common, candidate.type);
    if (!wider) {
      return std::unexpected(semantic_error(
          "TYPE_MISMATCH", expr.args[i]->at,
          fmt::format(
              "IN value and list items must be the same type or coercible to a common type. "
              "Cannot find common type between {} and {}, all types (without duplicates): "
              "[{}, {}]",
              trino_name(common), trino_name(candidate.type), trino_name(common),
              trino_name(candidate.type))));
    }
    common = std::move(*wider);
    candidates.push_back(std::move(candidate));
  }
  std::string list;
  for (const Typed& candidate : candidates) {
    list += (list.empty() ? "" : ", ") + coerce_sql(candidate, common);
  }
  return Typed{
      fmt::format("({}{} IN ({}))", expr.negated ? "NOT " : "", coerce_sql(value, common), list),
      simple_type(TypeKind::kBoolean)};
}

Outcome<Typed> Analyzer::in_query(Expr& expr, const Scope& scope) {
  TRY(Typed value, expression(*expr.args[0], scope));
  TRY(QuerySql inner, query(*expr.query, &scope));
  if (inner.columns.size() != 1) {
    return std::unexpected(semantic_error(
        "TYPE_MISMATCH", expr.at, "Multiple columns returned by subquery are not yet supported"));
  }
  auto common = common_type(value.type, inner.columns[0].type);
  if (!common) {
    return std::unexpected(semantic_error(
        "TYPE_MISMATCH", expr.at,
        fmt::format(
            "value and result of subquery must be of the same type for IN expression: {} vs "
            "{}",
            trino_name(value.type), trino_name(inner.columns[0].type))));
  }
  const std::string alias = next_alias();
  const Typed column{alias + ".c0", inner.columns[0].type};
  return Typed{
      fmt::format("({}{} IN (SELECT {} FROM ({}) AS {}(c0)))", expr.negated ? "NOT " : "",
                  coerce_sql(value, *common), coerce_sql(column, *common), inner.sql, alias),
      simple_type(TypeKind::kBoolean)};
}

Outcome<Typed> Analyzer::quantified(Expr& expr, const Scope& scope) {
  TRY(Typed value, expression(*expr.args[0], scope));
  TRY(QuerySql inner, query(*expr.query, &scope));
  if (inner.columns.size() != 1) {
    return std::unexpected(semantic_error(
        "TYPE_MISMATCH", expr.at, "Multiple columns returned by subquery are not yet supported"));
  }
  auto common = common_type(value.type, inner.columns[0].type);
  if (!common) {
    return std::unexpected(operator_error(expr.text, value.type, inner.columns[0].type, expr.at));
  }
  const std::string alias = next_alias();
  const Typed column{alias + ".c0", inner.columns[0].type};
  return Typed{fmt::format("({} {} {} (SELECT {} FROM ({}) AS {}(c0)))", coerce_sql(value, *common),
                           expr.text, expr.quantifier == "ALL" ? "ALL" : "ANY",
                           coerce_sql(column, *common), inner.sql, alias),
               simple_type(TypeKind::kBoolean)};
}

Outcome<Typed> Analyzer::subquery(Expr& expr, const Scope& scope) {
  TRY(QuerySql inner, query(*expr.query, &scope));
  if (inner.columns.size() != 1) {
    return std::unexpected(
        semantic_error("TYPE_MISMATCH", expr.at,
                       "Multiple columns returned by subquery are not yet supported. Found " +
                           std::to_string(inner.columns.size())));
  }
  return Typed{fmt::format("({})", inner.sql), inner.columns[0].type};
}

Outcome<Typed> Analyzer::like(Expr& expr, const Scope& scope) {
  std::vector<Typed> args;
  for (const ExprPtr& arg : expr.args) {
    TRY(Typed typed, expression(*arg, scope));
    if (!is_string(typed.type) && typed.type.kind != TypeKind::kUnknown) {
      static constexpr std::string_view kRoles[] = {"Left side of LIKE expression",
                                                    "Pattern for LIKE expression",
                                                    "Escape for LIKE expression"};
      return std::unexpected(
          semantic_error("TYPE_MISMATCH", arg->at,
                         fmt::format("{} must evaluate to a varchar (actual: {})",
                                     kRoles[args.size()], trino_name(typed.type))));
    }
    args.push_back(std::move(typed));
  }
  const std::string escape = args.size() > 2 ? " ESCAPE " + args[2].sql : "";
  return Typed{
      fmt::format("({} {}LIKE {}{})", args[0].sql, expr.negated ? "NOT " : "", args[1].sql, escape),
      simple_type(TypeKind::kBoolean)};
}

Outcome<Typed> Analyzer::is_distinct(Expr& expr, const Scope& scope) {
  TRY(Typed left, expression(*expr.args[0], scope));
  TRY(Typed right, expression(*expr.args[1], scope));
  auto common = common_type(left.type, right.type);
  if (!common) {
    return std::unexpected(
        semantic_error("TYPE_MISMATCH", expr.at,
                       fmt::format("Cannot check if {} is distinct from {}", trino_name(left.type),
                                   trino_name(right.type))));
  }
  return Typed{fmt::format("({} IS {}DISTINCT FROM {})", coerce_sql(left, *common),
                           expr.negated ? "NOT " : "", coerce_sql(right, *common)),
               simple_type(TypeKind::kBoolean)};
}

}  // namespace penstock::sql
