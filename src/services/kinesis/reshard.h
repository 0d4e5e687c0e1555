// What SplitShard, MergeShards and UpdateShardCount may do to a stream, with AWS's refusals, and
// when a closed shard is forgotten. Pure: no I/O, no clock.
#pragma once

#include <string>
#include <string_view>

#include "services/kinesis/stream.h"

namespace penstock::kinesis {

Result<StreamConfig> with_split(StreamConfig config, std::string_view shard,
                                std::string_view new_starting_hash_key, Timestamp now);
Result<StreamConfig> with_merge(StreamConfig config, std::string_view shard,
                                std::string_view adjacent_shard, Timestamp now);
Result<StreamConfig> with_shard_count(StreamConfig config, std::int64_t target, Timestamp now);

// Shards that have been closed for longer than records are kept: all of their records are gone.
std::vector<std::uint32_t> expired_shards(const StreamConfig& config, Timestamp now);

}  // namespace penstock::kinesis
