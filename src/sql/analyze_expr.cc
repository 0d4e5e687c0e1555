// Literals, names, CASE, casts and the constructors of rows and arrays.

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/bytes.h"
#include "sql/analyzer.h"
#include "sql/time_text.h"

namespace penstock::sql {

Outcome<Typed> Analyzer::expression(Expr& expr, const Scope& scope) {
  auto typed = dispatch(expr, scope);
  if (typed) expr.emitted = typed->sql;
  return typed;
}

Outcome<Typed> Analyzer::dispatch(Expr& expr, const Scope& scope) {
  switch (expr.kind) {
    case ExprKind::kNull:
    case ExprKind::kBoolean:
    case ExprKind::kInteger:
    case ExprKind::kDecimal:
    case ExprKind::kDouble:
    case ExprKind::kString:
    case ExprKind::kBinary: return literal(expr);
    case ExprKind::kTyped: return typed_literal(expr);
    case ExprKind::kInterval: {
      const auto interval = parse_interval(expr);
      if (!interval) {
        return std::unexpected(
            semantic_error("INVALID_LITERAL", expr.at,
                           fmt::format("'{}' is not a valid INTERVAL literal", expr.text)));
      }
      if (interval->is_months) {
        return Typed{fmt::format("to_months(CAST({} AS INTEGER))", interval->amount),
                     simple_type(TypeKind::kIntervalYear)};
      }
      return Typed{fmt::format("to_microseconds(CAST({} AS BIGINT))", interval->amount),
                   simple_type(TypeKind::kIntervalDay)};
    }
    case ExprKind::kName: return name(expr, scope);
    case ExprKind::kField: {
      TRY(Typed base, expression(*expr.args[0], scope));
      return row_field(base, expr.text, expr.at);
    }
    case ExprKind::kUnary: return unary(expr, scope);
    case ExprKind::kBinaryOperator: return binary(expr, scope);
    case ExprKind::kAnd:
    case ExprKind::kOr: return logical(expr, scope);
    case ExprKind::kBetween: return between(expr, scope);
    case ExprKind::kIn: return in_list(expr, scope);
    case ExprKind::kInQuery: return in_query(expr, scope);
    case ExprKind::kQuantified: return quantified(expr, scope);
    case ExprKind::kExists: {
      TRY(QuerySql inner, query(*expr.query, &scope));
      return Typed{fmt::format("EXISTS ({})", inner.sql), simple_type(TypeKind::kBoolean)};
    }
    case ExprKind::kSubquery: return subquery(expr, scope);
    case ExprKind::kLike: return like(expr, scope);
    case ExprKind::kIsNull: {
      TRY(Typed value, expression(*expr.args[0], scope));
      return Typed{fmt::format("({} IS {}NULL)", value.sql, expr.negated ? "NOT " : ""),
                   simple_type(TypeKind::kBoolean)};
    }
    case ExprKind::kIsDistinct: return is_distinct(expr, scope);
    case ExprKind::kCase: return case_expression(expr, scope);
    case ExprKind::kCast: return cast_expression(expr, scope);
    case ExprKind::kAtZone: return at_zone(expr, scope);
    case ExprKind::kRow: return row(expr, scope);
    case ExprKind::kArray: return array(expr, scope);
    case ExprKind::kSubscript: return subscript(expr, scope);
    case ExprKind::kExtract: {
      // EXTRACT(hour FROM t) is hour(t); its function does the rest.
      expr.kind = ExprKind::kCall;
      if (expr.text == "dow") expr.text = "day_of_week";
      if (expr.text == "doy") expr.text = "day_of_year";
      if (expr.text == "yow") expr.text = "year_of_week";
      return call(expr, scope);
    }
    case ExprKind::kCall: return call(expr, scope);
    case ExprKind::kStar:
    case ExprKind::kLambda:
    case ExprKind::kParameter: break;
  }
  if (expr.kind == ExprKind::kParameter) {
    return std::unexpected(plain_error("INVALID_PARAMETER_USAGE",
                                       "Incorrect number of parameters: expected 1 but found 0"));
  }
  return std::unexpected(
      semantic_error("NOT_SUPPORTED", expr.at, "Expression cannot be used in this place"));
}

Outcome<Typed> Analyzer::literal(Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kBoolean: return Typed{expr.text, simple_type(TypeKind::kBoolean)};
    case ExprKind::kString: {
      const auto length = std::ranges::count_if(
          expr.text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
      Type type = varchar_type(static_cast<int>(length));
      // The empty text is varchar(0), which has no spelling of its own here.
      return Typed{quote_literal(expr.text), type};
    }
    case ExprKind::kBinary:
      return Typed{fmt::format("unhex('{}')", to_hex(expr.text)),
                   simple_type(TypeKind::kVarbinary)};
    // Athena reads 1.5 as a double, where Trino by itself would read a decimal.
    case ExprKind::kDecimal:
    case ExprKind::kDouble: {
      std::string text = expr.text;
      if (text.find_first_of("eE") == std::string::npos) text += "e0";
      return Typed{fmt::format("CAST({} AS DOUBLE)", text), simple_type(TypeKind::kDouble)};
    }
    case ExprKind::kInteger: {
      if (expr.text.size() > 19 || (expr.text.size() == 19 && expr.text > "9223372036854775807")) {
        return std::unexpected(semantic_error(
            "INVALID_LITERAL", expr.at, fmt::format("Invalid numeric literal: {}", expr.text)));
      }
      const long long value = std::strtoll(expr.text.c_str(), nullptr, 10);
      const bool small = value <= 2147483647;
      return Typed{fmt::format("CAST({} AS {})", value, small ? "INTEGER" : "BIGINT"),
                   simple_type(small ? TypeKind::kInteger : TypeKind::kBigint)};
    }
    default: return Typed{"NULL", simple_type(TypeKind::kUnknown)};
  }
}

// DATE '...': the text is checked now, as Trino does, so that a bad literal is an error of the
// statement.
Outcome<Typed> Analyzer::typed_literal(Expr& expr) {
  const auto invalid = [&](const char* what) {
    return std::unexpected(
        semantic_error("INVALID_LITERAL", expr.at,
                       fmt::format("'{}' is not a valid {} literal", expr.text, what)));
  };
  switch (expr.type.kind) {
    case TypeKind::kDate: {
      const auto parsed = parse_timestamp_text(expr.text);
      if (!parsed || parsed->has_time) return invalid("DATE");
      return Typed{fmt::format("CAST({} AS DATE)", quote_literal(expr.text)), expr.type};
    }
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz: {
      const auto parsed = parse_timestamp_text(expr.text);
      if (!parsed) return invalid("TIMESTAMP");
      if (!parsed->zone.empty()) {
        return Typed{fmt::format("ps_text_to_timestamptz({})", quote_literal(expr.text)),
                     timestamp_tz_type(parsed->digits, parsed->zone)};
      }
      return Typed{fmt::format("make_timestamp(CAST({} AS BIGINT))", parsed->micros),
                   timestamp_type(parsed->digits)};
    }
    case TypeKind::kTime:
      return Typed{fmt::format("CAST({} AS TIME)", quote_literal(expr.text)), expr.type};
    case TypeKind::kJson:
      return Typed{fmt::format("ps_json_parse({})", quote_literal(expr.text)), expr.type};
    case TypeKind::kDecimal: {
      // The literal's own digits decide its type.
      std::string digits = expr.text;
      if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) digits.erase(0, 1);
      const std::size_t point = digits.find('.');
      const int scale =
          point == std::string::npos ? 0 : static_cast<int>(digits.size() - point - 1);
      const int precision = static_cast<int>(digits.size()) - (point == std::string::npos ? 0 : 1);
      if (precision < 1 || precision > 38 ||
          digits.find_first_not_of("0123456789.") != std::string::npos) {
        return invalid("DECIMAL");
      }
      const Type type = decimal_type(precision, scale);
      return Typed{fmt::format("CAST({} AS {})", quote_literal(expr.text), duckdb_name(type)),
                   type};
    }
    default: {
      auto sql = cast_sql({quote_literal(expr.text), varchar_type()}, expr.type);
      if (!sql) return invalid(trino_name(expr.type).c_str());
      return Typed{std::move(*sql), expr.type};
    }
  }
}

