// How an on-demand stream gets the shards that its writers need, and what one may ask for in
// advance. Pure: no I/O, no clock.
#pragma once

#include <cstdint>
#include <map>

#include "services/kinesis/stream.h"

namespace penstock::kinesis {

// What was written to a shard within a time.
struct Load {
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;
};
using Loads = std::map<std::uint32_t, Load>;

// An on-demand stream has room for twice what is written to it: a shard that took more than half of
// 1 MiB and 1,000 records a second over `seconds` is split in the middle, and its halves, which are
// taken to have half of its load each, again. Ends at the quota of on-demand streams. Shards are
// not merged when the load falls.
StreamConfig with_room_for(StreamConfig config, const Loads& loads, double seconds, Timestamp now);

// UpdateStreamWarmThroughput and its like: the widest shards are split until there is one for each
// MiB/s asked for. Requires: on demand. 0 takes the request back; shards stay.
Result<StreamConfig> with_warm_throughput(StreamConfig config, std::int64_t target, Timestamp now);
// The same for a stream that is only made: it begins with as many shards.
Result<StreamConfig> fresh_with_warm_throughput(StreamConfig config, std::int64_t target);
// What the stream takes at once of what was asked for.
std::uint32_t current_warm_throughput(const StreamConfig& config);

}  // namespace penstock::kinesis
