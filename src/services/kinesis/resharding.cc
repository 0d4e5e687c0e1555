// SplitShard, MergeShards and UpdateShardCount: the requests. What they may do is decided in
// reshard.cc, how it becomes durable is in change.cc.
#include <fmt/format.h>

#include <algorithm>

#include "services/kinesis/change.h"
#include "services/kinesis/errors.h"
#include "services/kinesis/kinesis.h"
#include "services/kinesis/operations.h"
#include "services/kinesis/reshard.h"
#include "services/kinesis/resolve.h"

namespace penstock::kinesis {
namespace {

using protocol::ApiResult;

// The shards of an on-demand stream are AWS's business; the wording is deduced.
ApiResult<void> check_provisioned(const StreamConfig& config, std::string_view operation) {
  if (config.mode == StreamMode::kProvisioned) return {};
  return std::unexpected(validation(
      fmt::format("{} is not supported for stream {} under account {} because its StreamMode is "
                  "ON_DEMAND.",
                  operation, config.name, config.place.account)));
}

// A time at which all records that there are have arrived, also when the clock went back: closed
// shards are kept as long as records of this time are.
Timestamp closing_time(const Service& service, const LiveStream& stream) {
  Timestamp now = service.deps.clock.now();
  const ShardMapPtr shards = stream.shards();
  for (const ShardEntry& entry : shards->all()) {
    if (!entry.spec.is_open()) continue;
    now = std::max(now, Timestamp::from_millis(entry.live->durable_millis.load()));
  }
  return now;
}

Reply<std::monostate> reshard_provisioned(
    Service& service, std::shared_ptr<LiveStream> stream, std::string operation,
    std::function<Result<StreamConfig>(StreamConfig, Timestamp)> with_change) {
  Decide decide = [&service, stream, operation = std::move(operation),
                   with_change =
                       std::move(with_change)](StreamConfig config) -> ApiResult<StreamConfig> {
    TRY_VOID(check_provisioned(config, operation));
    const std::size_t before = open_count(config.shards);
    TRY(StreamConfig after,
        decided(with_change(std::move(config), closing_time(service, *stream))));
    const std::size_t shards = open_count(after.shards);
    if (shards > before) {
      TRY_VOID(check_shard_quota(stream->place(), service.streams.open_shards(stream->place()),
                                 shards - before));
    }
    return after;
  };
  return reshard(service, stream, std::move(decide));
}

}  // namespace

Reply<api::SplitShardOutput> split_shard(Service& service, const Context& context,
                                         api::SplitShardInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.stream_name, input.stream_arn));
  auto change = [shard = std::move(input.shard_to_split),
                 start = std::move(input.new_starting_hash_key)](StreamConfig config,
                                                                 Timestamp now) {
    return with_split(std::move(config), shard, start, now);
  };
  CO_TRY_VOID(co_await reshard_provisioned(service, stream, "SplitShard", std::move(change)));
  co_return api::SplitShardOutput{};
}

Reply<api::MergeShardsOutput> merge_shards(Service& service, const Context& context,
                                           api::MergeShardsInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.stream_name, input.stream_arn));
  auto change = [shard = std::move(input.shard_to_merge),
                 adjacent = std::move(input.adjacent_shard_to_merge)](StreamConfig config,
                                                                      Timestamp now) {
    return with_merge(std::move(config), shard, adjacent, now);
  };
  CO_TRY_VOID(co_await reshard_provisioned(service, stream, "MergeShards", std::move(change)));
  co_return api::MergeShardsOutput{};
}

Reply<api::UpdateShardCountOutput> update_shard_count(Service& service, const Context& context,
                                                      api::UpdateShardCountInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.stream_name, input.stream_arn));
  // The decoder lets UNIFORM_SCALING through and nothing else.
  auto current = std::make_shared<std::size_t>(0);
  auto change = [current, target = input.target_shard_count](StreamConfig config, Timestamp now) {
    *current = open_count(config.shards);
    return with_shard_count(std::move(config), target, now);
  };
  CO_TRY_VOID(co_await reshard_provisioned(service, stream, "UpdateShardCount", std::move(change)));
  api::UpdateShardCountOutput output;
  output.stream_name = stream->name();
  output.stream_arn = stream->arn();
  output.current_shard_count = static_cast<std::int32_t>(*current);
  output.target_shard_count = input.target_shard_count;
  co_return output;
}

}  // namespace penstock::kinesis
