// Encoding and decoding of the keys that keys.h lists.
#include "services/sqs/keys.h"

#include "storage/key.h"

namespace penstock::sqs {
namespace {

using storage::KeyReader;
using storage::KeyWriter;
using storage::prefix_end;

constexpr std::uint8_t kTagQueue = 0xB0;
constexpr std::uint8_t kTagReserved = 0xB1;
constexpr std::uint8_t kTagDeleted = 0xB2;
constexpr std::uint8_t kTagTask = 0xB3;
constexpr std::uint8_t kTagMessage = 0xB0;        // In kRecords.
constexpr std::uint8_t kTagState = 0xB0;          // In kPositions.
constexpr std::uint8_t kTagDeduplication = 0xB1;  // In kPositions.

KeyRange all_of(std::uint8_t tag) {
  std::string begin = KeyWriter(tag).take();
  std::string end = prefix_end(begin);
  return {std::move(begin), std::move(end)};
}

std::string placed_key(std::uint8_t tag, const Place& place, std::string_view name) {
  return KeyWriter(tag).text(place.account).text(place.region).text(name).take();
}

std::string sent_key(std::uint8_t tag, std::uint64_t queue, MessageKey key) {
  return KeyWriter(tag).u64(queue).i64(key.sent_millis).u64(key.sequence).take();
}

KeyRange sent_keys(std::uint8_t tag, std::uint64_t queue, std::optional<std::int64_t> until) {
  std::string begin = KeyWriter(tag).u64(queue).take();
  std::string end = until ? sent_key(tag, queue, {*until + 1, 0}) : prefix_end(begin);
  return {std::move(begin), std::move(end)};
}

}  // namespace

std::string queue_key(const Place& place, std::string_view name) {
  return placed_key(kTagQueue, place, name);
}
KeyRange queue_keys() { return all_of(kTagQueue); }

std::string reserved_key(std::uint64_t queue) { return KeyWriter(kTagReserved).u64(queue).take(); }

std::string deleted_key(const Place& place, std::string_view name) {
  return placed_key(kTagDeleted, place, name);
}
KeyRange deleted_keys() { return all_of(kTagDeleted); }

std::string task_key(const Place& place, std::string_view task) {
  return placed_key(kTagTask, place, task);
}
KeyRange task_keys() { return all_of(kTagTask); }

std::string message_key(std::uint64_t queue, MessageKey key) {
  return sent_key(kTagMessage, queue, key);
}
std::string state_key(std::uint64_t queue, MessageKey key) {
  return sent_key(kTagState, queue, key);
}
std::string deduplication_entry_key(std::uint64_t queue, MessageKey key) {
  return sent_key(kTagDeduplication, queue, key);
}

std::optional<MessageKey> parse_position_key(std::string_view key) {
  KeyReader reader(key);
  if (!reader.u8() || !reader.u64()) return std::nullopt;
  const auto sent = reader.i64();
  const auto sequence = reader.u64();
  if (!reader.done()) return std::nullopt;
  return MessageKey{*sent, *sequence};
}

KeyRange message_keys(std::uint64_t queue, std::optional<std::int64_t> until_millis) {
  return sent_keys(kTagMessage, queue, until_millis);
}
KeyRange state_keys(std::uint64_t queue, std::optional<std::int64_t> until_millis) {
  return sent_keys(kTagState, queue, until_millis);
}
KeyRange deduplication_keys(std::uint64_t queue, std::optional<std::int64_t> until_millis) {
  return sent_keys(kTagDeduplication, queue, until_millis);
}

}  // namespace penstock::sqs
