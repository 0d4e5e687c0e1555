// Building and reading the keys.
#include "services/firehose/keys.h"

#include "storage/key.h"

namespace penstock::firehose {
namespace {

using storage::KeyReader;
using storage::KeyWriter;

constexpr std::uint8_t kStreamTag = 0x60;    // kMeta
constexpr std::uint8_t kRecordTag = 0x60;    // kRecords
constexpr std::uint8_t kPositionTag = 0x60;  // kPositions
constexpr std::uint8_t kPlanTag = 0x61;
constexpr std::uint8_t kLedgerTag = 0x62;

// The last field of a key (tag, stream, number).
std::optional<std::uint64_t> parse_numbered(std::string_view key, std::uint8_t tag,
                                            std::uint64_t stream) {
  KeyReader reader(key);
  if (!reader.tag(tag) || reader.u64() != stream) return std::nullopt;
  const std::optional<std::uint64_t> number = reader.u64();
  return reader.done() ? number : std::nullopt;
}

}  // namespace

std::string stream_key(const Place& place, std::string_view name) {
  return KeyWriter(kStreamTag).text(place.account).text(place.region).text(name).take();
}
std::string streams_begin() { return std::string(1, static_cast<char>(kStreamTag)); }
std::string streams_end() { return storage::prefix_end(streams_begin()); }

std::string record_key(std::uint64_t stream, std::uint64_t index) {
  return KeyWriter(kRecordTag).u64(stream).u64(index).take();
}
std::optional<std::uint64_t> parse_record_key(std::string_view key, std::uint64_t stream) {
  return parse_numbered(key, kRecordTag, stream);
}
std::string records_end(std::uint64_t stream) {
  return storage::prefix_end(KeyWriter(kRecordTag).u64(stream).view());
}

std::string position_key(std::uint64_t stream, std::string_view lane) {
  return KeyWriter(kPositionTag).u64(stream).text(lane).take();
}
std::optional<std::string> parse_position_key(std::string_view key, std::uint64_t stream) {
  KeyReader reader(key);
  if (!reader.tag(kPositionTag) || reader.u64() != stream) return std::nullopt;
  std::optional<std::string> lane = reader.text();
  return reader.done() ? lane : std::nullopt;
}
std::string plan_key(std::uint64_t stream, std::string_view lane, std::uint64_t number) {
  return KeyWriter(kPlanTag).u64(stream).text(lane).u64(number).take();
}
std::string ledger_key(std::uint64_t stream, std::uint64_t number) {
  return KeyWriter(kLedgerTag).u64(stream).u64(number).take();
}
std::optional<std::uint64_t> parse_ledger_key(std::string_view key, std::uint64_t stream) {
  return parse_numbered(key, kLedgerTag, stream);
}

std::string positions_prefix(std::uint64_t stream) {
  return KeyWriter(kPositionTag).u64(stream).take();
}
std::string plans_prefix(std::uint64_t stream) { return KeyWriter(kPlanTag).u64(stream).take(); }
std::string lane_plans_prefix(std::uint64_t stream, std::string_view lane) {
  return KeyWriter(kPlanTag).u64(stream).text(lane).take();
}
std::string ledger_prefix(std::uint64_t stream) { return KeyWriter(kLedgerTag).u64(stream).take(); }

}  // namespace penstock::firehose
