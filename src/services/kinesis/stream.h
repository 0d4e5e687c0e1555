// A stream as a value: what is configured, in which state it is, who may own which hash key.
// Pure: no I/O, no clock. Refusals are Errors whose kind names the AWS error (errors.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "protocol/place.h"
#include "services/kinesis/shard.h"

namespace penstock::kinesis {

enum class StreamStatus : std::uint8_t { kCreating, kActive, kUpdating, kDeleting };
enum class StreamEvent : std::uint8_t { kCommitted, kBeginUpdate, kBeginDelete };
inline constexpr int kStreamStatusCount = 4;
inline constexpr int kStreamEventCount = 3;

std::string_view to_string(StreamStatus status);
// nullopt: the event is not allowed in that state.
std::optional<StreamStatus> next_status(StreamStatus status, StreamEvent event);

enum class StreamMode : std::uint8_t { kProvisioned, kOnDemand };
std::string_view to_string(StreamMode mode);
std::optional<StreamMode> parse_mode(std::string_view text);

// Whose stream it is.
using protocol::Place;

// Everything about a stream that is stored in one piece.
struct StreamConfig {
  std::uint64_t id = 0;  // Of this incarnation: a stream made again under the name has another.
  Place place;
  std::string name;
  Timestamp created;
  StreamMode mode = StreamMode::kProvisioned;
  std::uint32_t retention_hours = 24;
  std::uint32_t record_kib_max = 1024;
  ShardSpecs shards;  // Also those that were closed, until their last record has expired.
  std::map<std::string, std::string> tags;
  std::vector<Timestamp> mode_changes;       // Of the last 24 hours.
  std::vector<Timestamp> count_changes;      // UpdateShardCount, of the last 24 hours.
  std::uint64_t records_gone = 0;            // Of shards that are forgotten.
  std::uint32_t warm_mibps = 0;              // UpdateStreamWarmThroughput; 0: never asked for.
  std::uint32_t metrics = 0;                 // monitoring.h
  std::string policy;                        // The resource policy; empty: none.
  std::string key_id;                        // Of KMS, as it was given; empty: not encrypted.
  std::vector<std::string> data_keys;        // Ever used; the last one is in use.
  std::vector<Timestamp> encryption_starts;  // Of the last 24 hours.
  std::vector<Timestamp> encryption_stops;

  bool encrypts() const { return !key_id.empty(); }

  std::string arn() const;
};

std::string stream_arn(const Place& place, std::string_view name);

// What UpdateStreamMode, {In,De}creaseStreamRetentionPeriod and the tag operations decide. Each
// returns the configuration as it shall be.
Result<StreamConfig> with_longer_retention(StreamConfig config, std::int64_t hours);
Result<StreamConfig> with_shorter_retention(StreamConfig config, std::int64_t hours);
Result<StreamConfig> with_mode(StreamConfig config, StreamMode mode, Timestamp now);
Result<StreamConfig> with_tags(StreamConfig config, const std::map<std::string, std::string>& tags);
Result<StreamConfig> without_tags(StreamConfig config, const std::vector<std::string>& keys);
Status check_tags(const std::map<std::string, std::string>& tags);

struct StreamName {
  Place place;
  std::string name;
};
// An ARN of a stream; the region and account are the ARN's. nullopt when it is not one.
std::optional<StreamName> parse_stream_arn(std::string_view arn);

}  // namespace penstock::kinesis
