// Scan: all items, or one segment of the key space. Segments are ranges of the partition keys'
// hashes, so the items of one partition key stay together.
#include <fmt/format.h>

#include <algorithm>

#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/key_paths.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/legacy.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/page.h"
#include "services/dynamodb/throttle.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

ApiResult<void> check_segments(const api::ScanInput& input) {
  if (input.segment && !input.total_segments) {
    return invalid(
        "The TotalSegments parameter is required but was not present in the request when Segment "
        "parameter is present");
  }
  if (input.total_segments && !input.segment) {
    return invalid(
        "The Segment parameter is required but was not present in the request when parameter "
        "TotalSegments is present");
  }
  if (input.segment && *input.segment >= *input.total_segments) {
    return invalid(
        fmt::format("The Segment parameter is zero-based and must be less than parameter "
                    "TotalSegments: Segment: {} is not less "
                    "than TotalSegments: {}",
                    *input.segment, *input.total_segments));
  }
  return {};
}

ApiResult<Expressions> check(const api::ScanInput& input) {
  const ExpressionTexts texts{.filter = &input.filter_expression,
                              .projection = &input.projection_expression,
                              .names = &input.expression_attribute_names,
                              .values = &input.expression_attribute_values};
  const LegacyParameter legacy[] = {
      {"AttributesToGet", input.attributes_to_get.has_value()},
      {"ScanFilter", input.scan_filter.has_value()},
      {"ConditionalOperator", input.conditional_operator.has_value()}};
  TRY_VOID(check_parameters(texts, legacy));
  TRY_VOID(checked(
      check_selection({input.select, input.projection_expression.has_value(),
                       input.attributes_to_get.has_value(), input.index_name.has_value()})));
  std::optional<std::vector<DocumentPath>> attributes;
  if (input.attributes_to_get) {
    TRY(attributes, attributes_to_get(*input.attributes_to_get));
  }
  TRY(std::optional<Predicate> filter, from_filter(input.scan_filter, input.conditional_operator));
  if (input.exclusive_start_key) {
    if (const std::string* problem = first_problem(*input.exclusive_start_key)) {
      return invalid(start_key_problem(*problem));
    }
  }
  TRY_VOID(check_segments(input));
  TRY(Expressions expressions, parse_expressions(texts));
  if (filter) expressions.filter = std::move(filter);
  if (attributes) expressions.projection = std::move(attributes);
  return expressions;
}

KeyRange segment_range(std::uint32_t number, std::uint64_t segment, std::uint64_t total) {
  const auto bound = [total](std::uint64_t index) { return (index << 32) / total; };
  const std::string all = items_prefix(number);
  KeyRange range{items_from(number, static_cast<std::uint32_t>(bound(segment))),
                 storage::prefix_end(all)};
  if (segment + 1 < total)
    range.end = items_from(number, static_cast<std::uint32_t>(bound(segment + 1)));
  return range;
}

ApiResult<PageRequest> plan(const api::ScanInput& input, const Table& table,
                            Expressions& expressions) {
  PageRequest request;
  TRY(request.source, source_of(table, input.index_name, input.consistent_read.value_or(false)));
  if (input.exclusive_start_key && request.source.index != nullptr) {
    TRY_VOID(checked(check_start_key(request.source, *input.exclusive_start_key)));
  }
  const std::optional<std::vector<DocumentPath>> projection = expressions.projection;
  TRY(request.view, view_of(request.source, input.select, std::move(expressions.projection)));
  request.limit = static_cast<std::size_t>(input.limit.value_or(0));
  const auto segment = static_cast<std::uint64_t>(input.segment.value_or(0));
  const auto total = static_cast<std::uint64_t>(input.total_segments.value_or(1));
  request.range = segment_range(request.source.number(), segment, total);
  if (input.exclusive_start_key) {
    TRY(std::string key, checked(start_key_of(request.source, *input.exclusive_start_key)));
    if (key < request.range.begin || key >= request.range.end) {
      return invalid(
          fmt::format("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use "
                      "ExclusiveStartKey with correct Segment. TotalSegments: {} Segment: {}",
                      total, segment));
    }
    request.range.begin = std::move(key) + '\0';
  }
  if (projection) TRY_VOID(checked(check_nested_paths(table, *projection)));
  if (expressions.filter) {
    TRY_VOID(checked(check_nested_paths(table, paths_of(*expressions.filter))));
    request.filter = &*expressions.filter;
  }
  return request;
}

}  // namespace

Reply<api::ScanOutput> scan(Service& service, const Context& context, api::ScanInput input) {
  CO_TRY_VOID(check_table_name(input.table_name));
  CO_TRY(Expressions expressions, check(input));
  CO_TRY(const TablePtr live, look_up_table(service, context, input.table_name));
  CO_TRY(const PageRequest request, plan(input, live->table, expressions));
  const bool consistent = input.consistent_read.value_or(false);
  CO_TRY(Page page, co_await run_blocking(service.deps.runtime, [&service, &request, consistent] {
           return read_page(service, request, consistent);
         }));
  const Consumption consumption = consumption_of(request, page, consistent);
  CO_TRY_VOID(charge(service, live, consumption, Access::kRead));
  api::ScanOutput output;
  output.count = page.count;
  output.scanned_count = page.scanned;
  output.last_evaluated_key = std::move(page.last_key);
  output.consumed_capacity =
      consumed(input.return_consumed_capacity, input.table_name, live->table, consumption);
  if (!request.view.count_only) output.items = std::move(page.items);
  co_return output;
}

}  // namespace penstock::dynamodb
