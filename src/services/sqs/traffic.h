// What happens to messages: sent, received, hidden, deleted, moved. The operations decode and
// check; this decides under the queue's mutex, submits, and waits for the disk outside it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/api_error.h"
#include "services/sqs/live.h"
#include "services/sqs/message.h"
#include "storage/store.h"

namespace penstock::sqs {

struct Service;
using QueuePtr = std::shared_ptr<LiveQueue>;
using protocol::Reply;

// ---- send.cc ----
struct NewMessage {
  std::string id;
  std::string encoded;  // encode_message().
  std::string group;    // Counts in a FIFO queue.
  std::optional<DeduplicationKey> deduplication;
  std::int64_t delay_millis = 0;
};
struct Placed {
  MessageKey key;
  std::string id;  // Of the message, or of the one that it repeats.
};
// All messages or none. Returns when they are durable and may be received.
Reply<std::vector<Placed>> enqueue(Service& service, QueuePtr queue,
                                   std::vector<NewMessage> messages);

// The pending messages up to that sequence number are durable: they may be received from now on.
void publish(Service& service, LiveQueue& queue, std::uint64_t sequence);

// Puts one more message at the end and takes its content. Requires the mutex. `sent_millis` 0: now.
MessageKey append_message(Service& service, LiveQueue& queue, storage::Batch& batch,
                          NewMessage& message, std::int64_t sent_millis = 0);
// Takes back the newest append, which the store has refused. Requires the mutex.
void take_back(LiveQueue& queue);

// Submits; fails at once when the store refuses the batch at the door (too much is waiting).
Result<storage::Commit> submit(storage::Store& store, storage::Batch batch);

// Brings the backlog up to the present: what is due is visible, what is past its retention is
// erased with `batch`. Requires the mutex.
void settle(Service& service, LiveQueue& queue, storage::Batch& batch);

// ---- receive.cc ----
struct ReceiveRequest {
  std::size_t messages_max = 1;
  std::int64_t visibility_millis = 0;
  std::int64_t wait_millis = 0;
  std::string attempt;  // ReceiveRequestAttemptId; empty: none.
};
struct Received {
  Receipt receipt;
  MessageState state;
  Message message;
};
Reply<std::vector<Received>> receive(Service& service, QueuePtr queue, ReceiveRequest request);

// Moves a message from one queue to another in one batch. Requires both mutexes. False when its
// content is gone. `keeps_time`: it counts as sent when it was sent.
struct Moving {
  std::string dead_letter_source;  // Set in the message.
  std::string fresh_id;            // The message gets a new id; empty: it keeps its own.
  bool keeps_time = false;
};
Result<bool> move_message(Service& service, LiveQueue& from, LiveQueue& to, MessageKey key,
                          const Moving& moving, storage::Batch& batch);

// ---- settle.cc ----
struct VisibilityChange {
  std::string handle;
  std::int32_t seconds = 0;
};
// One outcome for each handle, in their order.
using Outcomes = std::vector<ApiResult<void>>;
Reply<Outcomes> delete_messages(Service& service, QueuePtr queue, std::vector<std::string> handles);
Reply<Outcomes> change_visibilities(Service& service, QueuePtr queue,
                                    std::vector<VisibilityChange> changes);
// Gives the messages of a FIFO queue that are still delayed the queue's present delay.
Reply<std::monostate> delay_anew(Service& service, QueuePtr queue);
Reply<std::monostate> purge(Service& service, QueuePtr queue);

}  // namespace penstock::sqs
