// The scaling rule of on-demand streams. AWS documents what it promises, room for twice the peak,
// and not how it gets there.
#include "services/kinesis/capacity.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/limits.h"

namespace penstock::kinesis {
namespace {

// In shards: 1 is all that one shard can take.
double shards_of(const Load& load, double seconds) {
  const double bytes = static_cast<double>(load.bytes) / (1 << 20);
  const double records = static_cast<double>(load.records) / 1000;
  return std::max(bytes, records) / seconds;
}

bool is_wide(const ShardSpec& shard) { return shard.range.last - shard.range.first >= 2; }

HashValue middle_of(const ShardSpec& shard) {
  return shard.range.first + (shard.range.last - shard.range.first) / 2 + 1;
}

}  // namespace

StreamConfig with_room_for(StreamConfig config, const Loads& loads, double seconds, Timestamp now) {
  struct Hot {
    std::uint32_t shard;
    double load;
  };
  std::vector<Hot> waiting;
  for (const auto& [shard, load] : loads) waiting.push_back({shard, shards_of(load, seconds)});
  std::ranges::sort(waiting, std::greater<>(), &Hot::load);
  std::size_t open = open_count(config.shards);
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    const Hot hot = waiting[i];
    const ShardSpec* shard = find_spec(config.shards, hot.shard);
    if (hot.load <= 0.5 || open >= limits::kKinesisOnDemandShardsMax) continue;
    if (shard == nullptr || !shard->is_open() || !is_wide(*shard)) continue;
    split(config.shards, hot.shard, middle_of(*shard), now);
    ++open;
    const std::uint32_t upper = config.shards.back().index;
    waiting.push_back({upper - 1, hot.load / 2});
    waiting.push_back({upper, hot.load / 2});
  }
  return config;
}

namespace {

// Documented: no more than 10 GiB/s. The wording is deduced.
Status check_target(const StreamConfig& config, std::int64_t target) {
  if (target <= static_cast<std::int64_t>(limits::kKinesisWarmMibpsMax)) return {};
  return fail(ErrorKind::kLimit,
              fmt::format("Warm throughput of stream {} under account {} cannot be greater than "
                          "{} MiB/s.",
                          config.name, config.place.account, limits::kKinesisWarmMibpsMax));
}

}  // namespace

Result<StreamConfig> fresh_with_warm_throughput(StreamConfig config, std::int64_t target) {
  TRY_VOID(check_target(config, target));
  config.warm_mibps = static_cast<std::uint32_t>(target);
  config.shards = uniform_shards(std::max<std::size_t>(config.shards.size(), config.warm_mibps),
                                 config.created);
  return config;
}

Result<StreamConfig> with_warm_throughput(StreamConfig config, std::int64_t target, Timestamp now) {
  TRY_VOID(check_target(config, target));
  config.warm_mibps = static_cast<std::uint32_t>(target);
  std::size_t open = open_count(config.shards);
  while (open < config.warm_mibps) {
    // One round splits each open shard at most once, the widest first.
    std::vector<ShardSpec> widest;
    std::ranges::copy_if(config.shards, std::back_inserter(widest), &ShardSpec::is_open);
    std::ranges::stable_sort(widest, std::greater<>(), [](const ShardSpec& shard) {
      return shard.range.last - shard.range.first;
    });
    for (const ShardSpec& shard : widest) {
      if (open == config.warm_mibps || !is_wide(shard)) break;
      split(config.shards, shard.index, middle_of(shard), now);
      ++open;
    }
  }
  return config;
}

std::uint32_t current_warm_throughput(const StreamConfig& config) {
  return static_cast<std::uint32_t>(
      std::min<std::size_t>(config.warm_mibps, open_count(config.shards)));
}

}  // namespace penstock::kinesis
