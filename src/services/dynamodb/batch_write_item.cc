// BatchWriteItem: up to 25 puts and deletes, each on its own. They are still committed in one
// batch, because that is one sync instead of 25; nothing is ever left unprocessed.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "services/dynamodb/capacity.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/many_writes.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/request.h"

namespace penstock::dynamodb {
namespace {

ApiResult<void> check_one(const api::WriteRequest& request) {
  if (request.put_request.has_value() == request.delete_request.has_value()) {
    return invalid(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
        "supported "
        "datatypes");
  }
  if (request.delete_request) return check_values(request.delete_request->key);
  TRY_VOID(check_values(request.put_request->item));
  if (item_size(request.put_request->item) > kItemBytesMax) {
    return invalid("Item size has exceeded the maximum allowed size");
  }
  return {};
}

ApiResult<std::vector<NamedAction>> check(const api::BatchWriteItemInput& input) {
  std::vector<NamedAction> actions;
  const bool wants_before = wants_capacity(input.return_consumed_capacity);
  for (const auto& [table, requests] : input.request_items) {
    for (const api::WriteRequest& request : requests) {
      TRY_VOID(check_one(request));
      const bool put = request.put_request.has_value();
      actions.push_back(
          {&table,
           {.kind = put ? WriteKind::kPut : WriteKind::kDelete,
            .subject = put ? &request.put_request->item : &request.delete_request->key,
            .wants_before = wants_before}});
    }
  }
  if (actions.size() > kBatchWriteRequestsMax) {
    return invalid("Too many items requested for the BatchWriteItem call");
  }
  return actions;
}

}  // namespace

Reply<api::BatchWriteItemOutput> batch_write_item(Service& service, const Context& context,
                                                  api::BatchWriteItemInput input) {
  CO_TRY(const std::vector<NamedAction> actions, check(input));
  const ManyWrites many{.actions = &actions,
                        .duplicate = "Provided list of item keys contains duplicates"};
  CO_TRY(std::vector<ManyOutcome> outcomes, co_await write_many(service, context, many));

  api::BatchWriteItemOutput output;
  output.unprocessed_items.emplace();
  output.consumed_capacity = consumed_by(input.return_consumed_capacity, actions, outcomes, 1);
  output.item_collection_metrics =
      metrics_of(input.return_item_collection_metrics, actions, outcomes);
  co_return output;
}

}  // namespace penstock::dynamodb