Outcome<Typed> Analyzer::name(Expr& expr, const Scope& scope) {
  TRY(Resolved resolved, resolve(scope, expr.path, expr.at));
  expr.is_local_column = resolved.is_local;
  return std::move(resolved.value);
}

Outcome<Typed> Analyzer::logical(Expr& expr, const Scope& scope) {
  std::string sql = "(";
  const char* word = expr.kind == ExprKind::kAnd ? " AND " : " OR ";
  for (std::size_t i = 0; i < expr.args.size(); ++i) {
    TRY(Typed term, expression(*expr.args[i], scope));
    if (term.type.kind != TypeKind::kBoolean && term.type.kind != TypeKind::kUnknown) {
      return std::unexpected(semantic_error(
          "TYPE_MISMATCH", expr.args[i]->at,
          fmt::format("Logical expression term must evaluate to a boolean (actual: {})",
                      trino_name(term.type))));
    }
    sql += (i == 0 ? "" : word) + term.sql;
  }
  return Typed{sql + ")", simple_type(TypeKind::kBoolean)};
}

Outcome<Typed> Analyzer::unary(Expr& expr, const Scope& scope) {
  TRY(Typed value, expression(*expr.args[0], scope));
  if (expr.text == "NOT") {
    if (value.type.kind != TypeKind::kBoolean && value.type.kind != TypeKind::kUnknown) {
      return std::unexpected(semantic_error(
          "TYPE_MISMATCH", expr.args[0]->at,
          fmt::format("Value of logical NOT expression must evaluate to a boolean (actual: {})",
                      trino_name(value.type))));
    }
    return Typed{fmt::format("(NOT {})", value.sql), simple_type(TypeKind::kBoolean)};
  }
  const bool is_interval =
      value.type.kind == TypeKind::kIntervalDay || value.type.kind == TypeKind::kIntervalYear;
  if (!is_numeric(value.type) && !is_interval) {
    return std::unexpected(
        semantic_error("TYPE_MISMATCH", expr.at,
                       fmt::format("Cannot negate {}: no such operator", trino_name(value.type))));
  }
  if (expr.text == "+") return value;
  return Typed{fmt::format("(-{})", value.sql), value.type};
}

