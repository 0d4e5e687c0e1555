// Functions that take a lambda.

#include <fmt/format.h>

#include "sql/function.h"

namespace penstock::sql {

namespace {

Outcome<Typed> lambda_of(CallContext& call, std::size_t index, const std::vector<Type>& types) {
  return call.analyzer.lambda(*call.expr.args[index], types, call.scope);
}

Outcome<Type> element_of(CallContext& call, const char* expected) {
  if (call.is_lambda(0) || call.args[0].type.kind != TypeKind::kArray) {
    return std::unexpected(call.mismatch(expected));
  }
  return call.args[0].type.args[0];
}

Outcome<Typed> transform(CallContext& call) {
  TRY(Type element, element_of(call, "transform(array(T), function(T,U))"));
  TRY(Typed body, lambda_of(call, 1, {element}));
  return Typed{fmt::format("list_transform({}, {})", call.args[0].sql, body.sql),
               array_type(body.type)};
}

Outcome<Typed> filter(CallContext& call) {
  TRY(Type element, element_of(call, "filter(array(T), function(T,boolean))"));
  TRY(Typed body, lambda_of(call, 1, {element}));
  return Typed{fmt::format("list_filter({}, {})", call.args[0].sql, body.sql), call.args[0].type};
}

Outcome<Typed> matches(CallContext& call) {
  TRY(Type element, element_of(call, "any_match(array(T), function(T,boolean))"));
  TRY(Typed body, lambda_of(call, 1, {element}));
  const std::string test = fmt::format("list_transform({}, {})", call.args[0].sql, body.sql);
  // bool_or and bool_and skip NULL, and have no answer for nothing at all.
  const bool all = call.expr.text == "all_match";
  const std::string any = fmt::format("coalesce(list_aggregate({}, '{}'), {})", test,
                                      all ? "bool_and" : "bool_or", all ? "true" : "false");
  if (call.expr.text == "none_match")
    return Typed{fmt::format("(NOT {})", any), simple_type(TypeKind::kBoolean)};
  return Typed{any, simple_type(TypeKind::kBoolean)};
}

// reduce(array, initial, (state, element) -> state, state -> result)
Outcome<Typed> reduce(CallContext& call) {
  TRY(Type element, element_of(call, "reduce(array(T), S, function(S,T,S), function(S,R))"));
  Typed state = call.args[1];
  if (is_string(state.type)) state.type = varchar_type();
  // The step may widen the state (an integer start, a bigint sum); it is then tried with the wider
  // type.
  TRY(Typed step, lambda_of(call, 2, {state.type, element}));
  if (step.type != state.type) {
    auto wider = common_type(state.type, step.type);
    if (!wider)
      return std::unexpected(call.mismatch("reduce(array(T), S, function(S,T,S), function(S,R))"));
    state = {coerce_sql(state, *wider), *wider};
    TRY(step, lambda_of(call, 2, {state.type, element}));
    step.type = *wider;
  }
  // The engine's list_reduce wants one type for state and elements, so elements are wrapped in a
  // row that carries both.
  const Expr& lambda = *call.expr.args[2];
  (void)lambda;
  const std::size_t colon = step.sql.find(':');
  const std::string names = step.sql.substr(7, colon - 7);
  const std::size_t comma = names.find(", ");
  const std::string s = names.substr(0, comma), e = names.substr(comma + 2);
  const std::string body = step.sql.substr(colon + 2);
  const Type pair = row_type({state.type, element}, {"", ""});
  const std::string cells =
      fmt::format("list_transform({}, lambda {}: CAST(struct_pack(f0 := NULL, f1 := {}) AS {}))",
                  call.args[0].sql, e, e, duckdb_name(pair));
  const std::string first =
      fmt::format("CAST(struct_pack(f0 := {}, f1 := NULL) AS {})", state.sql, duckdb_name(pair));
  // The variables of the lambda are rebound by a one-element transform, so that its body stays as
  // it is.
  const std::string folded = fmt::format(
      "list_reduce({0}, lambda a{1}, b{1}: CAST(struct_pack(f0 := "
      "list_extract(list_transform([a{1}.f0], "
      "lambda {1}: list_extract(list_transform([b{1}.f1], lambda {2}: {3}), 1)), 1), f1 := NULL) "
      "AS "
      "{4}), {5})",
      cells, s, e, body, duckdb_name(pair), first);
  const std::string result = fmt::format("struct_extract({}, 'f0')", folded);
  TRY(Typed output, lambda_of(call, 3, {state.type}));
  return Typed{
      fmt::format("(CASE WHEN {} IS NULL THEN NULL ELSE list_extract(list_transform([{}], {}), "
                  "1) END)",
                  call.args[0].sql, result, output.sql),
      output.type};
}

Outcome<Typed> zip_with(CallContext& call) {
  if (call.args[0].type.kind != TypeKind::kArray || call.args[1].type.kind != TypeKind::kArray) {
    return std::unexpected(call.mismatch("zip_with(array(T), array(U), function(T,U,R))"));
  }
  TRY(Typed body, lambda_of(call, 2, {call.args[0].type.args[0], call.args[1].type.args[0]}));
  const std::size_t colon = body.sql.find(':');
  const std::string names = body.sql.substr(7, colon - 7);
  const std::size_t comma = names.find(", ");
  const std::string a = names.substr(0, comma), b = names.substr(comma + 2);
  return Typed{
      fmt::format("list_transform(list_zip({0}, {1}), lambda z{2}: list_extract(list_transform("
                  "[struct_extract(z{2}, 1)], lambda {2}: list_extract(list_transform("
                  "[struct_extract(z{2}, 2)], lambda {3}: {4}), 1)), 1))",
                  call.args[0].sql, call.args[1].sql, a, b, body.sql.substr(colon + 2)),
      array_type(body.type)};
}

// map_filter, transform_keys, transform_values: over the entries, with key and value rebound.
Outcome<Typed> map_lambda(CallContext& call) {
  const Type map = call.args[0].type;
  if (call.is_lambda(0) || map.kind != TypeKind::kMap) {
    return std::unexpected(
        call.mismatch(fmt::format("{}(map(K,V), function(K,V,R))", call.expr.text)));
  }
  TRY(Typed body, lambda_of(call, 1, {map.args[0], map.args[1]}));
  const std::size_t colon = body.sql.find(':');
  const std::string names = body.sql.substr(7, colon - 7);
  const std::size_t comma = names.find(", ");
  const std::string k = names.substr(0, comma), v = names.substr(comma + 2);
  const std::string value = fmt::format(
      "list_extract(list_transform([m{0}.key], lambda {0}: "
      "list_extract(list_transform([m{0}.value], "
      "lambda {1}: {2}), 1)), 1)",
      k, v, body.sql.substr(colon + 2));
  const std::string entries = fmt::format("map_entries({})", call.args[0].sql);
  if (call.expr.text == "map_filter") {
    return Typed{
        fmt::format("map_from_entries(list_filter({}, lambda m{}: {}))", entries, k, value), map};
  }
  const bool keys = call.expr.text == "transform_keys";
  const std::string pair = keys ? fmt::format("struct_pack(k := {}, v := m{}.value)", value, k)
                                : fmt::format("struct_pack(k := m{}.key, v := {})", k, value);
  return Typed{
      fmt::format("map_from_entries(list_transform({}, lambda m{}: {}))", entries, k, pair),
      keys ? map_type(body.type, map.args[1]) : map_type(map.args[0], body.type)};
}

constexpr CustomRow kLambdaRows[] = {
    {"transform", FunctionKind::kScalar, 2, 2, transform},
    {"filter", FunctionKind::kScalar, 2, 2, filter},
    {"any_match", FunctionKind::kScalar, 2, 2, matches},
    {"all_match", FunctionKind::kScalar, 2, 2, matches},
    {"none_match", FunctionKind::kScalar, 2, 2, matches},
    {"reduce", FunctionKind::kScalar, 4, 4, reduce},
    {"zip_with", FunctionKind::kScalar, 3, 3, zip_with},
    {"map_filter", FunctionKind::kScalar, 2, 2, map_lambda},
    {"transform_keys", FunctionKind::kScalar, 2, 2, map_lambda},
    {"transform_values", FunctionKind::kScalar, 2, 2, map_lambda},
};

}  // namespace

std::span<const CustomRow> lambda_functions() { return kLambdaRows; }

}  // namespace penstock::sql
