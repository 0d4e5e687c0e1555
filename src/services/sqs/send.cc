// Appending to a queue. Messages of a FIFO queue are received in the order in which they are
// appended here, which is the order in which they become durable.
#include <algorithm>

#include "base/crash_points.h"
#include "base/limits.h"
#include "services/sqs/errors.h"
#include "services/sqs/sqs.h"
#include "services/sqs/store.h"
#include "services/sqs/traffic.h"

namespace penstock::sqs {
namespace {

// Sequence numbers that one reservation covers: what is left of it at a crash is never used.
constexpr std::uint64_t kReservation = 1 << 16;

struct SendSubmission {
  std::optional<storage::Commit> commit;
  std::vector<Placed> placed;
};

// Not a coroutine: the lock is held from the first decision to the submission and no longer.
ApiResult<SendSubmission> submit_sends(Service& service, LiveQueue& queue,
                                       std::vector<NewMessage>& messages) {
  const std::scoped_lock lock(queue.mutex);
  if (queue.gone) return std::unexpected(queue_not_found());
  queue.deduplication.advance(service.deps.clock.now().millis());
  SendSubmission submission;
  submission.placed.reserve(messages.size());
  storage::Batch batch;
  std::size_t appended = 0, entries = 0;
  for (NewMessage& message : messages) {
    if (message.deduplication) {
      if (const SentBefore* before = queue.deduplication.find(*message.deduplication)) {
        submission.placed.push_back({before->key, before->message_id});
        continue;
      }
    }
    const MessageKey key = append_message(service, queue, batch, message);
    ++appended;
    submission.placed.push_back({key, message.id});
    if (message.deduplication) {
      const SentBefore sent{key, message.id};
      queue.deduplication.add(*message.deduplication, sent);
      put_deduplication(batch, queue.id, *message.deduplication, sent);
      queue.deduplication_stored = true;
      ++entries;
    }
  }
  crash_point("sqs.send");
  // An empty batch (nothing but duplicates) is a barrier: it waits for what it repeats.
  Result<storage::Commit> commit = submit(service.deps.store, std::move(batch));
  if (commit) {
    submission.commit.emplace(std::move(*commit));
    return submission;
  }
  for (; appended > 0; --appended) take_back(queue);
  for (; entries > 0; --entries) queue.deduplication.drop_newest();
  return std::unexpected(ApiError(commit.error()));
}

}  // namespace

Result<storage::Commit> submit(storage::Store& store, storage::Batch batch) {
  storage::Commit commit = store.submit(std::move(batch));
  auto waiter = commit.durable();
  if (!waiter.await_ready()) return commit;
  TRY_VOID(waiter.await_resume());
  return commit;
}

MessageKey append_message(Service& service, LiveQueue& queue, storage::Batch& batch,
                          NewMessage& message, std::int64_t sent_millis) {
  const std::int64_t now = service.deps.clock.now().millis();
  if (sent_millis == 0) {
    // The clock may be set back; what was sent later is never received first for that.
    queue.last_sent_millis = std::max(queue.last_sent_millis, now);
    sent_millis = queue.last_sent_millis;
  }
  const MessageKey key{sent_millis, queue.next_sequence++};
  if (queue.next_sequence > queue.reserved) {
    queue.reserved = queue.next_sequence + kReservation;
    put_reserved(batch, queue.id, queue.reserved);
  }
  MessageState state;
  if (message.delay_millis > 0) state.visible_millis = now + message.delay_millis;
  put_message(batch, *queue.config(), key, std::move(message.encoded));
  put_state(batch, queue.id, key, state, message.group);
  queue.pending.push_back({key, state, message.group});
  return key;
}

void take_back(LiveQueue& queue) {
  queue.pending.pop_back();
  // The reservation may have been in the batch that was refused.
  queue.reserved = queue.next_sequence;
}

void publish(Service& service, LiveQueue& queue, std::uint64_t sequence) {
  {
    const std::scoped_lock lock(queue.mutex);
    const std::int64_t now = service.deps.clock.now().millis();
    // Waiters of neighbouring commits may get here in any order; commits become durable in theirs.
    while (!queue.pending.empty() && queue.pending.front().key.sequence <= sequence) {
      const PendingMessage& message = queue.pending.front();
      queue.backlog.add(message.key, message.state, message.group, now);
      queue.pending.pop_front();
    }
  }
  service.notifier.notify(queue.arn);
}

void settle(Service& service, LiveQueue& queue, storage::Batch& batch) {
  const std::int64_t now = service.deps.clock.now().millis();
  queue.backlog.advance(now);
  const std::int64_t until = now - std::int64_t{queue.config()->retention_seconds} * 1000;
  const std::vector<MessageKey> expired = queue.backlog.expire(until);
  if (expired.size() > limits::kSqsErasedSingly) {
    erase_messages(batch, queue.id, until);
    return;
  }
  for (const MessageKey key : expired) erase_message(batch, queue.id, key);
}

Reply<std::vector<Placed>> enqueue(Service& service, QueuePtr queue,
                                   std::vector<NewMessage> messages) {
  CO_TRY(SendSubmission submission, submit_sends(service, *queue, messages));
  CO_TRY_VOID(co_await submission.commit->durable());
  std::uint64_t newest = 0;
  for (const Placed& placed : submission.placed) newest = std::max(newest, placed.key.sequence);
  publish(service, *queue, newest);
  co_return std::move(submission.placed);
}

}  // namespace penstock::sqs
