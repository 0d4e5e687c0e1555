// The bytes of stored queues, states, deduplication entries and tasks, and the scans for them.
// A message's own bytes are in message.cc.
#include "services/sqs/store.h"

#include <algorithm>

#include "base/cipher.h"
#include "services/sqs/keys.h"
#include "storage/key.h"

namespace penstock::sqs {
namespace {

using storage::Batch;
using storage::Family;
using storage::Next;
using storage::ValueReader;
using storage::ValueWriter;

constexpr std::uint8_t kStoreVersion = 1;
constexpr std::uint8_t kQueueVersion = 2;  // 1: without a data key.
// A message that is sealed: this byte, then message.cc's bytes as cipher.h seals them.
constexpr char kSealed = 2;

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorKind::kCorrupt, "a stored SQS " + std::string(what) + " cannot be read");
}

std::string encode_queue(const QueueConfig& c) {
  ValueWriter writer(kQueueVersion);
  writer.u64(c.id).text(c.place.account).text(c.place.region).text(c.name);
  writer.i64(c.created.micros).i64(c.modified.micros);
  writer.u64(c.delay_seconds).u64(c.message_bytes_max).u64(c.retention_seconds);
  writer.u64(c.wait_seconds).u64(c.visibility_seconds);
  writer.text(c.policy).text(c.redrive_policy).text(c.dead_letter_arn).u64(c.receives_max);
  writer.text(c.redrive_allow_policy).text(c.kms_key).u64(c.kms_reuse_seconds);
  writer.boolean(c.managed_sse).boolean(c.fifo).boolean(c.content_deduplication);
  writer.boolean(c.deduplicates_by_group).boolean(c.throughput_by_group);
  writer.u64(c.tags.size());
  for (const auto& [key, value] : c.tags) writer.text(key).text(value);
  writer.text(c.data_key);
  return writer.take();
}

std::uint32_t read_u32(ValueReader& reader) { return static_cast<std::uint32_t>(reader.u64()); }

Result<QueueConfig> decode_queue(std::string_view value) {
  ValueReader reader(value);
  const auto version = reader.version();
  if (version != kQueueVersion && version != kStoreVersion) return corrupt("queue");
  QueueConfig c;
  c.id = reader.u64();
  c.place.account = reader.text();
  c.place.region = reader.text();
  c.name = reader.text();
  c.created.micros = reader.i64();
  c.modified.micros = reader.i64();
  for (std::uint32_t* field : {&c.delay_seconds, &c.message_bytes_max, &c.retention_seconds,
                               &c.wait_seconds, &c.visibility_seconds}) {
    *field = read_u32(reader);
  }
  c.policy = reader.text();
  c.redrive_policy = reader.text();
  c.dead_letter_arn = reader.text();
  c.receives_max = read_u32(reader);
  c.redrive_allow_policy = reader.text();
  c.kms_key = reader.text();
  c.kms_reuse_seconds = read_u32(reader);
  for (bool* flag : {&c.managed_sse, &c.fifo, &c.content_deduplication, &c.deduplicates_by_group,
                     &c.throughput_by_group}) {
    *flag = reader.boolean();
  }
  for (std::uint64_t n = reader.u64(); n > 0 && reader.ok(); --n) {
    std::string key(reader.text());
    c.tags.emplace(std::move(key), reader.text());
  }
  if (version == kQueueVersion) c.data_key = reader.text();
  if (!reader.done()) return corrupt("queue");
  return c;
}

// Decodes every value of a range with `decode`, which says nullopt to what it cannot read.
template <typename Decode>
Status scan_range(const storage::Store& store, Family family, const KeyRange& range,
                  std::string_view what, const Decode& decode) {
  bool readable = true;
  TRY_VOID(
      store.scan(family, range.begin, range.end, [&](std::string_view key, std::string_view value) {
        readable = decode(key, value);
        return readable ? Next::kContinue : Next::kStop;
      }));
  if (!readable) return corrupt(what);
  return {};
}

void erase_range(Batch& batch, Family family, KeyRange range) {
  batch.erase_range(family, std::move(range.begin), std::move(range.end));
}

