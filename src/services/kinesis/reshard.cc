// The rules of resharding. Wording that users and emulators quote is kept letter by letter; what is
// deduced is marked.
#include "services/kinesis/reshard.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"

namespace penstock::kinesis {
namespace {

std::string under(const StreamConfig& config) {
  return fmt::format("in stream {} under account {}", config.name, config.place.account);
}

// The open shard of that id.
Result<ShardSpec> eligible_shard(const StreamConfig& config, std::string_view id) {
  const std::optional<std::uint32_t> index = parse_shard_id(id);
  const ShardSpec* shard = index ? find_spec(config.shards, *index) : nullptr;
  if (shard == nullptr) {
    return fail(ErrorKind::kNotFound,
                fmt::format("Could not find shard {} {}.",
                            index ? shard_id(*index) : std::string(id), under(config)));
  }
  if (!shard->is_open()) {
    return fail(ErrorKind::kInvalid,
                fmt::format("Shard {} {} has already been merged or split, and thus is not "
                            "eligible for merging or splitting.",
                            shard_id(*index), under(config)));
  }
  return *shard;
}

Status check_scaling(const StreamConfig& config, std::int64_t target) {
  const auto open = static_cast<std::int64_t>(open_count(config.shards));
  const auto refusal = [&](std::string_view what) {
    return fail(
        ErrorKind::kLimit,
        fmt::format("{} Current open shard count: {} Target shard count: {}", what, open, target));
  };
  if (target > open * 2) {
    return refusal("UpdateShardCount cannot scale up over double your current open shard count.");
  }
  if (target * 2 < open) {
    return refusal("UpdateShardCount cannot scale down below half your current open shard count.");
  }
  if (target > static_cast<std::int64_t>(limits::kKinesisShardsPerUpdateMax)) {
    return refusal(
        fmt::format("Target shard count or number of open shards cannot be greater than {}.",
                    limits::kKinesisShardsPerUpdateMax));
  }
  // Ten in 24 hours are documented; the wording is deduced.
  if (config.count_changes.size() >= limits::kKinesisCountChangesMax) {
    return fail(ErrorKind::kLimit,
                fmt::format("The shard count of stream {} under account {} has been updated {} "
                            "times, which is the limit within a rolling 24-hour period.",
                            config.name, config.place.account, limits::kKinesisCountChangesMax));
  }
  return {};
}

}  // namespace

Result<StreamConfig> with_split(StreamConfig config, std::string_view shard,
                                std::string_view new_starting_hash_key, Timestamp now) {
  TRY(const ShardSpec parent, eligible_shard(config, shard));
  const std::optional<HashValue> start = parse_hash_key(new_starting_hash_key);
  // Strictly inside, and more than one beyond the first, as AWS wants it.
  if (!start || *start <= parent.range.first || *start - parent.range.first < 2 ||
      *start >= parent.range.last) {
    return fail(
        ErrorKind::kInvalid,
        fmt::format("NewStartingHashKey {} used in SplitShard() on shard {} {} is not both "
                    "greater than one plus the shard's StartingHashKey {} and less than "
                    "the shard's EndingHashKey {}.",
                    new_starting_hash_key, shard_id(parent.index), under(config),
                    format_hash_key(parent.range.first), format_hash_key(parent.range.last)));
  }
  split(config.shards, parent.index, *start, now);
  return config;
}

Result<StreamConfig> with_merge(StreamConfig config, std::string_view shard,
                                std::string_view adjacent_shard, Timestamp now) {
  TRY(const ShardSpec lower, eligible_shard(config, shard));
  TRY(const ShardSpec upper, eligible_shard(config, adjacent_shard));
  if (lower.range.last == kHashMax || lower.range.last + 1 != upper.range.first) {
    return fail(ErrorKind::kInvalid,
                fmt::format("Shards {} and {} {} are not an adjacent pair of shards eligible for "
                            "merging",
                            shard_id(lower.index), shard_id(upper.index), under(config)));
  }
  merge(config.shards, lower.index, upper.index, now);
  return config;
}

Result<StreamConfig> with_shard_count(StreamConfig config, std::int64_t target, Timestamp now) {
  const Timestamp day_ago = now - std::chrono::hours(24);
  std::erase_if(config.count_changes, [&](Timestamp at) { return at <= day_ago; });
  TRY_VOID(check_scaling(config, target));
  scale_uniformly(config.shards, static_cast<std::size_t>(target), now);
  config.count_changes.push_back(now);
  return config;
}

std::vector<std::uint32_t> expired_shards(const StreamConfig& config, Timestamp now) {
  const Timestamp horizon = now - std::chrono::hours(config.retention_hours);
  std::vector<std::uint32_t> expired;
  for (const ShardSpec& shard : config.shards) {
    if (shard.closed && *shard.closed <= horizon) expired.push_back(shard.index);
  }
  return expired;
}

}  // namespace penstock::kinesis
