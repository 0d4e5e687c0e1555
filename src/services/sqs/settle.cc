// What is done with messages that were received: deleted, or hidden for another time. And purging.
#include <fmt/format.h>

#include <algorithm>

#include "base/crash_points.h"
#include "services/sqs/errors.h"
#include "services/sqs/sqs.h"
#include "services/sqs/store.h"
#include "services/sqs/traffic.h"

namespace penstock::sqs {
namespace {

constexpr std::int64_t kVisibilityMaxSeconds = 43'200;
constexpr std::int64_t kPurgePauseMillis = 60'000;

struct Settlement {
  Outcomes outcomes;
  std::optional<storage::Commit> commit;
};

// The message of a handle, when this is its newest receipt; nullopt: the message is gone, or was
// received again since.
struct Found {
  MessageKey key;
  std::optional<MessageState> state;
  std::string group;
  bool stale = false;
};
ApiResult<Found> find_receipt(const LiveQueue& queue, const std::string& handle) {
  const std::optional<Receipt> receipt = parse_receipt(handle);
  if (!receipt || receipt->queue != queue.id) return std::unexpected(bad_receipt_handle(handle));
  const auto entry = queue.backlog.find(receipt->message);
  if (!entry) return Found{receipt->message, std::nullopt, {}, false};
  if (entry->state.token != receipt->token) return Found{receipt->message, std::nullopt, {}, true};
  return Found{receipt->message, entry->state,
               entry->group != nullptr ? *entry->group : std::string(), false};
}

std::unexpected<ApiError> expired(const std::string& handle) {
  return std::unexpected(invalid_value(handle, "ReceiptHandle", "The receipt handle has expired."));
}

// A FIFO queue takes a receipt only while its message is in flight; a standard queue takes the
// newest receipt of a message that has become visible again as well.
ApiResult<void> delete_one(LiveQueue& queue, const std::string& handle, storage::Batch& batch,
                           std::vector<MessageKey>& deleted) {
  TRY(const Found found, find_receipt(queue, handle));
  if (queue.fifo && (found.stale || (found.state && !queue.backlog.is_hidden(found.key)))) {
    return expired(handle);
  }
  if (!found.state) return {};
  // One request may name a message twice.
  if (std::ranges::find(deleted, found.key) != deleted.end()) return {};
  erase_message(batch, queue.id, found.key);
  deleted.push_back(found.key);
  return {};
}

ApiResult<Settlement> submit_deletes(Service& service, LiveQueue& queue,
                                     const std::vector<std::string>& handles) {
  const std::scoped_lock lock(queue.mutex);
  if (queue.gone) return std::unexpected(queue_not_found());
  storage::Batch batch;
  settle(service, queue, batch);
  Settlement settlement;
  std::vector<MessageKey> deleted;
  for (const std::string& handle : handles) {
    settlement.outcomes.push_back(delete_one(queue, handle, batch, deleted));
  }
  crash_point("sqs.delete");
  // Empty when nothing is left to do: then it waits for the delete that has done it.
  Result<storage::Commit> commit = submit(service.deps.store, std::move(batch));
  if (!commit) return std::unexpected(ApiError(commit.error()));
  for (const MessageKey key : deleted) queue.backlog.remove(key);
  settlement.commit.emplace(std::move(*commit));
  return settlement;
}

struct Rehidden {
  MessageKey key;
  MessageState state;
};

ApiResult<void> change_one(Service& service, LiveQueue& queue, const VisibilityChange& change,
                           storage::Batch& batch, std::vector<Rehidden>& changed) {
  if (change.seconds < 0 || change.seconds > kVisibilityMaxSeconds) {
    return std::unexpected(invalid_number(change.seconds, "VisibilityTimeout",
                                          "Must be >= 0 and <= 43200, if provided."));
  }
  TRY(const Found found, find_receipt(queue, change.handle));
  if (queue.fifo && found.state && !queue.backlog.is_hidden(found.key)) {
    return expired(change.handle);
  }
  if (!found.state) {
    return std::unexpected(
        invalid_value(change.handle, "ReceiptHandle",
                      "Message does not exist or is not available for visibility timeout change."));
  }
  const std::int64_t now = service.deps.clock.now().millis();
  MessageState state = *found.state;
  state.visible_millis = now + std::int64_t{change.seconds} * 1000;
  if (state.visible_millis - state.received_millis > kVisibilityMaxSeconds * 1000) {
    return std::unexpected(
        invalid_number(change.seconds, "VisibilityTimeout",
                       "Total VisibilityTimeout for the message is beyond the limit [43200 "
                       "seconds]"));
  }
  put_state(batch, queue.id, found.key, state, found.group);
  changed.push_back({found.key, state});
  return {};
}

ApiResult<Settlement> submit_changes(Service& service, LiveQueue& queue,
                                     const std::vector<VisibilityChange>& changes) {
  const std::scoped_lock lock(queue.mutex);
  if (queue.gone) return std::unexpected(queue_not_found());
  storage::Batch batch;
  settle(service, queue, batch);
  Settlement settlement;
  std::vector<Rehidden> changed;
  for (const VisibilityChange& change : changes) {
    settlement.outcomes.push_back(change_one(service, queue, change, batch, changed));
  }
  Result<storage::Commit> commit = submit(service.deps.store, std::move(batch));
  if (!commit) return std::unexpected(ApiError(commit.error()));
  for (const Rehidden& each : changed) queue.backlog.hide(each.key, each.state);
  queue.backlog.advance(service.deps.clock.now().millis());
  settlement.commit.emplace(std::move(*commit));
  return settlement;
}

ApiResult<storage::Commit> submit_delays(Service& service, LiveQueue& queue) {
  const std::scoped_lock lock(queue.mutex);
  if (queue.gone) return std::unexpected(queue_not_found());
  storage::Batch batch;
  settle(service, queue, batch);
  const std::int64_t delay = std::int64_t{queue.config()->delay_seconds} * 1000;
  std::vector<Rehidden> changed;
  for (const Backlog::Entry& entry : queue.backlog.delayed()) {
    MessageState state = entry.state;
    state.visible_millis = entry.key.sent_millis + delay;
    put_state(batch, queue.id, entry.key, state, *entry.group);
    changed.push_back({entry.key, state});
  }
  Result<storage::Commit> commit = submit(service.deps.store, std::move(batch));
  if (!commit) return std::unexpected(ApiError(commit.error()));
  for (const Rehidden& each : changed) queue.backlog.hide(each.key, each.state);
  queue.backlog.advance(service.deps.clock.now().millis());
  return std::move(*commit);
}

ApiResult<storage::Commit> submit_purge(Service& service, LiveQueue& queue) {
  const std::scoped_lock lock(queue.mutex);
  if (queue.gone) return std::unexpected(queue_not_found());
  const std::int64_t now = service.deps.clock.now().millis();
  if (queue.purged_millis != 0 && now < queue.purged_millis + kPurgePauseMillis) {
    return protocol::refuse(
        "PurgeQueueInProgress",
        fmt::format("Only one PurgeQueue operation on {} is allowed every 60 seconds.",
                    queue.name));
  }
  storage::Batch batch;
  erase_messages(batch, queue.id);
  Result<storage::Commit> commit = submit(service.deps.store, std::move(batch));
  if (!commit) return std::unexpected(ApiError(commit.error()));
  // What was submitted before is erased as well, although it is not durable yet.
  queue.pending.clear();
  queue.backlog.clear();
  queue.attempts.clear();
  queue.purged_millis = now;
  return std::move(*commit);
}

}  // namespace

Reply<Outcomes> delete_messages(Service& service, QueuePtr queue,
                                std::vector<std::string> handles) {
  CO_TRY(Settlement settlement, submit_deletes(service, *queue, handles));
  CO_TRY_VOID(co_await settlement.commit->durable());
  // The next message of the group may be received.
  if (queue->fifo) service.notifier.notify(queue->arn);
  co_return std::move(settlement.outcomes);
}

Reply<Outcomes> change_visibilities(Service& service, QueuePtr queue,
                                    std::vector<VisibilityChange> changes) {
  CO_TRY(Settlement settlement, submit_changes(service, *queue, changes));
  CO_TRY_VOID(co_await settlement.commit->durable());
  service.notifier.notify(queue->arn);
  co_return std::move(settlement.outcomes);
}

Reply<std::monostate> delay_anew(Service& service, QueuePtr queue) {
  CO_TRY(const storage::Commit commit, submit_delays(service, *queue));
  CO_TRY_VOID(co_await commit.durable());
  service.notifier.notify(queue->arn);
  co_return std::monostate{};
}

Reply<std::monostate> purge(Service& service, QueuePtr queue) {
  CO_TRY(const storage::Commit commit, submit_purge(service, *queue));
  CO_TRY_VOID(co_await commit.durable());
  co_return std::monostate{};
}

}  // namespace penstock::sqs
