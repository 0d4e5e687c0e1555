// Encoding and decoding of the keys that keys.h lists.
#include "services/kinesis/keys.h"

#include "storage/key.h"

namespace penstock::kinesis {
namespace {

using storage::KeyReader;
using storage::KeyWriter;
using storage::prefix_end;

constexpr std::uint8_t kTagStream = 0x30;
constexpr std::uint8_t kTagTrim = 0x31;
constexpr std::uint8_t kTagConsumer = 0x3a;
constexpr std::uint8_t kTagAccount = 0x33;
constexpr std::uint8_t kTagRecord = 0x30;    // In kRecords.
constexpr std::uint8_t kTagProducer = 0x30;  // In kPositions.

}  // namespace

std::string stream_key(const Place& place, std::string_view name) {
  return KeyWriter(kTagStream).text(place.account).text(place.region).text(name).take();
}
std::string streams_begin() { return KeyWriter(kTagStream).take(); }
std::string streams_end() { return prefix_end(streams_begin()); }

std::string account_key(const Place& place) {
  return KeyWriter(kTagAccount).text(place.account).text(place.region).take();
}
std::optional<Place> parse_account_key(std::string_view key) {
  KeyReader reader(key);
  if (!reader.tag(kTagAccount)) return std::nullopt;
  auto account = reader.text();
  auto region = reader.text();
  if (!reader.done()) return std::nullopt;
  return Place{std::move(*account), std::move(*region)};
}
std::string accounts_begin() { return KeyWriter(kTagAccount).take(); }
std::string accounts_end() { return prefix_end(accounts_begin()); }

std::string trim_key(std::uint64_t stream, std::uint32_t shard) {
  return KeyWriter(kTagTrim).u64(stream).u32(shard).take();
}
std::string trims_begin(std::uint64_t stream) { return KeyWriter(kTagTrim).u64(stream).take(); }
std::string trims_end(std::uint64_t stream) { return prefix_end(trims_begin(stream)); }

std::string consumer_key(std::uint64_t stream, std::string_view name) {
  return KeyWriter(kTagConsumer).u64(stream).text(name).take();
}
std::string consumers_begin() { return KeyWriter(kTagConsumer).take(); }
std::string consumers_end() { return prefix_end(consumers_begin()); }
std::string stream_consumers_begin(std::uint64_t stream) {
  return KeyWriter(kTagConsumer).u64(stream).take();
}
std::string stream_consumers_end(std::uint64_t stream) {
  return prefix_end(stream_consumers_begin(stream));
}

std::string record_key(const RecordKey& key) {
  return KeyWriter(kTagRecord).u64(key.stream).u32(key.shard).u64(key.index).take();
}

std::optional<RecordKey> parse_record_key(std::string_view key) {
  KeyReader reader(key);
  if (!reader.tag(kTagRecord)) return std::nullopt;
  const auto stream = reader.u64();
  const auto shard = reader.u32();
  const auto index = reader.u64();
  if (!reader.done()) return std::nullopt;
  return RecordKey{*stream, *shard, *index};
}

std::string records_end(std::uint64_t stream, std::uint32_t shard) {
  return prefix_end(KeyWriter(kTagRecord).u64(stream).u32(shard).view());
}
std::string stream_records_begin(std::uint64_t stream) {
  return KeyWriter(kTagRecord).u64(stream).take();
}
std::string stream_records_end(std::uint64_t stream) {
  return prefix_end(stream_records_begin(stream));
}

std::string producer_key(std::uint64_t stream, std::uint32_t shard, std::string_view producer) {
  return KeyWriter(kTagProducer).u64(stream).u32(shard).text(producer).take();
}

std::optional<ProducerKey> parse_producer_key(std::string_view key) {
  KeyReader reader(key);
  if (!reader.tag(kTagProducer)) return std::nullopt;
  const auto stream = reader.u64();
  const auto shard = reader.u32();
  auto producer = reader.text();
  if (!reader.done()) return std::nullopt;
  return ProducerKey{*stream, *shard, std::move(*producer)};
}

std::string shard_producers_begin(std::uint64_t stream, std::uint32_t shard) {
  return KeyWriter(kTagProducer).u64(stream).u32(shard).take();
}
std::string shard_producers_end(std::uint64_t stream, std::uint32_t shard) {
  return prefix_end(shard_producers_begin(stream, shard));
}
std::string producers_begin(std::uint64_t stream) {
  return KeyWriter(kTagProducer).u64(stream).take();
}
std::string producers_end(std::uint64_t stream) { return prefix_end(producers_begin(stream)); }

}  // namespace penstock::kinesis
