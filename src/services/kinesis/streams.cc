// The life of streams: create, delete, and the changes of retention.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "async/turns.h"
#include "base/limits.h"
#include "services/kinesis/capacity.h"
#include "services/kinesis/change.h"
#include "services/kinesis/errors.h"
#include "services/kinesis/kinesis.h"
#include "services/kinesis/operations.h"
#include "services/kinesis/resolve.h"
#include "services/kinesis/store.h"

namespace penstock::kinesis {
namespace {

using protocol::ApiResult;

constexpr std::uint32_t kOnDemandShards = 4;

ApiResult<StreamConfig> new_stream(Service& service, const Context& context,
                                   const api::CreateStreamInput& input) {
  StreamConfig config;
  config.place = context.place();
  config.name = input.stream_name;
  if (input.stream_mode_details) {
    // The decoder let through only the modes that there are.
    config.mode = parse_mode(input.stream_mode_details->stream_mode).value();
  }
  const bool on_demand = config.mode == StreamMode::kOnDemand;
  if (on_demand && input.shard_count) {
    return std::unexpected(validation("ShardCount is not expected when StreamMode=ON_DEMAND"));
  }
  if (!on_demand && !input.shard_count) {
    return std::unexpected(validation("ShardCount is expected when StreamMode=PROVISIONED"));
  }
  if (input.warm_throughput_mi_bps) {
    TRY_VOID(check_warm_throughput(service, config.place, config.mode, service.deps.clock.now()));
  }
  if (input.tags) {
    if (const Status checked = check_tags(*input.tags); !checked) {
      return std::unexpected(refusal(checked.error()));
    }
    if (input.tags->size() > limits::kKinesisTagsPerStreamMax) {
      return std::unexpected(invalid_argument(
          fmt::format("Failed to add tags to stream {} under account {} because a given stream "
                      "cannot have more "
                      "than {} tags associated with it.",
                      config.name, config.place.account, limits::kKinesisTagsPerStreamMax)));
    }
    config.tags = *input.tags;
  }
  config.id = service.deps.random.next();
  config.created = service.deps.clock.now();
  config.record_kib_max = static_cast<std::uint32_t>(input.max_record_size_in_ki_b.value_or(1024));
  config.shards = uniform_shards(
      on_demand ? kOnDemandShards
                : std::min<std::size_t>(*input.shard_count, limits::kKinesisShardsMax + 1),
      config.created);
  if (!input.warm_throughput_mi_bps) return config;
  return decided(fresh_with_warm_throughput(std::move(config), *input.warm_throughput_mi_bps));
}

ApiResult<void> check_quota(Service& service, const StreamConfig& config) {
  std::size_t creating = 0;
  for (const auto& stream : service.streams.list(config.place)) {
    if (stream->status() == StreamStatus::kCreating) ++creating;
  }
  if (creating >= 5) {
    return protocol::refuse("LimitExceededException",
                            "At most 5 streams may be in the state CREATING at a time.");
  }
  if (config.mode == StreamMode::kOnDemand) {
    TRY_VOID(check_on_demand_quota(service, config.place));
  }
  return check_shard_quota(config.place, service.streams.open_shards(config.place),
                           config.shards.size());
}

}  // namespace

Reply<api::CreateStreamOutput> create_stream(Service& service, const Context& context,
                                             api::CreateStreamInput input) {
  CO_TRY(StreamConfig config, new_stream(service, context, input));
  Turns::Turn turn = co_await service.turns.enter(turn_key(config.place, config.name));
  if (service.streams.find(config.place, config.name)) {
    co_return std::unexpected(stream_exists(config.place, config.name));
  }
  CO_TRY_VOID(check_quota(service, config));
  auto stream = std::make_shared<LiveStream>(config, StreamStatus::kCreating, fresh_shards(config));
  service.streams.insert(stream);
  storage::Batch batch;
  put_stream(batch, config);
  const storage::Commit submitted = service.deps.store.submit(std::move(batch));
  turn.leave();
  if (const Status durable = co_await submitted.durable(); !durable) {
    service.streams.erase(*stream);
    co_return std::unexpected(protocol::ApiError(durable.error()));
  }
  stream->apply(StreamEvent::kCommitted);
  co_return api::CreateStreamOutput{};
}

Reply<api::DeleteStreamOutput> delete_stream(Service& service, const Context& context,
                                             api::DeleteStreamInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.stream_name, input.stream_arn));
  Turns::Turn turn = co_await service.turns.enter(turn_key(stream->place(), stream->name()));
  const std::size_t consumers = service.consumers.list(stream->id()).size();
  if (consumers > 0 && !input.enforce_consumer_deletion.value_or(false)) {
    // The code is documented; the wording is ours.
    co_return protocol::refuse(
        "ResourceInUseException",
        fmt::format("Stream {} under account {} has {} registered consumers. Deregister them, or "
                    "set EnforceConsumerDeletion.",
                    stream->name(), stream->place().account, consumers));
  }
  if (!stream->apply(StreamEvent::kBeginDelete)) {
    co_return std::unexpected(stream_not_active(stream->place(), stream->name(), stream->status()));
  }
  // After this no append can be submitted behind the erasure.
  const ShardMapPtr shards = stream->writing();
  for (const ShardEntry& entry : shards->all()) {
    const std::scoped_lock lock(entry.live->mutex);
    entry.live->end = LiveShard::End::kGone;
  }
  storage::Batch batch;
  erase_stream(batch, *stream->config());
  const storage::Commit submitted = service.deps.store.submit(std::move(batch));
  turn.leave();
  CO_TRY_VOID(co_await submitted.durable());
  service.streams.erase(*stream);
  for (const auto& consumer : service.consumers.take(stream->id())) {
    consumer->set_status(ConsumerStatus::kDeleting);
    consumer->end_subscriptions(stream_not_found(stream->place(), stream->name()));
  }
  for (const ShardEntry& entry : shards->all()) {
    service.notifier.forget(entry.live->arrivals_key);  // Wakes those who wait for records.
  }
  co_return api::DeleteStreamOutput{};
}

Reply<api::IncreaseStreamRetentionPeriodOutput> increase_stream_retention_period(
    Service& service, const Context& context, api::IncreaseStreamRetentionPeriodInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.stream_name, input.stream_arn));
  const std::int64_t hours = input.retention_period_hours;
  Decide decide = [hours](StreamConfig config) {
    return decided(with_longer_retention(std::move(config), hours));
  };
  CO_TRY_VOID(co_await change_stream(service, stream, Visible::kAsUpdating, std::move(decide)));
  co_return api::IncreaseStreamRetentionPeriodOutput{};
}

Reply<api::DecreaseStreamRetentionPeriodOutput> decrease_stream_retention_period(
    Service& service, const Context& context, api::DecreaseStreamRetentionPeriodInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.stream_name, input.stream_arn));
  const std::int64_t hours = input.retention_period_hours;
  Decide decide = [hours](StreamConfig config) {
    return decided(with_shorter_retention(std::move(config), hours));
  };
  CO_TRY_VOID(co_await change_stream(service, stream, Visible::kAsUpdating, std::move(decide)));
  // Readers do not see what is too old from now on; here it is erased as well.
  CO_TRY_VOID(co_await run_blocking(service.deps.runtime,
                                    [&service, stream] { return trim_stream(service, *stream); }));
  CO_TRY_VOID(co_await forget_expired_shards(service, stream));
  co_return api::DecreaseStreamRetentionPeriodOutput{};
}

}  // namespace penstock::kinesis
