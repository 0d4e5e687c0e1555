// BatchWriteItem: up to 25 puts and deletes, each on its own. They are still committed in one
// batch, because that is one sync instead of 25. Only what is throttled is left unprocessed.
#include <algorithm>

#include "services/dynamodb/capacity.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/many_writes.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/request.h"

namespace penstock::dynamodb {
namespace {

// Either a put or a delete. The text is what AWS says of neither (recorded) and of both (deduced).
ApiResult<void> check_kinds(const std::vector<api::WriteRequest>& requests) {
  const bool fit = std::ranges::all_of(requests, [](const api::WriteRequest& request) {
    return request.put_request.has_value() != request.delete_request.has_value();
  });
  if (fit) return {};
  return invalid(
      "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
      "supported datatypes");
}

ApiResult<std::vector<NamedAction>> check(const api::BatchWriteItemInput& input) {
  std::vector<NamedAction> actions;
  const bool wants_before = wants_capacity(input.return_consumed_capacity);
  for (const auto& [table, requests] : input.request_items) {
    TRY_VOID(check_table_name(table));
    TRY_VOID(check_kinds(requests));
    for (const api::WriteRequest& request : requests) {
      const bool put = request.put_request.has_value();
      TRY_VOID(check_values(put ? request.put_request->item : request.delete_request->key));
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
  output.consumed_capacity = consumed_by(input.return_consumed_capacity, actions, outcomes, false);
  output.item_collection_metrics =
      metrics_of(input.return_item_collection_metrics, actions, outcomes);
  std::size_t next = 0;  // The actions are in the request's order.
  for (auto& [table, requests] : input.request_items) {
    for (api::WriteRequest& request : requests) {
      if (outcomes[next++].throttled)
        (*output.unprocessed_items)[table].push_back(std::move(request));
    }
  }
  co_return output;
}

}  // namespace penstock::dynamodb
