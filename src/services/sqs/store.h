// How queues and messages are stored: the only file of SQS that knows storage. Reading functions
// block on the disk; the rest only builds batches and bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "services/sqs/backlog.h"
#include "services/sqs/deduplication.h"
#include "services/sqs/message.h"
#include "services/sqs/move_task.h"
#include "services/sqs/queue.h"
#include "storage/store.h"

namespace penstock::sqs {

Result<std::vector<QueueConfig>> load_queues(const storage::Store& store);
void put_queue(storage::Batch& batch, const QueueConfig& config);
// The configuration and all that the queue holds.
void erase_queue(storage::Batch& batch, const QueueConfig& config);

// Sequence numbers below are used, or may be.
Result<std::uint64_t> load_reserved(const storage::Store& store, std::uint64_t queue);
void put_reserved(storage::Batch& batch, std::uint64_t queue, std::uint64_t reserved);

struct DeletedQueue {
  QueueName name;
  Timestamp at;
};
Result<std::vector<DeletedQueue>> load_deleted(const storage::Store& store);
void put_deleted(storage::Batch& batch, const DeletedQueue& deleted);
void erase_deleted(storage::Batch& batch, const QueueName& name);

// The content of a message never changes; its state does.
// Sealed when the queue encrypts.
void put_message(storage::Batch& batch, const QueueConfig& queue, MessageKey key,
                 std::string encoded);
void put_state(storage::Batch& batch, std::uint64_t queue, MessageKey key,
               const MessageState& state, std::string_view group);
void erase_message(storage::Batch& batch, std::uint64_t queue, MessageKey key);
// All of them, or those sent at `until_millis` or before.
void erase_messages(storage::Batch& batch, std::uint64_t queue,
                    std::optional<std::int64_t> until_millis = {});
// nullopt: it was deleted.
Result<std::optional<Message>> read_message(const storage::Store& store, const QueueConfig& queue,
                                            MessageKey key);

struct StoredState {
  MessageKey key;
  MessageState state;
  std::string group;
};
// In the order of the keys.
Status scan_states(const storage::Store& store, std::uint64_t queue,
                   const std::function<void(StoredState)>& visit);

void put_deduplication(storage::Batch& batch, std::uint64_t queue, const DeduplicationKey& key,
                       const SentBefore& sent);
void erase_deduplication(storage::Batch& batch, std::uint64_t queue,
                         std::optional<std::int64_t> until_millis = {});
Status scan_deduplication(const storage::Store& store, std::uint64_t queue,
                          const std::function<void(const DeduplicationKey&, SentBefore)>& visit);

Result<std::vector<MoveTask>> load_tasks(const storage::Store& store);
void put_task(storage::Batch& batch, const MoveTask& task);
void erase_task(storage::Batch& batch, const MoveTask& task);

}  // namespace penstock::sqs
