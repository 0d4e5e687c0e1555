// The bytes of stored streams, records and watermarks, and the scans that find them again.
#include "services/kinesis/store.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/cipher.h"
#include "services/kinesis/keys.h"
#include "services/kinesis/values.h"
#include "storage/key.h"

namespace penstock::kinesis {
namespace {

using storage::Batch;
using storage::Family;
using storage::Next;
using storage::ValueReader;
using storage::ValueWriter;

constexpr std::uint8_t kVersion = 1;  // Of records and trim states.

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorKind::kCorrupt, "a stored Kinesis " + std::string(what) + " cannot be read");
}

// A record: version, arrival milliseconds (8 bytes, so that they can be filled in last), then
// partition key and data. Sealed (version 2): after the milliseconds the number of the data key (4
// bytes), and then partition key and data as cipher.h seals them.
constexpr std::uint8_t kSealedVersion = 2;
constexpr std::size_t kKeyNumberBytes = 4;
constexpr std::size_t kArrivalOffset = 1;
constexpr std::size_t kArrivalBytes = 8;

void set_arrival(std::string& encoded, std::int64_t millis) {
  for (std::size_t i = 0; i < kArrivalBytes; ++i) {
    encoded[kArrivalOffset + i] =
        static_cast<char>(static_cast<std::uint64_t>(millis) >> (8 * (kArrivalBytes - 1 - i)));
  }
}

std::optional<std::int64_t> arrival_of(std::string_view encoded) {
  if (encoded.size() < kArrivalOffset + kArrivalBytes) return std::nullopt;
  if (encoded[0] != kVersion && encoded[0] != kSealedVersion) return std::nullopt;
  std::uint64_t millis = 0;
  for (const char c : encoded.substr(kArrivalOffset, kArrivalBytes)) {
    millis = (millis << 8) | static_cast<unsigned char>(c);
  }
  return static_cast<std::int64_t>(millis);
}

// Partition keys have at most 256 characters, 1024 bytes: their length takes two bytes.
std::optional<std::pair<std::string_view, std::string_view>> key_and_data(
    std::string_view encoded) {
  if (encoded.size() < 2) return std::nullopt;
  const std::size_t length =
      (static_cast<std::size_t>(static_cast<unsigned char>(encoded[0])) << 8) |
      static_cast<unsigned char>(encoded[1]);
  encoded.remove_prefix(2);
  if (encoded.size() < length) return std::nullopt;
  return std::pair(encoded.substr(0, length), encoded.substr(length));
}

// A sealed record cannot be passed off as one of another stream.
std::string seal_context(const StreamConfig& config) { return std::to_string(config.id); }

std::string seal_body(const StreamConfig& config, std::string_view body) {
  std::string out;
  const std::size_t key = config.data_keys.size() - 1;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(key >> shift);
  out += seal(config.data_keys[key], seal_context(config), body);
  return out;
}

std::optional<std::string> open_body(const StreamConfig& config, std::string_view sealed) {
  if (sealed.size() < kKeyNumberBytes) return std::nullopt;
  std::size_t key = 0;
  for (const char c : sealed.substr(0, kKeyNumberBytes)) {
    key = (key << 8) | static_cast<unsigned char>(c);
  }
  if (key >= config.data_keys.size()) return std::nullopt;
  return unseal(config.data_keys[key], seal_context(config), sealed.substr(kKeyNumberBytes));
}

// nullopt when the bytes are not those of a record of the stream.
std::optional<StoredRecord> decode_record(const StreamConfig& config, std::string_view key,
                                          std::string_view value) {
  const auto place = parse_record_key(key);
  const auto arrival = arrival_of(value);
  if (!place || !arrival) return std::nullopt;
  StoredRecord record{place->index, *arrival, {}, {}, value[0] == kSealedVersion};
  value.remove_prefix(kArrivalOffset + kArrivalBytes);
  std::optional<std::string> opened;
  if (record.sealed) {
    opened = open_body(config, value);
    if (!opened) return std::nullopt;
    value = *opened;
  }
  const auto parts = key_and_data(value);
  if (!parts) return std::nullopt;
  record.partition_key = parts->first;
  record.data = parts->second;
  return record;
}

}  // namespace