Outcome<Typed> Analyzer::case_expression(Expr& expr, const Scope& scope) {
  std::size_t next = 0;
  std::optional<Typed> operand;
  if (expr.has_operand) {
    TRY(operand, expression(*expr.args[next++], scope));
  }
  struct Branch {
    std::string when;
    Typed then;
  };
  std::vector<Branch> branches;
  std::optional<Typed> otherwise;
  Type type;
  const std::size_t pairs_end = expr.args.size() - (expr.has_else ? 1 : 0);
  const auto widen = [&](const Typed& value, Position at) -> Outcome<void> {
    auto common = common_type(type, value.type);
    if (!common) {
      return std::unexpected(semantic_error(
          "TYPE_MISMATCH", at,
          fmt::format(
              "All CASE results must be the same type or coercible to a common type. Cannot "
              "find common type between {} and {}, all types (without duplicates): [{}, {}]",
              trino_name(type), trino_name(value.type), trino_name(type), trino_name(value.type))));
    }
    type = std::move(*common);
    return {};
  };
  for (; next + 1 < pairs_end; next += 2) {
    TRY(Typed when, expression(*expr.args[next], scope));
    if (operand) {
      auto common = common_type(operand->type, when.type);
      if (!common) {
        return std::unexpected(semantic_error(
            "TYPE_MISMATCH", expr.args[next]->at,
            fmt::format("CASE operand type does not match WHEN clause operand type: {} vs {}",
                        trino_name(operand->type), trino_name(when.type))));
      }
      when.sql = fmt::format("({} = {})", coerce_sql(*operand, *common), coerce_sql(when, *common));
    } else if (when.type.kind != TypeKind::kBoolean && when.type.kind != TypeKind::kUnknown) {
      return std::unexpected(
          semantic_error("TYPE_MISMATCH", expr.args[next]->at,
                         fmt::format("CASE WHEN clause must evaluate to a boolean (actual: {})",
                                     trino_name(when.type))));
    }
    TRY(Typed then, expression(*expr.args[next + 1], scope));
    TRY_VOID(widen(then, expr.args[next + 1]->at));
    branches.push_back({std::move(when.sql), std::move(then)});
  }
  if (expr.has_else) {
    TRY(otherwise, expression(*expr.args.back(), scope));
    TRY_VOID(widen(*otherwise, expr.args.back()->at));
  }
  std::string sql = "CASE";
  for (const Branch& branch : branches) {
    sql += fmt::format(" WHEN {} THEN {}", branch.when, coerce_sql(branch.then, type));
  }
  if (otherwise) sql += " ELSE " + coerce_sql(*otherwise, type);
  return Typed{"(" + sql + " END)", type};
}

Outcome<Typed> Analyzer::cast_expression(Expr& expr, const Scope& scope) {
  TRY(Typed value, expression(*expr.args[0], scope));
  auto sql = cast_sql(value, expr.type);
  if (!sql) {
    return std::unexpected(semantic_error(
        "TYPE_MISMATCH", expr.at,
        fmt::format("Cannot cast {} to {}", trino_name(value.type), trino_name(expr.type))));
  }
  Type type = expr.type;
  if (type.kind == TypeKind::kTimestampTz && value.type.kind == TypeKind::kTimestampTz) {
    type.zone = value.type.zone;
  }
  if (expr.is_try) return Typed{fmt::format("TRY({})", *sql), type};
  return Typed{std::move(*sql), type};
}