std::optional<MoveTask> decode_task(std::string_view value) {
  ValueReader reader(value);
  if (reader.version() != kStoreVersion) return std::nullopt;
  MoveTask task;
  task.id = reader.text();
  task.place.account = reader.text();
  task.place.region = reader.text();
  task.source_arn = reader.text();
  task.destination_arn = reader.text();
  task.per_second_max = read_u32(reader);
  const std::uint64_t status = reader.u64();
  task.started.micros = reader.i64();
  task.moved = reader.u64();
  task.to_move = reader.u64();
  task.failure = reader.text();
  if (!reader.done() || status > static_cast<std::uint64_t>(MoveStatus::kFailed)) {
    return std::nullopt;
  }
  task.status = static_cast<MoveStatus>(status);
  return task;
}

}  // namespace

Result<std::vector<QueueConfig>> load_queues(const storage::Store& store) {
  std::vector<QueueConfig> queues;
  TRY_VOID(scan_range(store, Family::kMeta, queue_keys(), "queue",
                      [&](std::string_view, std::string_view value) {
                        Result<QueueConfig> config = decode_queue(value);
                        if (config) queues.push_back(std::move(*config));
                        return config.has_value();
                      }));
  return queues;
}

void put_queue(Batch& batch, const QueueConfig& config) {
  batch.put(Family::kMeta, queue_key(config.place, config.name), encode_queue(config));
}

void erase_queue(Batch& batch, const QueueConfig& config) {
  batch.erase(Family::kMeta, queue_key(config.place, config.name));
  batch.erase(Family::kMeta, reserved_key(config.id));
  erase_messages(batch, config.id);
  erase_deduplication(batch, config.id);
}

Result<std::uint64_t> load_reserved(const storage::Store& store, std::uint64_t queue) {
  TRY(const std::optional<std::string> value, store.get(Family::kMeta, reserved_key(queue)));
  if (!value) return 1;
  ValueReader reader(*value);
  const bool known = reader.version() == kStoreVersion;
  const std::uint64_t reserved = reader.u64();
  if (!known || !reader.done()) return corrupt("sequence reservation");
  return reserved;
}

void put_reserved(Batch& batch, std::uint64_t queue, std::uint64_t reserved) {
  batch.put(Family::kMeta, reserved_key(queue), ValueWriter(kStoreVersion).u64(reserved).take());
}

Result<std::vector<DeletedQueue>> load_deleted(const storage::Store& store) {
  std::vector<DeletedQueue> all;
  TRY_VOID(scan_range(store, Family::kMeta, deleted_keys(), "deletion",
                      [&](std::string_view, std::string_view value) {
                        ValueReader reader(value);
                        if (reader.version() != kStoreVersion) return false;
                        DeletedQueue& deleted = all.emplace_back();
                        deleted.name.place.account = reader.text();
                        deleted.name.place.region = reader.text();
                        deleted.name.name = reader.text();
                        deleted.at.micros = reader.i64();
                        return reader.done();
                      }));
  return all;
}

void put_deleted(Batch& batch, const DeletedQueue& deleted) {
  const auto& [place, name] = deleted.name;
  ValueWriter writer(kStoreVersion);
  writer.text(place.account).text(place.region).text(name).i64(deleted.at.micros);
  batch.put(Family::kMeta, deleted_key(place, name), writer.take());
}

void erase_deleted(Batch& batch, const QueueName& name) {
  batch.erase(Family::kMeta, deleted_key(name.place, name.name));
}

void put_message(Batch& batch, const QueueConfig& queue, MessageKey key, std::string encoded) {
  std::string message = message_key(queue.id, key);
  // Under its key in the store: it cannot be passed off as another message.
  if (queue.encrypts()) encoded = kSealed + seal(queue.data_key, message, encoded);
  batch.put(Family::kRecords, std::move(message), std::move(encoded));
}

void put_state(Batch& batch, std::uint64_t queue, MessageKey key, const MessageState& s,
               std::string_view group) {
  ValueWriter writer(kStoreVersion);
  writer.i64(s.visible_millis).i64(s.received_millis).i64(s.first_received_millis);
  writer.u64(s.token).u64(s.receives).text(group);
  batch.put(Family::kPositions, state_key(queue, key), writer.take());
}

void erase_message(Batch& batch, std::uint64_t queue, MessageKey key) {
  batch.erase(Family::kPositions, state_key(queue, key));
  batch.erase(Family::kRecords, message_key(queue, key));
}

