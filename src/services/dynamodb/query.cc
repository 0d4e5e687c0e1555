// Query: the items of one partition key, in sort-key order.
#include <algorithm>

#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/key_paths.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/legacy.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/page.h"
#include "services/dynamodb/throttle.h"

namespace penstock::dynamodb {
namespace {

ApiResult<Expressions> check(const api::QueryInput& input) {
  const ExpressionTexts texts{.key_condition = &input.key_condition_expression,
                              .filter = &input.filter_expression,
                              .projection = &input.projection_expression,
                              .names = &input.expression_attribute_names,
                              .values = &input.expression_attribute_values};
  const LegacyParameter legacy[] = {{"AttributesToGet", input.attributes_to_get.has_value()},
                                    {"QueryFilter", input.query_filter.has_value()},
                                    {"ConditionalOperator", input.conditional_operator.has_value()},
                                    {"KeyConditions", input.key_conditions.has_value()}};
  TRY_VOID(check_parameters(texts, legacy));
  const Selection selection{input.select, input.projection_expression.has_value(),
                            input.attributes_to_get.has_value(), input.index_name.has_value()};
  if (auto ok = check_selection(selection); !ok) {
    return invalid("1 validation error detected: " + ok.error());  // Scan says it without this.
  }
  TRY(std::optional<Predicate> filter, from_filter(input.query_filter, input.conditional_operator));
  std::optional<std::vector<DocumentPath>> attributes;
  if (input.attributes_to_get) {
    TRY(attributes, attributes_to_get(*input.attributes_to_get));
  }
  if (input.exclusive_start_key) {
    if (const std::string* problem = first_problem(*input.exclusive_start_key)) {
      return invalid(start_key_problem(*problem));
    }
  }
  if (!input.key_condition_expression && !input.key_conditions) {
    return invalid(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
        "request.");
  }
  TRY(Expressions expressions, parse_expressions(texts));
  TRY(std::optional<Predicate> keys, from_key_conditions(input.key_conditions));
  if (keys) expressions.key_condition = std::move(keys);
  if (filter) expressions.filter = std::move(filter);
  if (attributes) expressions.projection = std::move(attributes);
  return expressions;
}

ApiResult<void> start_at(PageRequest& request, const KeyCondition& condition,
                         const AttributeMap& start) {
  TRY(std::string key, checked(start_key_of(request.source, start)));
  const KeyParts keys = request.source.keys();
  const bool same_hash = condition.hash_holds(keys, start);
  if (!condition.has_range() && !same_hash) {
    return invalid(
        "The provided starting key is outside query boundaries based on provided conditions");
  }
  if (!condition.range_holds(keys, start)) {
    return invalid("The provided starting key does not match the range key predicate");
  }
  if (!same_hash) {
    return invalid("The query can return at most one row and cannot be restarted");
  }
  if (request.reverse) {
    request.range.end = std::min(request.range.end, key);
  } else {
    key += '\0';
    request.range.begin = std::max(request.range.begin, key);
  }
  return {};
}

ApiResult<PageRequest> plan(const api::QueryInput& input, const Table& table,
                            Expressions& expressions, KeyCondition& condition) {
  PageRequest request;
  TRY(request.source, source_of(table, input.index_name, input.consistent_read.value_or(false)));
  if (input.key_conditions && request.source.keys().is_multi_attribute()) {
    return invalid("Query key condition not supported");  // That they are refused is recorded.
  }
  if (input.exclusive_start_key) {
    TRY_VOID(checked(check_start_key(request.source, *input.exclusive_start_key)));
  }
  TRY(condition, checked(read_key_condition(*expressions.key_condition, request.source.keys())));
  request.reverse = !input.scan_index_forward.value_or(true);
  request.limit = static_cast<std::size_t>(input.limit.value_or(0));
  request.range = range_of(condition, request.source.number());
  if (input.exclusive_start_key) TRY_VOID(start_at(request, condition, *input.exclusive_start_key));
  if (expressions.projection) {
    TRY_VOID(checked(check_nested_paths(table, *expressions.projection)));
  }
  if (expressions.filter) {
    TRY_VOID(
        checked(check_filtered_paths(request.source.keys(), paths_of(*expressions.filter),
                                     input.query_filter ? "QueryFilter" : "Filter Expression")));
    request.filter = &*expressions.filter;
  }
  TRY(request.view, view_of(request.source, input.select, std::move(expressions.projection)));
  if (expressions.filter) {
    TRY_VOID(checked(check_nested_paths(table, paths_of(*expressions.filter))));
  }
  return request;
}

}  // namespace

Reply<api::QueryOutput> query(Service& service, const Context& context, api::QueryInput input) {
  CO_TRY_VOID(check_table_name(input.table_name));
  CO_TRY(Expressions expressions, check(input));
  CO_TRY(const TablePtr live, look_up_table(service, context, input.table_name));
  KeyCondition condition;
  CO_TRY(const PageRequest request, plan(input, live->table, expressions, condition));
  const bool consistent = input.consistent_read.value_or(false);
  CO_TRY(Page page, co_await run_blocking(service.deps.runtime, [&service, &request, consistent] {
           return read_page(service, request, consistent);
         }));
  const Consumption consumption = consumption_of(request, page, consistent);
  CO_TRY_VOID(charge(service, live, consumption, Access::kRead));
  api::QueryOutput output;
  output.count = page.count;
  output.scanned_count = page.scanned;
  output.last_evaluated_key = std::move(page.last_key);
  output.consumed_capacity =
      consumed(input.return_consumed_capacity, input.table_name, live->table, consumption);
  if (!request.view.count_only) output.items = std::move(page.items);
  co_return output;
}

}  // namespace penstock::dynamodb