Result<std::vector<StreamConfig>> load_streams(const storage::Store& store) {
  std::vector<StreamConfig> streams;
  Status problem;
  TRY_VOID(store.scan(Family::kMeta, streams_begin(), streams_end(),
                      [&](std::string_view, std::string_view value) {
                        std::optional<StreamConfig> config = decode_stream(value);
                        if (!config) {
                          problem = corrupt("stream");
                          return Next::kStop;
                        }
                        streams.push_back(std::move(*config));
                        return Next::kContinue;
                      }));
  TRY_VOID(problem);
  return streams;
}

void put_stream(Batch& batch, const StreamConfig& config) {
  batch.put(Family::kMeta, stream_key(config.place, config.name), encode_stream(config));
}

void erase_stream(Batch& batch, const StreamConfig& config) {
  batch.erase(Family::kMeta, stream_key(config.place, config.name));
  batch.erase_range(Family::kMeta, trims_begin(config.id), trims_end(config.id));
  batch.erase_range(Family::kMeta, stream_consumers_begin(config.id),
                    stream_consumers_end(config.id));
  batch.erase_range(Family::kRecords, stream_records_begin(config.id),
                    stream_records_end(config.id));
  batch.erase_range(Family::kPositions, producers_begin(config.id), producers_end(config.id));
}

Result<ShardTail> load_tail(const storage::Store& store, std::uint64_t stream,
                            std::uint32_t shard) {
  ShardTail tail;
  TRY(const std::optional<std::string> trimmed, store.get(Family::kMeta, trim_key(stream, shard)));
  if (trimmed) {
    ValueReader reader(*trimmed);
    if (reader.version() != kVersion) return corrupt("trim state");
    tail.next_index = reader.u64();
    tail.last_millis = reader.i64();
    tail.horizon = reader.u64();
    if (!reader.done()) return corrupt("trim state");
  }
  bool readable = true;
  TRY_VOID(store.scan(Family::kRecords, record_key({stream, shard, 0}), records_end(stream, shard),
                      [&](std::string_view key, std::string_view value) {
                        const auto record = parse_record_key(key);
                        const auto arrival = arrival_of(value);
                        readable = record.has_value() && arrival.has_value();
                        if (readable) {
                          tail.next_index = std::max(tail.next_index, record->index + 1);
                          tail.last_millis = std::max(tail.last_millis, *arrival);
                        }
                        return Next::kStop;
                      },
                      {.reverse = true}));
  if (!readable) return corrupt("record");
  return tail;
}

Result<std::vector<StoredWatermarks>> load_watermarks(const storage::Store& store,
                                                      const StreamConfig& config) {
  std::vector<StoredWatermarks> all;
  bool readable = true;
  TRY_VOID(store.scan(
      Family::kPositions, producers_begin(config.id), producers_end(config.id),
      [&](std::string_view key, std::string_view value) {
        auto producer = parse_producer_key(key);
        const ShardSpec* shard = producer ? find_spec(config.shards, producer->shard) : nullptr;
        auto watermarks = shard ? decode_watermarks(*shard, value) : std::nullopt;
        readable = watermarks.has_value();
        if (!readable) return Next::kStop;
        all.push_back({producer->shard, std::move(producer->producer), std::move(*watermarks)});
        return Next::kContinue;
      }));
  if (!readable) return corrupt("producer watermark");
  return all;
}

void put_watermarks(Batch& batch, std::uint64_t stream, std::uint32_t shard,
                    std::string_view producer, const Watermarks& watermarks) {
  batch.put(Family::kPositions, producer_key(stream, shard, producer),
            encode_watermarks(watermarks));
}

void erase_watermarks(Batch& batch, std::uint64_t stream, std::uint32_t shard) {
  batch.erase_range(Family::kPositions, shard_producers_begin(stream, shard),
                    shard_producers_end(stream, shard));
}

void erase_shard(Batch& batch, std::uint64_t stream, std::uint32_t shard) {
  batch.erase(Family::kMeta, trim_key(stream, shard));
  batch.erase_range(Family::kRecords, record_key({stream, shard, 0}), records_end(stream, shard));
  erase_watermarks(batch, stream, shard);
}