Outcome<Typed> Analyzer::row(Expr& expr, const Scope& scope) {
  std::string sql = "struct_pack(";
  Type type = simple_type(TypeKind::kRow);
  for (std::size_t i = 0; i < expr.args.size(); ++i) {
    TRY(Typed field, expression(*expr.args[i], scope));
    sql += fmt::format("{}f{} := {}", i == 0 ? "" : ", ", i, field.sql);
    type.args.push_back(std::move(field.type));
    type.names.emplace_back();
  }
  return Typed{sql + ")", std::move(type)};
}

Outcome<Typed> Analyzer::array(Expr& expr, const Scope& scope) {
  std::vector<Typed> elements;
  Type type;
  for (const ExprPtr& arg : expr.args) {
    TRY(Typed element, expression(*arg, scope));
    auto common = common_type(type, element.type);
    if (!common) {
      return std::unexpected(semantic_error(
          "TYPE_MISMATCH", arg->at,
          fmt::format("All ARRAY elements must be the same type or coercible to a common type. "
                      "Cannot find common type between {} and {}",
                      trino_name(type), trino_name(element.type))));
    }
    type = std::move(*common);
    elements.push_back(std::move(element));
  }
  std::string sql;
  for (const Typed& element : elements) {
    sql += (sql.empty() ? "" : ", ") + coerce_sql(element, type);
  }
  const Type result = array_type(type);
  if (sql.empty()) return Typed{fmt::format("CAST([] AS {})", duckdb_name(result)), result};
  return Typed{fmt::format("[{}]", sql), result};
}

Outcome<Typed> Analyzer::subscript(Expr& expr, const Scope& scope) {
  TRY(Typed base, expression(*expr.args[0], scope));
  TRY(Typed index, expression(*expr.args[1], scope));
  if (base.type.kind == TypeKind::kArray && is_integer(index.type)) {
    const std::string position = coerce_sql(index, simple_type(TypeKind::kBigint));
    return Typed{fmt::format("list_extract({}, ps_check_index({}, CAST(len({}) AS BIGINT)))",
                             base.sql, position, base.sql),
                 base.type.args[0]};
  }
  if (base.type.kind == TypeKind::kMap && coercible(index.type, base.type.args[0])) {
    const std::string key = coerce_sql(index, base.type.args[0]);
    return Typed{
        fmt::format("CASE WHEN ps_check_key(map_contains({}, {}), CAST({} AS VARCHAR)) THEN "
                    "map_extract_value({}, {}) END",
                    base.sql, key, key, base.sql, key),
        base.type.args[1]};
  }
  if (base.type.kind == TypeKind::kRow && expr.args[1]->kind == ExprKind::kInteger) {
    const std::size_t field = expr.args[1]->text.size() > 4 ? 0 : std::stoul(expr.args[1]->text);
    if (field >= 1 && field <= base.type.args.size()) {
      return Typed{fmt::format("struct_extract({}, 'f{}')", base.sql, field - 1),
                   base.type.args[field - 1]};
    }
    return std::unexpected(semantic_error(
        "INVALID_FUNCTION_ARGUMENT", expr.at,
        fmt::format("Subscript expression on ROW is out of bounds: {}", expr.args[1]->text)));
  }
  return std::unexpected(
      semantic_error("TYPE_MISMATCH", expr.at,
                     fmt::format("Cannot use {} for subscript of {}", trino_name(index.type),
                                 trino_name(base.type))));
}

Outcome<Typed> Analyzer::at_zone(Expr& expr, const Scope& scope) {
  TRY(Typed value, expression(*expr.args[0], scope));
  if (value.type.kind != TypeKind::kTimestamp && value.type.kind != TypeKind::kTimestampTz) {
    return std::unexpected(semantic_error(
        "TYPE_MISMATCH", expr.at,
        fmt::format("Type of value must be a time or timestamp with or without time zone (actual "
                    "{})",
                    trino_name(value.type))));
  }
  if (expr.args[1]->kind != ExprKind::kString) {
    return std::unexpected(
        semantic_error("NOT_SUPPORTED", expr.args[1]->at, "The time zone must be a literal"));
  }
  if (!is_time_zone(expr.args[1]->text)) {
    return std::unexpected(
        semantic_error("INVALID_FUNCTION_ARGUMENT", expr.args[1]->at,
                       fmt::format("'{}' is not a valid time zone", expr.args[1]->text)));
  }
  const Type type = timestamp_tz_type(value.type.precision, expr.args[1]->text);
  return Typed{coerce_sql(value, timestamp_tz_type(value.type.precision)), type};
}

}  // namespace penstock::sql
