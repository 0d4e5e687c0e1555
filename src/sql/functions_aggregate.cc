// Aggregates whose result type or NULL rules need more than a template.

#include <fmt/format.h>

#include "sql/function.h"

namespace penstock::sql {

namespace {

const Type kDouble = simple_type(TypeKind::kDouble);

std::string distinct(const CallContext& call) { return call.expr.distinct ? "DISTINCT " : ""; }

Outcome<Typed> count(CallContext& call) {
  if (call.expr.star || call.count() == 0) {
    return Typed{fmt::format("count(*){}", call.suffix), simple_type(TypeKind::kBigint)};
  }
  return Typed{fmt::format("count({}{}){}", distinct(call), call.args[0].sql, call.suffix),
               simple_type(TypeKind::kBigint)};
}

Outcome<Typed> sum(CallContext& call) {
  const Type& type = call.args[0].type;
  Type result = simple_type(TypeKind::kBigint);
  if (type.kind == TypeKind::kDecimal) {
    result = decimal_type(38, type.scale);
  } else if (type.kind == TypeKind::kReal || type.kind == TypeKind::kDouble) {
    result = type;
  } else if (type.kind == TypeKind::kIntervalDay || type.kind == TypeKind::kIntervalYear) {
    result = type;
  } else if (!is_integer(type)) {
    return std::unexpected(call.mismatch(
        "sum(double), sum(real), sum(bigint), sum(interval day to second), sum(interval year to "
        "month), sum(decimal(p,s))"));
  }
  return Typed{fmt::format("CAST(sum({}{}){} AS {})", distinct(call), call.args[0].sql, call.suffix,
                           duckdb_name(result)),
               result};
}

Outcome<Typed> avg(CallContext& call) {
  const Type& type = call.args[0].type;
  if (type.kind == TypeKind::kDecimal) {
    // Exact: the engine's own average of decimals is a double.
    return Typed{
        fmt::format("CAST(ps_decimal_divide(CAST(sum({0}{1}){2} AS VARCHAR), CAST(nullif(count("
                    "{0}{1}){2}, 0) AS VARCHAR), {3}) AS {4})",
                    distinct(call), call.args[0].sql, call.suffix, type.scale, duckdb_name(type)),
        type};
  }
  if (!is_numeric(type)) {
    return std::unexpected(call.mismatch("avg(double), avg(real), avg(bigint), avg(decimal(p,s))"));
  }
  const Type result = type.kind == TypeKind::kReal ? type : kDouble;
  return Typed{fmt::format("CAST(avg({}{}){} AS {})", distinct(call),
                           coerce_sql(call.args[0], kDouble), call.suffix, duckdb_name(result)),
               result};
}

Outcome<Typed> array_agg(CallContext& call) {
  return Typed{
      fmt::format("list({}{}{}){}", distinct(call), call.args[0].sql, call.order, call.suffix),
      array_type(call.args[0].type)};
}

Outcome<Typed> listagg(CallContext& call) {
  if (!is_string(call.args[0].type))
    return std::unexpected(call.mismatch("listagg(varchar, varchar)"));
  const std::string separator = call.count() > 1 ? call.args[1].sql : "''";
  return Typed{fmt::format("string_agg({}{}, {}{}){}", distinct(call), call.args[0].sql, separator,
                           call.order, call.suffix),
               varchar_type()};
}

// Of a repeated key one value is kept, as Trino keeps an arbitrary one.
Outcome<Typed> map_agg(CallContext& call) {
  const std::string pairs = fmt::format("list(struct_pack(k := {0}, v := {1})){2}",
                                        call.args[0].sql, call.args[1].sql, call.suffix);
  const std::string known = fmt::format("list_filter({}, lambda q: q.k IS NOT NULL)", pairs);
  const std::string keys = fmt::format("list_transform({}, lambda q: q.k)", known);
  return Typed{
      fmt::format("CASE WHEN len({0}) = len(list_distinct({0})) THEN map_from_entries({1}) ELSE "
                  "map_from_entries(list_transform(list_distinct({0}), lambda u: "
                  "list_extract(list_filter({1}, lambda q: q.k = u), 1))) END",
                  keys, known),
      map_type(call.args[0].type, call.args[1].type)};
}

Outcome<Typed> multimap_agg(CallContext& call) {
  const std::string pairs = fmt::format(
      "list_filter(list(struct_pack(k := {0}, v := {1})){2}, lambda q: q.k IS NOT NULL)",
      call.args[0].sql, call.args[1].sql, call.suffix);
  return Typed{
      fmt::format("map_from_entries(list_transform(list_distinct(list_transform({0}, lambda q: "
                  "q.k)), lambda u: struct_pack(k := u, v := list_transform(list_filter({0}, "
                  "lambda q: q.k = u), lambda q: q.v))))",
                  pairs),
      map_type(call.args[0].type, array_type(call.args[1].type))};
}

Outcome<Typed> histogram(CallContext& call) {
  return Typed{fmt::format("CAST(histogram({}){} AS MAP({}, BIGINT))", call.args[0].sql,
                           call.suffix, duckdb_name(call.args[0].type)),
               map_type(call.args[0].type, simple_type(TypeKind::kBigint))};
}

Outcome<Typed> approx_percentile(CallContext& call) {
  const Typed& value = call.args[0];
  const Typed& fraction = call.args[1];
  const bool many = fraction.type.kind == TypeKind::kArray;
  if (!is_numeric(value.type) || (!is_numeric(fraction.type) && !many)) {
    return std::unexpected(
        call.mismatch("approx_percentile(bigint, double), approx_percentile(double, "
                      "double), approx_percentile(bigint, array(double))"));
  }
  return Typed{fmt::format("quantile_disc({}, {}){}", value.sql, fraction.sql, call.suffix),
               many ? array_type(value.type) : value.type};
}

constexpr CustomRow kAggregateRows[] = {
    {"count", FunctionKind::kAggregate, 0, 1, count},
    {"sum", FunctionKind::kAggregate, 1, 1, sum},
    {"avg", FunctionKind::kAggregate, 1, 1, avg},
    {"array_agg", FunctionKind::kAggregate, 1, 1, array_agg},
    {"listagg", FunctionKind::kAggregate, 1, 2, listagg},
    {"map_agg", FunctionKind::kAggregate, 2, 2, map_agg},
    {"multimap_agg", FunctionKind::kAggregate, 2, 2, multimap_agg},
    {"histogram", FunctionKind::kAggregate, 1, 1, histogram},
    {"approx_percentile", FunctionKind::kAggregate, 2, 2, approx_percentile},
};

}  // namespace

std::span<const CustomRow> aggregate_functions() { return kAggregateRows; }

}  // namespace penstock::sql
