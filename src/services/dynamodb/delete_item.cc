// DeleteItem: removes one item; one that is not there is no error.
#include "services/dynamodb/capacity.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/legacy.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/request.h"
#include "services/dynamodb/write.h"

namespace penstock::dynamodb {
namespace {

ApiResult<Expressions> check(const api::DeleteItemInput& input) {
  const ExpressionTexts texts{.condition = &input.condition_expression,
                              .names = &input.expression_attribute_names,
                              .values = &input.expression_attribute_values};
  const LegacyParameter legacy[] = {
      {"Expected", input.expected.has_value()},
      {"ConditionalOperator", input.conditional_operator.has_value()}};
  TRY_VOID(check_parameters(texts, legacy));
  TRY_VOID(check_values(input.key));
  if (input.return_values && *input.return_values != "ALL_OLD" && *input.return_values != "NONE") {
    return invalid("ReturnValues can only be ALL_OLD or NONE");
  }
  TRY(std::optional<Predicate> expected, from_expected(input.expected, input.conditional_operator));
  TRY(Expressions expressions, parse_expressions(texts));
  if (expected) expressions.condition = std::move(expected);
  return expressions;
}

}  // namespace

Reply<api::DeleteItemOutput> delete_item(Service& service, const Context& context,
                                         api::DeleteItemInput input) {
  CO_TRY_VOID(check_table_name(input.table_name));
  CO_TRY(const Expressions expressions, check(input));
  const bool wants_old = input.return_values == "ALL_OLD";
  const WriteAction action{
      .kind = WriteKind::kDelete,
      .subject = &input.key,
      .condition = expressions.condition_or_null(),
      .wants_item_when_refused = input.return_values_on_condition_check_failure == "ALL_OLD",
      .wants_before = wants_old || wants_capacity(input.return_consumed_capacity)};
  CO_TRY(WriteReply reply, co_await write_item(service, context, input.table_name, action));

  api::DeleteItemOutput output;
  const std::optional<AttributeMap>& before = reply.outcome.before;
  if (wants_capacity(input.return_consumed_capacity)) {
    const Table& table = reply.live->table;
    output.consumed_capacity =
        consumed(input.return_consumed_capacity, input.table_name, table,
                 write_consumption(table, before ? &*before : nullptr, nullptr));
  }
  output.item_collection_metrics =
      collection_metrics(reply.live->table, input.return_item_collection_metrics, input.key);
  if (wants_old) output.attributes = std::move(reply.outcome.before);
  co_return output;
}

}  // namespace penstock::dynamodb
