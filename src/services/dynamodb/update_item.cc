// UpdateItem: changes one item in place, or makes it.
#include "services/dynamodb/capacity.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/legacy.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/request.h"
#include "services/dynamodb/write.h"

namespace penstock::dynamodb {
namespace {

ApiResult<Expressions> check(const api::UpdateItemInput& input) {
  const ExpressionTexts texts{.update = &input.update_expression,
                              .condition = &input.condition_expression,
                              .names = &input.expression_attribute_names,
                              .values = &input.expression_attribute_values};
  const LegacyParameter legacy[] = {
      {"AttributeUpdates", input.attribute_updates.has_value()},
      {"Expected", input.expected.has_value()},
      {"ConditionalOperator", input.conditional_operator.has_value()}};
  TRY_VOID(check_parameters(texts, legacy));
  TRY_VOID(check_values(input.key));
  TRY(std::optional<UpdateExpression> updates, from_updates(input.attribute_updates));
  TRY(std::optional<Predicate> expected, from_expected(input.expected, input.conditional_operator));
  TRY(Expressions expressions, parse_expressions(texts));
  if (expected) expressions.condition = std::move(expected);
  if (updates) expressions.update = std::move(updates);
  return expressions;
}

// What ReturnValues asks for, or nothing when that is empty.
std::optional<AttributeMap> returned(const std::string& wanted, const Expressions& expressions,
                                     WriteOutcome& outcome) {
  const bool old = wanted == "ALL_OLD" || wanted == "UPDATED_OLD";
  std::optional<AttributeMap>& item = old ? outcome.before : outcome.after;
  if (!item) return std::nullopt;
  if (wanted == "ALL_OLD" || wanted == "ALL_NEW") return std::move(item);
  if (!expressions.update) return std::nullopt;
  AttributeMap touched = project(*item, expressions.update->paths());
  if (touched.empty()) return std::nullopt;
  return touched;
}

}  // namespace

Reply<api::UpdateItemOutput> update_item(Service& service, const Context& context,
                                         api::UpdateItemInput input) {
  CO_TRY_VOID(check_table_name(input.table_name));
  CO_TRY(const Expressions expressions, check(input));
  const WriteAction action{
      .kind = WriteKind::kUpdate,
      .subject = &input.key,
      .condition = expressions.condition_or_null(),
      .update = expressions.update ? &*expressions.update : nullptr,
      .wants_item_when_refused = input.return_values_on_condition_check_failure == "ALL_OLD",
      .wants_before = true};
  CO_TRY(WriteReply reply, co_await write_item(service, context, input.table_name, action));

  api::UpdateItemOutput output;
  WriteOutcome& outcome = reply.outcome;
  if (wants_capacity(input.return_consumed_capacity)) {
    const Table& table = reply.live->table;
    output.consumed_capacity =
        consumed(input.return_consumed_capacity, input.table_name, table,
                 write_consumption(table, outcome.before ? &*outcome.before : nullptr,
                                   outcome.after ? &*outcome.after : nullptr));
  }
  output.item_collection_metrics =
      collection_metrics(reply.live->table, input.return_item_collection_metrics, input.key);
  if (input.return_values && *input.return_values != "NONE") {
    output.attributes = returned(*input.return_values, expressions, outcome);
  }
  co_return output;
}

}  // namespace penstock::dynamodb
