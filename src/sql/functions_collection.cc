// Arrays and maps.

#include <fmt/format.h>

#include "sql/function.h"

namespace penstock::sql {

namespace {

bool is_array(const Type& type) { return type.kind == TypeKind::kArray; }
bool is_map(const Type& type) { return type.kind == TypeKind::kMap; }

Outcome<Typed> cardinality(CallContext& call) {
  const Typed& value = call.args[0];
  if (is_array(value.type))
    return Typed{fmt::format("CAST(len({}) AS BIGINT)", value.sql), simple_type(TypeKind::kBigint)};
  if (is_map(value.type)) {
    return Typed{fmt::format("CAST(cardinality({}) AS BIGINT)", value.sql),
                 simple_type(TypeKind::kBigint)};
  }
  return std::unexpected(call.mismatch("cardinality(array(E)), cardinality(map(K,V))"));
}

Outcome<Typed> element_at(CallContext& call) {
  const Typed& base = call.args[0];
  const Typed& key = call.args[1];
  if (is_array(base.type) && is_integer(key.type)) {
    return Typed{
        fmt::format("list_extract({}, CAST(ps_check_not_zero(CAST({} AS BIGINT)) AS BIGINT))",
                    base.sql, key.sql),
        base.type.args[0]};
  }
  if (is_map(base.type) && coercible(key.type, base.type.args[0])) {
    return Typed{
        fmt::format("map_extract_value({}, {})", base.sql, coerce_sql(key, base.type.args[0])),
        base.type.args[1]};
  }
  return std::unexpected(call.mismatch("element_at(array(E), bigint), element_at(map(K,V), K)"));
}

// An array and one element of it.
template <typename Make>
Outcome<Typed> with_element(CallContext& call, const char* expected, Make make) {
  if (!is_array(call.args[0].type)) return std::unexpected(call.mismatch(expected));
  auto element = common_type(call.args[0].type.args[0], call.args[1].type);
  if (!element) return std::unexpected(call.mismatch(expected));
  const Type type = array_type(*element);
  return make(coerce_sql(call.args[0], type), coerce_sql(call.args[1], *element), type);
}

Outcome<Typed> contains(CallContext& call) {
  return with_element(
      call, "contains(array(T), T)", [](const auto& array, const auto& element, const Type&) {
        // An element that is not there may hide behind a NULL.
        return Typed{
            fmt::format("CASE WHEN list_contains({0}, {1}) THEN true WHEN len(list_filter({0}, "
                        "lambda q: q IS NULL)) > 0 THEN NULL ELSE list_contains({0}, {1}) END",
                        array, element),
            simple_type(TypeKind::kBoolean)};
      });
}

Outcome<Typed> array_position(CallContext& call) {
  return with_element(
      call, "array_position(array(T), T)", [](const auto& array, const auto& element, const Type&) {
        return Typed{fmt::format("(CASE WHEN {0} IS NULL OR {1} IS NULL THEN NULL ELSE "
                                 "CAST(coalesce(list_position({0}, {1}), 0) AS "
                                 "BIGINT) END)",
                                 array, element),
                     simple_type(TypeKind::kBigint)};
      });
}

Outcome<Typed> array_remove(CallContext& call) {
  return with_element(
      call, "array_remove(array(E), E)",
      [](const auto& array, const auto& element, const Type& type) {
        return Typed{fmt::format("list_filter({}, lambda q: q IS NULL OR q <> {})", array, element),
                     type};
      });
}

// Two arrays of one type.
Outcome<std::pair<std::string, std::string>> two_arrays(CallContext& call, Type& type) {
  auto common = common_type(call.args[0].type, call.args[1].type);
  if (!common || !is_array(*common)) {
    return std::unexpected(call.mismatch(fmt::format("{}(array(E), array(E))", call.expr.text)));
  }
  type = *common;
  return std::pair{coerce_sql(call.args[0], type), coerce_sql(call.args[1], type)};
}

Outcome<Typed> array_set(CallContext& call) {
  Type type;
  TRY(auto pair, two_arrays(call, type));
  const auto& [a, b] = pair;
  if (call.expr.text == "array_union") {
    return Typed{fmt::format("list_distinct(list_concat({}, {}))", a, b), type};
  }
  if (call.expr.text == "array_intersect") {
    return Typed{fmt::format("list_intersect({}, {})", a, b), type};
  }
  if (call.expr.text == "arrays_overlap") {
    return Typed{fmt::format("list_has_any({}, {})", a, b), simple_type(TypeKind::kBoolean)};
  }
  return Typed{
      fmt::format("list_distinct(list_filter({}, lambda q: NOT list_contains({}, q)))", a, b),
      type};
}

// Functions of one array.
Outcome<Typed> array_one(CallContext& call) {
  struct Row {
    std::string_view name, sql;
    bool element;
  };
  static constexpr Row kRows[] = {
      {"array_distinct", "list_distinct({})", false},
      {"array_sort", "list_sort({}, 'ASC', 'NULLS LAST')", false},
      {"array_max",
       "(CASE WHEN len(list_filter({0}, lambda q: q IS NULL)) = 0 THEN list_max({0}) END)", true},
      {"array_min",
       "(CASE WHEN len(list_filter({0}, lambda q: q IS NULL)) = 0 THEN list_min({0}) END)", true},
      {"shuffle", "list_sort({})", false}};
  if (!is_array(call.args[0].type)) {
    return std::unexpected(call.mismatch(fmt::format("{}(array(E))", call.expr.text)));
  }
  for (const Row& row : kRows) {
    if (row.name != call.expr.text) continue;
    return Typed{fmt::format(fmt::runtime(row.sql), call.args[0].sql),
                 row.element ? call.args[0].type.args[0] : call.args[0].type};
  }
  return std::unexpected(call.mismatch("array(E)"));
}

Outcome<Typed> flatten(CallContext& call) {
  const Type& type = call.args[0].type;
  if (!is_array(type) || !is_array(type.args[0])) {
    return std::unexpected(call.mismatch("flatten(array(array(E)))"));
  }
  return Typed{fmt::format("flatten({})", call.args[0].sql), type.args[0]};
}

Outcome<Typed> array_join(CallContext& call) {
  if (!is_array(call.args[0].type) || !is_string(call.args[1].type)) {
    return std::unexpected(
        call.mismatch("array_join(array(T), varchar), array_join(array(T), varchar, "
                      "varchar)"));
  }
  auto element = text_sql({"q", call.args[0].type.args[0]});
  if (!element) return std::unexpected(call.mismatch("array_join(array(T), varchar)"));
  if (call.count() > 2) element = fmt::format("coalesce({}, {})", *element, call.args[2].sql);
  return Typed{fmt::format("array_to_string(list_transform({}, lambda q: {}), {})",
                           call.args[0].sql, *element, call.args[1].sql),
               varchar_type()};
}

Outcome<Typed> slice(CallContext& call) {
  if (!is_array(call.args[0].type) || !is_integer(call.args[1].type) ||
      !is_integer(call.args[2].type)) {
    return std::unexpected(call.mismatch("slice(array(E), bigint, bigint)"));
  }
  const std::string& array = call.args[0].sql;
  const std::string start =
      fmt::format("(CASE WHEN {0} < 0 THEN CAST(len({1}) AS BIGINT) + {0} + 1 ELSE {0} END)",
                  call.args[1].sql, array);
  return Typed{fmt::format("list_slice({0}, {1}, {1} + {2} - 1)", array, start, call.args[2].sql),
               call.args[0].type};
}

Outcome<Typed> sequence(CallContext& call) {
  const Type& type = call.args[0].type;
  const std::string step = call.count() > 2 ? ", " + call.args[2].sql : "";
  if (is_integer(type) && is_integer(call.args[1].type)) {
    // Downwards by itself when the end is the smaller.
    const std::string a = coerce_sql(call.args[0], simple_type(TypeKind::kBigint)),
                      b = coerce_sql(call.args[1], simple_type(TypeKind::kBigint));
    const std::string by =
        step.empty() ? fmt::format(", (CASE WHEN {} <= {} THEN 1 ELSE -1 END)", a, b) : step;
    return Typed{fmt::format("generate_series({}, {}{})", a, b, by),
                 array_type(simple_type(TypeKind::kBigint))};
  }
  if (type.kind == TypeKind::kDate || type.kind == TypeKind::kTimestamp) {
    if (call.args[1].type.kind != type.kind) {
      return std::unexpected(call.mismatch("sequence(date, date)"));
    }
    const std::string by = step.empty() ? ", to_days(1)" : step;
    const std::string series =
        fmt::format("generate_series(CAST({} AS TIMESTAMP), CAST({} AS TIMESTAMP){})",
                    call.args[0].sql, call.args[1].sql, by);
    const Type result = array_type(type);
    return Typed{fmt::format("CAST({} AS {})", series, duckdb_name(result)), result};
  }
  return std::unexpected(
      call.mismatch("sequence(bigint, bigint), sequence(bigint, bigint, bigint), "
                    "sequence(date, date), sequence(date, date, interval)"));
}

Outcome<Typed> repeat(CallContext& call) {
  if (!is_integer(call.args[1].type)) return std::unexpected(call.mismatch("repeat(T, integer)"));
  return Typed{fmt::format("list_transform(generate_series(1, {}), lambda q: {})", call.args[1].sql,
                           call.args[0].sql),
               array_type(call.args[0].type)};
}

Outcome<Typed> zip(CallContext& call) {
  Type row = simple_type(TypeKind::kRow);
  std::string list, fields;
  for (std::size_t i = 0; i < call.args.size(); ++i) {
    if (!is_array(call.args[i].type)) return std::unexpected(call.mismatch("zip(array(T1),...)"));
    row.args.push_back(call.args[i].type.args[0]);
    row.names.emplace_back();
    list += (i == 0 ? "" : ", ") + call.args[i].sql;
    fields += fmt::format("{}f{} := struct_extract(q, {})", i == 0 ? "" : ", ", i, i + 1);
  }
  return Typed{fmt::format("list_transform(list_zip({}), lambda q: struct_pack({}))", list, fields),
               array_type(row)};
}

Outcome<Typed> map_constructor(CallContext& call) {
  if (call.count() == 0) {
    const Type type = map_type(simple_type(TypeKind::kUnknown), simple_type(TypeKind::kUnknown));
    return Typed{"CAST(MAP {} AS MAP(INTEGER, INTEGER))", type};
  }
  if (call.count() != 2 || !is_array(call.args[0].type) || !is_array(call.args[1].type)) {
    return std::unexpected(call.mismatch("map(), map(array(K), array(V))"));
  }
  return Typed{fmt::format("map({}, {})", call.args[0].sql, call.args[1].sql),
               map_type(call.args[0].type.args[0], call.args[1].type.args[0])};
}

Outcome<Typed> map_parts(CallContext& call) {
  if (!is_map(call.args[0].type)) {
    return std::unexpected(call.mismatch(fmt::format("{}(map(K,V))", call.expr.text)));
  }
  const Type& map = call.args[0].type;
  if (call.expr.text == "map_entries") {
    return Typed{
        fmt::format("list_transform(map_entries({}), lambda q: struct_pack(f0 := q.key, f1 := "
                    "q.value))",
                    call.args[0].sql),
        array_type(row_type({map.args[0], map.args[1]}, {"", ""}))};
  }
  return Typed{fmt::format("{}({})", call.expr.text, call.args[0].sql),
               array_type(map.args[call.expr.text == "map_keys" ? 0 : 1])};
}

Outcome<Typed> map_from_entries(CallContext& call) {
  const Type& type = call.args[0].type;
  if (!is_array(type) || type.args[0].kind != TypeKind::kRow || type.args[0].args.size() != 2) {
    return std::unexpected(call.mismatch("map_from_entries(array(row(K,V)))"));
  }
  return Typed{fmt::format("map_from_entries({})", call.args[0].sql),
               map_type(type.args[0].args[0], type.args[0].args[1])};
}

Outcome<Typed> map_concat(CallContext& call) {
  std::string list;
  for (const Typed& arg : call.args) {
    if (!is_map(arg.type) || arg.type != call.args[0].type) {
      return std::unexpected(call.mismatch("map_concat(map(K,V))"));
    }
    list += (list.empty() ? "" : ", ") + arg.sql;
  }
  return Typed{fmt::format("map_concat({})", list), call.args[0].type};
}

Outcome<Typed> split_to_map(CallContext& call) {
  for (const Typed& arg : call.args) {
    if (!is_string(arg.type)) {
      return std::unexpected(call.mismatch("split_to_map(varchar, varchar, varchar)"));
    }
  }
  return Typed{fmt::format("map_from_entries(list_transform(string_split({0}, {1}), lambda q: "
                           "struct_pack(k := split_part(q, {2}, 1), v := split_part(q, {2}, 2))))",
                           call.args[0].sql, call.args[1].sql, call.args[2].sql),
               map_type(varchar_type(), varchar_type())};
}

constexpr CustomRow kCollectionRows[] = {
    {"cardinality", FunctionKind::kScalar, 1, 1, cardinality},
    {"element_at", FunctionKind::kScalar, 2, 2, element_at},
    {"contains", FunctionKind::kScalar, 2, 2, contains},
    {"array_position", FunctionKind::kScalar, 2, 2, array_position},
    {"array_remove", FunctionKind::kScalar, 2, 2, array_remove},
    {"array_union", FunctionKind::kScalar, 2, 2, array_set},
    {"array_intersect", FunctionKind::kScalar, 2, 2, array_set},
    {"array_except", FunctionKind::kScalar, 2, 2, array_set},
    {"arrays_overlap", FunctionKind::kScalar, 2, 2, array_set},
    {"array_distinct", FunctionKind::kScalar, 1, 1, array_one},
    {"array_sort", FunctionKind::kScalar, 1, 1, array_one},
    {"array_max", FunctionKind::kScalar, 1, 1, array_one},
    {"array_min", FunctionKind::kScalar, 1, 1, array_one},
    {"flatten", FunctionKind::kScalar, 1, 1, flatten},
    {"array_join", FunctionKind::kScalar, 2, 3, array_join},
    {"slice", FunctionKind::kScalar, 3, 3, slice},
    {"sequence", FunctionKind::kScalar, 2, 3, sequence},
    {"repeat", FunctionKind::kScalar, 2, 2, repeat},
    {"zip", FunctionKind::kScalar, 2, 5, zip},
    {"map", FunctionKind::kScalar, 0, 2, map_constructor},
    {"map_keys", FunctionKind::kScalar, 1, 1, map_parts},
    {"map_values", FunctionKind::kScalar, 1, 1, map_parts},
    {"map_entries", FunctionKind::kScalar, 1, 1, map_parts},
    {"map_from_entries", FunctionKind::kScalar, 1, 1, map_from_entries},
    {"map_concat", FunctionKind::kScalar, 2, 127, map_concat},
    {"split_to_map", FunctionKind::kScalar, 3, 3, split_to_map},
};

}  // namespace

std::span<const CustomRow> collection_functions() { return kCollectionRows; }

}  // namespace penstock::sql
