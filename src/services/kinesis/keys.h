// The key grammar of Kinesis. Nothing else builds or reads these keys.
//
//   kMeta       30 account region name            stream configuration
//   kMeta       31 stream shard                   how far a shard was trimmed
//   kMeta       3A stream name                    registered consumer
//   kMeta       33 account region                 settings of the account
//   kRecords    30 stream shard index             record
//   kPositions  30 stream shard producer          producer watermark
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "services/kinesis/stream.h"

namespace penstock::kinesis {

std::string stream_key(const Place& place, std::string_view name);
std::string streams_begin();
std::string streams_end();

std::string account_key(const Place& place);
std::optional<Place> parse_account_key(std::string_view key);
std::string accounts_begin();
std::string accounts_end();

std::string trim_key(std::uint64_t stream, std::uint32_t shard);
std::string trims_begin(std::uint64_t stream);
std::string trims_end(std::uint64_t stream);

std::string consumer_key(std::uint64_t stream, std::string_view name);
std::string consumers_begin();
std::string consumers_end();
// Those of a stream.
std::string stream_consumers_begin(std::uint64_t stream);
std::string stream_consumers_end(std::uint64_t stream);

struct RecordKey {
  std::uint64_t stream = 0;
  std::uint32_t shard = 0;
  std::uint64_t index = 0;
  friend bool operator==(const RecordKey&, const RecordKey&) = default;
};
std::string record_key(const RecordKey& key);
std::optional<RecordKey> parse_record_key(std::string_view key);
std::string records_end(std::uint64_t stream, std::uint32_t shard);
// All records of a stream.
std::string stream_records_begin(std::uint64_t stream);
std::string stream_records_end(std::uint64_t stream);

struct ProducerKey {
  std::uint64_t stream = 0;
  std::uint32_t shard = 0;
  std::string producer;
  friend bool operator==(const ProducerKey&, const ProducerKey&) = default;
};
std::string producer_key(std::uint64_t stream, std::uint32_t shard, std::string_view producer);
std::optional<ProducerKey> parse_producer_key(std::string_view key);
std::string shard_producers_begin(std::uint64_t stream, std::uint32_t shard);
std::string shard_producers_end(std::uint64_t stream, std::uint32_t shard);
std::string producers_begin(std::uint64_t stream);
std::string producers_end(std::uint64_t stream);

}  // namespace penstock::kinesis
