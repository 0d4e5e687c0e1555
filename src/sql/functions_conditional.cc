// COALESCE, IF, NULLIF, TRY and other functions whose types depend on all their arguments.

#include <fmt/format.h>

#include "sql/function.h"

namespace penstock::sql {

namespace {

Outcome<Type> common_of(CallContext& call, std::size_t from = 0) {
  Type type;
  for (std::size_t i = from; i < call.args.size(); ++i) {
    auto common = common_type(type, call.args[i].type);
    if (!common) {
      return std::unexpected(semantic_error(
          "TYPE_MISMATCH", call.expr.args[i]->at,
          fmt::format("All {} operands must be the same type or coercible to a common type. Cannot "
                      "find common type between {} and {}",
                      call.expr.text == "coalesce" ? "COALESCE" : call.expr.text, trino_name(type),
                      trino_name(call.args[i].type))));
    }
    type = std::move(*common);
  }
  return type;
}

std::string list_of(const CallContext& call, const Type& type) {
  std::string out;
  for (const Typed& arg : call.args) out += (out.empty() ? "" : ", ") + coerce_sql(arg, type);
  return out;
}

Outcome<Typed> coalesce(CallContext& call) {
  TRY(Type type, common_of(call));
  return Typed{fmt::format("coalesce({})", list_of(call, type)), type};
}

Outcome<Typed> extreme(CallContext& call) {
  TRY(Type type, common_of(call));
  if (!is_orderable(type)) return std::unexpected(call.mismatch("greatest(E) E:orderable"));
  // One NULL makes the result NULL, where the engine would skip it.
  std::string nulls;
  for (const Typed& arg : call.args) {
    nulls += fmt::format("{}{} IS NULL", nulls.empty() ? "" : " OR ", arg.sql);
  }
  return Typed{fmt::format("(CASE WHEN {} THEN NULL ELSE {}({}) END)", nulls, call.expr.text,
                           list_of(call, type)),
               type};
}

Outcome<Typed> if_function(CallContext& call) {
  const Type& condition = call.args[0].type;
  if (condition.kind != TypeKind::kBoolean && condition.kind != TypeKind::kUnknown) {
    return std::unexpected(semantic_error(
        "TYPE_MISMATCH", call.expr.args[0]->at,
        fmt::format("IF condition must be a boolean type (actual: {})", trino_name(condition))));
  }
  TRY(Type type, common_of(call, 1));
  const std::string otherwise =
      call.count() > 2 ? fmt::format(" ELSE {}", coerce_sql(call.args[2], type)) : "";
  return Typed{fmt::format("(CASE WHEN {} THEN {}{} END)", call.args[0].sql,
                           coerce_sql(call.args[1], type), otherwise),
               type};
}

Outcome<Typed> nullif(CallContext& call) {
  auto common = common_type(call.args[0].type, call.args[1].type);
  if (!common) {
    return std::unexpected(
        semantic_error("TYPE_MISMATCH", call.expr.at,
                       fmt::format("Types are not comparable with NULLIF: {} vs {}",
                                   trino_name(call.args[0].type), trino_name(call.args[1].type))));
  }
  return Typed{
      fmt::format("(CASE WHEN {} = {} THEN NULL ELSE {} END)", coerce_sql(call.args[0], *common),
                  coerce_sql(call.args[1], *common), call.args[0].sql),
      call.args[0].type};
}

Outcome<Typed> try_function(CallContext& call) {
  return Typed{fmt::format("TRY({})", call.args[0].sql), call.args[0].type};
}

Outcome<Typed> typeof_function(CallContext& call) {
  return Typed{quote_literal(trino_name(call.args[0].type)), varchar_type()};
}

Outcome<Typed> concat(CallContext& call) {
  bool arrays = false;
  for (const Typed& arg : call.args) arrays = arrays || arg.type.kind == TypeKind::kArray;
  if (arrays) {
    TRY(Type type, common_of(call));
    std::string sql = coerce_sql(call.args[0], type);
    for (std::size_t i = 1; i < call.args.size(); ++i) {
      sql = fmt::format("list_concat({}, {})", sql, coerce_sql(call.args[i], type));
    }
    return Typed{sql, type};
  }
  std::string sql;
  for (const Typed& arg : call.args) {
    if (!is_string(arg.type) && arg.type.kind != TypeKind::kUnknown) {
      return std::unexpected(
          call.mismatch("concat(char(x), char(y)), concat(array(E), E) E, concat(E, array(E)) E, "
                        "concat(array(E)) E, concat(varchar), concat(varbinary)"));
    }
    sql += (sql.empty() ? "(" : " || ") + coerce_sql(arg, varchar_type());
  }
  return Typed{sql + ")", varchar_type()};
}

Outcome<Typed> concat_ws(CallContext& call) {
  for (const Typed& arg : call.args) {
    const bool array = arg.type.kind == TypeKind::kArray && call.count() == 2;
    if (!is_string(arg.type) && arg.type.kind != TypeKind::kUnknown && !array) {
      return std::unexpected(
          call.mismatch("concat_ws(varchar, array(varchar)), concat_ws(varchar)"));
    }
  }
  if (call.count() == 2 && call.args[1].type.kind == TypeKind::kArray) {
    return Typed{fmt::format("array_to_string({}, {})", call.args[1].sql, call.args[0].sql),
                 varchar_type()};
  }
  return Typed{fmt::format("concat_ws({})", list_of(call, varchar_type())), varchar_type()};
}

Outcome<Typed> mod(CallContext& call) {
  auto common = common_type(call.args[0].type, call.args[1].type);
  if (!common || !is_numeric(*common)) return std::unexpected(call.mismatch("mod(bigint, bigint)"));
  const std::string a = coerce_sql(call.args[0], *common), b = coerce_sql(call.args[1], *common);
  if (is_integer(*common)) {
    return Typed{fmt::format("CAST(ps_modulus(CAST({} AS BIGINT), CAST({} AS BIGINT)) AS {})", a, b,
                             duckdb_name(*common)),
                 *common};
  }
  if (common->kind == TypeKind::kDecimal) {
    return Typed{
        fmt::format("CAST(ps_decimal_modulus(CAST({} AS VARCHAR), CAST({} AS VARCHAR), {}) "
                    "AS {})",
                    a, b, common->scale, duckdb_name(*common)),
        *common};
  }
  return Typed{fmt::format("({} % {})", a, b), *common};
}

// Ties go away from zero, in decimal digits of the shortest text of a double.
Outcome<Typed> round_function(CallContext& call) {
  const Type& type = call.args[0].type;
  if (!is_numeric(type) || (call.count() > 1 && !is_integer(call.args[1].type))) {
    return std::unexpected(
        call.mismatch("round(double), round(double, integer), round(decimal(p,s))"));
  }
  const std::string digits =
      call.count() > 1 ? fmt::format("CAST({} AS INTEGER)", call.args[1].sql) : "0";
  if (is_integer(type) && call.count() == 1) return call.args[0];
  if (type.kind == TypeKind::kDecimal && call.count() == 1) {
    const Type whole = decimal_type(std::min(38, type.precision - type.scale + 1), 0);
    return Typed{fmt::format("CAST(round({}) AS {})", call.args[0].sql, duckdb_name(whole)), whole};
  }
  return Typed{
      fmt::format("CAST(round({}, {}) AS {})", call.args[0].sql, digits, duckdb_name(type)), type};
}

// Java's format: %s takes the text of its argument, the rest goes to printf.
Outcome<Typed> format_function(CallContext& call) {
  if (!is_string(call.args[0].type)) return std::unexpected(call.mismatch("format(varchar, T...)"));
  const bool known = call.expr.args[0]->kind == ExprKind::kString;
  std::vector<bool> as_text(call.count(), !known);
  if (known) {
    const std::string& text = call.expr.args[0]->text;
    std::size_t arg = 1;
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
      if (text[i] != '%') continue;
      if (text[i + 1] == '%') {
        ++i;
        continue;
      }
      const std::size_t end = text.find_first_of("sdfeExXcb", i + 1);
      if (end == std::string::npos || arg >= call.count()) break;
      as_text[arg++] = text[end] == 's' || text[end] == 'b';
      i = end;
    }
  }
  std::string sql = "printf(" + call.args[0].sql;
  for (std::size_t i = 1; i < call.count(); ++i) {
    std::string value = call.args[i].sql;
    if (as_text[i]) {
      auto text = text_sql(call.args[i]);
      if (!text) return std::unexpected(call.mismatch("format(varchar, T...)"));
      value = *text;
    } else if (call.args[i].type.kind == TypeKind::kDecimal) {
      value = fmt::format("CAST({} AS DOUBLE)", value);
    }
    sql += ", " + value;
  }
  return Typed{sql + ")", varchar_type()};
}

Outcome<Typed> grouping(CallContext& call) {
  std::string list;
  for (const Typed& arg : call.args) list += (list.empty() ? "" : ", ") + arg.sql;
  call.expr.is_aggregate = true;
  return Typed{fmt::format("CAST(GROUPING({}) AS INTEGER)", list), simple_type(TypeKind::kInteger)};
}

constexpr CustomRow kConditionalRows[] = {
    {"coalesce", FunctionKind::kScalar, 1, 127, coalesce},
    {"greatest", FunctionKind::kScalar, 1, 127, extreme},
    {"least", FunctionKind::kScalar, 1, 127, extreme},
    {"if", FunctionKind::kScalar, 2, 3, if_function},
    {"nullif", FunctionKind::kScalar, 2, 2, nullif},
    {"try", FunctionKind::kScalar, 1, 1, try_function},
    {"typeof", FunctionKind::kScalar, 1, 1, typeof_function},
    {"concat", FunctionKind::kScalar, 2, 127, concat},
    {"concat_ws", FunctionKind::kScalar, 2, 127, concat_ws},
    {"mod", FunctionKind::kScalar, 2, 2, mod},
    {"round", FunctionKind::kScalar, 1, 2, round_function},
    {"format", FunctionKind::kScalar, 2, 127, format_function},
    {"grouping", FunctionKind::kScalar, 1, 127, grouping},
};

}  // namespace

std::span<const CustomRow> conditional_functions() { return kConditionalRows; }

}  // namespace penstock::sql
