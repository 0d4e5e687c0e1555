// GetItem: one item by its key. Every read sees what is durable, so eventual consistency is only
// cheaper.
#include "services/dynamodb/capacity.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/item.h"
#include "services/dynamodb/key_paths.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/request.h"
#include "services/dynamodb/throttle.h"

namespace penstock::dynamodb {
namespace {

ApiResult<std::optional<std::vector<DocumentPath>>> check(const api::GetItemInput& input) {
  const ExpressionTexts texts{.projection = &input.projection_expression,
                              .names = &input.expression_attribute_names};
  const LegacyParameter legacy[] = {{"AttributesToGet", input.attributes_to_get.has_value()}};
  TRY_VOID(check_parameters(texts, legacy));
  TRY_VOID(check_values(input.key));
  if (input.attributes_to_get) {
    TRY(std::vector<DocumentPath> paths, attributes_to_get(*input.attributes_to_get));
    return std::optional(std::move(paths));
  }
  TRY(Expressions expressions, parse_expressions(texts));
  return std::move(expressions.projection);
}

}  // namespace

Reply<api::GetItemOutput> get_item(Service& service, const Context& context,
                                   api::GetItemInput input) {
  CO_TRY_VOID(check_table_name(input.table_name));
  CO_TRY(const auto projection, check(input));
  CO_TRY(const TablePtr live, look_up_table(service, context, input.table_name));
  if (projection) CO_TRY_VOID(checked(check_nested_paths(live->table, *projection)));
  CO_TRY(const std::string key, checked(check_key(live->table, input.key)));
  CO_TRY(const auto stored, service.deps.store.get(storage::Family::kItems, key));
  api::GetItemOutput output;
  std::size_t size = 0;
  const bool metered = service.options.throttle || wants_capacity(input.return_consumed_capacity);
  if (stored) {
    CO_TRY(AttributeMap item, decode_item(*stored));
    if (metered) size = item_size(item);
    output.item = projection ? project(item, *projection) : std::move(item);
  }
  if (metered) {
    const Consumption units{.table = read_units(size, input.consistent_read.value_or(false)),
                            .indexes = {}};
    CO_TRY_VOID(charge(service, live, units, Access::kRead));
    output.consumed_capacity =
        consumed(input.return_consumed_capacity, input.table_name, live->table, units);
  }
  co_return output;
}

}  // namespace penstock::dynamodb