void erase_messages(Batch& batch, std::uint64_t queue, std::optional<std::int64_t> until_millis) {
  erase_range(batch, Family::kPositions, state_keys(queue, until_millis));
  erase_range(batch, Family::kRecords, message_keys(queue, until_millis));
}

Result<std::optional<Message>> read_message(const storage::Store& store, const QueueConfig& queue,
                                            MessageKey key) {
  const std::string stored_at = message_key(queue.id, key);
  TRY(std::optional<std::string> bytes, store.get(Family::kRecords, stored_at));
  if (!bytes) return std::nullopt;
  if (bytes->starts_with(kSealed)) {
    bytes = unseal(queue.data_key, stored_at, std::string_view(*bytes).substr(1));
    if (!bytes) return corrupt("message");
  }
  TRY(Message message, decode_message(*bytes));
  return std::optional(std::move(message));
}

Status scan_states(const storage::Store& store, std::uint64_t queue,
                   const std::function<void(StoredState)>& visit) {
  return scan_range(store, Family::kPositions, state_keys(queue), "message state",
                    [&](std::string_view key_bytes, std::string_view value) {
                      const auto key = parse_position_key(key_bytes);
                      ValueReader reader(value);
                      if (!key || reader.version() != kStoreVersion) return false;
                      StoredState stored{*key, {}, {}};
                      stored.state.visible_millis = reader.i64();
                      stored.state.received_millis = reader.i64();
                      stored.state.first_received_millis = reader.i64();
                      stored.state.token = reader.u64();
                      stored.state.receives = read_u32(reader);
                      stored.group = reader.text();
                      if (!reader.done()) return false;
                      visit(std::move(stored));
                      return true;
                    });
}

void put_deduplication(Batch& batch, std::uint64_t queue, const DeduplicationKey& key,
                       const SentBefore& sent) {
  ValueWriter writer(kStoreVersion);
  writer.text(std::string_view(key.data(), key.size())).text(sent.message_id);
  batch.put(Family::kPositions, deduplication_entry_key(queue, sent.key), writer.take());
}

void erase_deduplication(Batch& batch, std::uint64_t queue,
                         std::optional<std::int64_t> until_millis) {
  erase_range(batch, Family::kPositions, deduplication_keys(queue, until_millis));
}

Status scan_deduplication(const storage::Store& store, std::uint64_t queue,
                          const std::function<void(const DeduplicationKey&, SentBefore)>& visit) {
  return scan_range(store, Family::kPositions, deduplication_keys(queue), "deduplication entry",
                    [&](std::string_view key_bytes, std::string_view value) {
                      const auto key = parse_position_key(key_bytes);
                      ValueReader reader(value);
                      if (!key || reader.version() != kStoreVersion) return false;
                      const std::string_view digest = reader.text();
                      SentBefore sent{*key, std::string(reader.text())};
                      DeduplicationKey entry;
                      if (!reader.done() || digest.size() != entry.size()) return false;
                      std::ranges::copy(digest, entry.begin());
                      visit(entry, std::move(sent));
                      return true;
                    });
}

Result<std::vector<MoveTask>> load_tasks(const storage::Store& store) {
  std::vector<MoveTask> tasks;
  TRY_VOID(scan_range(store, Family::kMeta, task_keys(), "message move task",
                      [&](std::string_view, std::string_view value) {
                        std::optional<MoveTask> task = decode_task(value);
                        if (task) tasks.push_back(std::move(*task));
                        return task.has_value();
                      }));
  return tasks;
}

void put_task(Batch& batch, const MoveTask& t) {
  ValueWriter writer(kStoreVersion);
  writer.text(t.id).text(t.place.account).text(t.place.region).text(t.source_arn);
  writer.text(t.destination_arn).u64(t.per_second_max).u64(static_cast<std::uint64_t>(t.status));
  writer.i64(t.started.micros).u64(t.moved).u64(t.to_move).text(t.failure);
  batch.put(Family::kMeta, task_key(t.place, t.id), writer.take());
}

void erase_task(Batch& batch, const MoveTask& task) {
  batch.erase(Family::kMeta, task_key(task.place, task.id));
}

}  // namespace penstock::sqs