std::string encode_record(const StreamConfig& config, std::string_view partition_key,
                          std::string_view data) {
  CHECK(partition_key.size() <= 0xffff);
  std::string encoded;
  encoded.reserve(kArrivalOffset + kArrivalBytes + 2 + partition_key.size() + data.size());
  encoded += static_cast<char>(kVersion);
  encoded.append(kArrivalBytes, '\0');
  encoded += static_cast<char>(partition_key.size() >> 8);
  encoded += static_cast<char>(partition_key.size() & 0xff);
  encoded += partition_key;
  encoded += data;
  if (config.encrypts()) {
    const std::size_t head = kArrivalOffset + kArrivalBytes;
    const std::string body = seal_body(config, std::string_view(encoded).substr(head));
    encoded.replace(head, encoded.npos, body);
    encoded[0] = static_cast<char>(kSealedVersion);
  }
  return encoded;
}

void add_record(Batch& batch, std::uint64_t stream, std::uint32_t shard, Assigned assigned,
                std::string encoded) {
  set_arrival(encoded, assigned.arrival_millis);
  batch.put(Family::kRecords, record_key({stream, shard, assigned.index}), std::move(encoded));
}

Result<std::vector<StoredRecord>> read_records(const storage::Store& store,
                                               const StreamConfig& config, ReadRange range) {
  std::vector<StoredRecord> records;
  std::size_t bytes = 0;
  bool readable = true;
  TRY_VOID(store.scan(Family::kRecords, record_key({config.id, range.shard, range.first_index}),
                      record_key({config.id, range.shard, range.end_index}),
                      [&](std::string_view key, std::string_view value) {
                        std::optional<StoredRecord> record = decode_record(config, key, value);
                        readable = record.has_value();
                        if (!readable) return Next::kStop;
                        bytes += record->partition_key.size() + record->data.size();
                        if (bytes > range.bytes_max && !records.empty()) return Next::kStop;
                        records.push_back(std::move(*record));
                        return records.size() < range.records_max ? Next::kContinue : Next::kStop;
                      }));
  if (!readable) return corrupt("record");
  return records;
}

Result<std::map<Place, AccountSettings>> load_accounts(const storage::Store& store) {
  std::map<Place, AccountSettings> accounts;
  bool readable = true;
  TRY_VOID(store.scan(Family::kMeta, accounts_begin(), accounts_end(),
                      [&](std::string_view key, std::string_view value) {
                        std::optional<Place> place = parse_account_key(key);
                        const std::optional<AccountSettings> settings = decode_account(value);
                        readable = place && settings;
                        if (!readable) return Next::kStop;
                        accounts.emplace(std::move(*place), *settings);
                        return Next::kContinue;
                      }));
  if (!readable) return corrupt("account");
  return accounts;
}

void put_account(Batch& batch, const Place& place, const AccountSettings& settings) {
  batch.put(Family::kMeta, account_key(place), encode_account(settings));
}

Result<std::uint64_t> first_index_since(const storage::Store& store, std::uint64_t stream,
                                        std::uint32_t shard, std::uint64_t first, std::uint64_t end,
                                        std::int64_t millis) {
  // Indices may have gaps, so each probe looks at the first record at or after the middle.
  while (first < end) {
    const std::uint64_t middle = first + (end - first) / 2;
    std::optional<std::pair<std::uint64_t, std::int64_t>> probe;
    TRY_VOID(store.scan(Family::kRecords, record_key({stream, shard, middle}),
                        record_key({stream, shard, end}),
                        [&](std::string_view key, std::string_view value) {
                          const auto record = parse_record_key(key);
                          const auto arrival = arrival_of(value);
                          if (record && arrival) probe.emplace(record->index, *arrival);
                          return Next::kStop;
                        }));
    if (!probe || probe->second >= millis) {
      end = middle;
    } else {
      first = probe->first + 1;
    }
  }
  return end;
}

void trim_shard(Batch& batch, std::uint64_t stream, std::uint32_t shard, const ShardTail& tail) {
  ValueWriter writer(kVersion);
  writer.u64(tail.next_index).i64(tail.last_millis).u64(tail.horizon);
  batch.put(Family::kMeta, trim_key(stream, shard), writer.take());
  batch.erase_range(Family::kRecords, record_key({stream, shard, 0}),
                    record_key({stream, shard, tail.horizon}));
}

}  // namespace penstock::kinesis
