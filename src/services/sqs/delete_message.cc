// What is said of a message that was received, by its receipt handle: DeleteMessage,
// ChangeMessageVisibility, and both in batches.
#include "services/sqs/batch.h"
#include "services/sqs/errors.h"
#include "services/sqs/operations.h"
#include "services/sqs/resolve.h"
#include "services/sqs/sqs.h"
#include "services/sqs/traffic.h"

namespace penstock::sqs {
namespace {

// The outcomes of the entries of a batch, as its result tells them.
template <typename Result, typename Entry>
Result tell_outcomes(std::vector<Entry> entries, const Outcomes& outcomes) {
  Result result;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (outcomes[i]) {
      if (!result.successful) result.successful.emplace();
      result.successful->push_back({std::move(entries[i].id)});
    } else {
      if (!result.failed) result.failed.emplace();
      result.failed->push_back(failed_entry(std::move(entries[i].id), outcomes[i].error()));
    }
  }
  return result;
}

}  // namespace

Reply<api::DeleteMessageOutput> delete_message(Service& service, const Context& context,
                                               api::DeleteMessageRequest input) {
  CO_TRY(const std::shared_ptr<LiveQueue> queue,
         resolve_queue(service, context, input.queue_url, "DeleteMessage"));
  std::vector<std::string> handles;
  handles.push_back(std::move(input.receipt_handle));
  CO_TRY(const Outcomes outcomes, co_await delete_messages(service, queue, std::move(handles)));
  CO_TRY_VOID(outcomes[0]);
  co_return api::DeleteMessageOutput{};
}

Reply<api::DeleteMessageBatchResult> delete_message_batch(Service& service, const Context& context,
                                                          api::DeleteMessageBatchRequest input) {
  CO_TRY(const std::shared_ptr<LiveQueue> queue,
         resolve_queue(service, context, input.queue_url, "DeleteMessage"));
  CO_TRY_VOID(check_batch(input.entries, "DeleteMessageBatchRequestEntry"));
  std::vector<std::string> handles;
  for (auto& entry : input.entries) handles.push_back(std::move(entry.receipt_handle));
  CO_TRY(const Outcomes outcomes, co_await delete_messages(service, queue, std::move(handles)));
  co_return tell_outcomes<api::DeleteMessageBatchResult>(std::move(input.entries), outcomes);
}

Reply<api::ChangeMessageVisibilityOutput> change_message_visibility(
    Service& service, const Context& context, api::ChangeMessageVisibilityRequest input) {
  CO_TRY(const std::shared_ptr<LiveQueue> queue,
         resolve_queue(service, context, input.queue_url, "ChangeMessageVisibility"));
  std::vector<VisibilityChange> changes;
  changes.push_back({std::move(input.receipt_handle), input.visibility_timeout});
  CO_TRY(const Outcomes outcomes, co_await change_visibilities(service, queue, std::move(changes)));
  CO_TRY_VOID(outcomes[0]);
  co_return api::ChangeMessageVisibilityOutput{};
}

Reply<api::ChangeMessageVisibilityBatchResult> change_message_visibility_batch(
    Service& service, const Context& context, api::ChangeMessageVisibilityBatchRequest input) {
  CO_TRY(const std::shared_ptr<LiveQueue> queue,
         resolve_queue(service, context, input.queue_url, "ChangeMessageVisibility"));
  CO_TRY_VOID(check_batch(input.entries, "ChangeMessageVisibilityBatchRequestEntry"));
  std::vector<VisibilityChange> changes;
  for (auto& entry : input.entries) {
    // AWS requires the timeout in each entry, although its model does not.
    if (!entry.visibility_timeout)
      co_return std::unexpected(missing_parameter("VisibilityTimeout"));
    changes.push_back({std::move(entry.receipt_handle), *entry.visibility_timeout});
  }
  CO_TRY(const Outcomes outcomes, co_await change_visibilities(service, queue, std::move(changes)));
  co_return tell_outcomes<api::ChangeMessageVisibilityBatchResult>(std::move(input.entries),
                                                                   outcomes);
}

}  // namespace penstock::sqs
