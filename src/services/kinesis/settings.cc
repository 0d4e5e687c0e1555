// What a stream is allowed: UpdateMaxRecordSize, UpdateStreamWarmThroughput, UpdateStreamMode, and
// the settings of the account; and the runner that gives on-demand streams room.
#include <fmt/format.h>

#include <algorithm>

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

api::MinimumThroughputBillingCommitmentOutput to_api(const AccountSettings& settings,
                                                     Timestamp now) {
  api::MinimumThroughputBillingCommitmentOutput out;
  out.status = commitment_status(settings, now);
  out.started_at = settings.started;
  if (settings.is_committed(now)) {
    out.earliest_allowed_end_at = *settings.started + kCommitment;
  } else {
    out.ended_at = settings.ended;
  }
  return out;
}

// The shards that were asked for in advance, for a stream that may have them.
Decide warm_throughput(Service& service, Place place, std::int64_t target, Timestamp now) {
  return [&service, place = std::move(place), target,
          now](StreamConfig config) -> ApiResult<StreamConfig> {
    TRY_VOID(check_warm_throughput(service, place, config.mode, now));
    const std::size_t before = open_count(config.shards);
    TRY(StreamConfig after, decided(with_warm_throughput(std::move(config), target, now)));
    TRY_VOID(check_shard_quota(place, service.streams.open_shards(place),
                               open_count(after.shards) - before));
    return after;
  };
}

// What was written to the open shards since the last time.
Loads take_loads(const LiveStream& stream) {
  Loads loads;
  const ShardMapPtr shards = stream.shards();
  for (const ShardEntry& entry : shards->all()) {
    if (!entry.spec.is_open()) continue;
    const std::scoped_lock lock(entry.live->mutex);
    loads[entry.spec.index] = std::exchange(entry.live->load, {});
  }
  return loads;
}

}  // namespace

ApiResult<void> check_on_demand_quota(Service& service, const Place& place) {
  const auto streams = service.streams.list(place);
  const auto on_demand = std::ranges::count_if(
      streams, [](const auto& stream) { return stream->config()->mode == StreamMode::kOnDemand; });
  if (static_cast<std::size_t>(on_demand) < limits::kKinesisOnDemandStreamsMax) return {};
  return protocol::refuse(
      "LimitExceededException",
      fmt::format("This request would exceed the on-demand stream limit of {} for the account {}.",
                  limits::kKinesisOnDemandStreamsMax, place.account));
}

ApiResult<void> check_warm_throughput(Service& service, const Place& place, StreamMode mode,
                                      Timestamp now) {
  // Documented conditions; the wording is deduced.
  if (mode != StreamMode::kOnDemand) {
    return std::unexpected(
        validation("WarmThroughputMiBps is supported for streams with StreamMode=ON_DEMAND only."));
  }
  if (!service.accounts.get(place).is_committed(now)) {
    return std::unexpected(
        validation("WarmThroughputMiBps is supported only in accounts that have "
                   "MinimumThroughputBillingCommitment enabled."));
  }
  return {};
}

Reply<api::UpdateMaxRecordSizeOutput> update_max_record_size(Service& service,
                                                             const Context& context,
                                                             api::UpdateMaxRecordSizeInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, std::nullopt, input.stream_arn));
  const auto kib = static_cast<std::uint32_t>(input.max_record_size_in_ki_b);
  Decide decide = [kib](StreamConfig config) -> ApiResult<StreamConfig> {
    config.record_kib_max = kib;
    return config;
  };
  CO_TRY_VOID(co_await change_stream(service, stream, Visible::kAsUpdating, std::move(decide)));
  co_return api::UpdateMaxRecordSizeOutput{};
}

Reply<api::UpdateStreamWarmThroughputOutput> update_stream_warm_throughput(
    Service& service, const Context& context, api::UpdateStreamWarmThroughputInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.stream_name, input.stream_arn));
  CO_TRY_VOID(
      co_await reshard(service, stream,
                       warm_throughput(service, stream->place(), input.warm_throughput_mi_bps,
                                       service.deps.clock.now())));
  const std::shared_ptr<const StreamConfig> config = stream->config();
  api::UpdateStreamWarmThroughputOutput output;
  output.stream_name = stream->name();
  output.stream_arn = stream->arn();
  output.warm_throughput.emplace();
  output.warm_throughput->target_mi_bps = static_cast<std::int32_t>(config->warm_mibps);
  output.warm_throughput->current_mi_bps =
      static_cast<std::int32_t>(current_warm_throughput(*config));
  co_return output;
}

Reply<api::UpdateStreamModeOutput> update_stream_mode(Service& service, const Context& context,
                                                      api::UpdateStreamModeInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, std::nullopt, input.stream_arn));
  const StreamMode mode = parse_mode(input.stream_mode_details.stream_mode).value();
  const Timestamp now = service.deps.clock.now();
  const std::optional<std::int32_t> warm = input.warm_throughput_mi_bps;
  Decide decide = [&service, stream, mode, now,
                   warm](StreamConfig config) -> ApiResult<StreamConfig> {
    if (mode == StreamMode::kOnDemand && config.mode != mode) {
      TRY_VOID(check_on_demand_quota(service, stream->place()));
    }
    TRY(StreamConfig after, decided(with_mode(std::move(config), mode, now)));
    if (mode == StreamMode::kProvisioned) after.warm_mibps = 0;
    if (!warm) return after;
    return warm_throughput(service, stream->place(), *warm, now)(std::move(after));
  };
  CO_TRY_VOID(co_await reshard(service, stream, std::move(decide)));
  co_return api::UpdateStreamModeOutput{};
}

Reply<api::DescribeAccountSettingsOutput> describe_account_settings(
    Service& service, const Context& context, api::DescribeAccountSettingsInput) {
  api::DescribeAccountSettingsOutput output;
  output.minimum_throughput_billing_commitment =
      to_api(service.accounts.get(context.place()), service.deps.clock.now());
  co_return output;
}

Reply<api::UpdateAccountSettingsOutput> update_account_settings(
    Service& service, const Context& context, api::UpdateAccountSettingsInput input) {
  const Place place = context.place();
  Turns::Turn turn = co_await service.turns.enter(turn_key(place, {}));
  const Timestamp now = service.deps.clock.now();
  const AccountSettings settings =
      with_commitment(service.accounts.get(place),
                      input.minimum_throughput_billing_commitment.status == "ENABLED", now);
  storage::Batch batch;
  put_account(batch, place, settings);
  const storage::Commit submitted = service.deps.store.submit(std::move(batch));
  service.accounts.set(place, settings);
  turn.leave();
  CO_TRY_VOID(co_await submitted.durable());
  api::UpdateAccountSettingsOutput output;
  output.minimum_throughput_billing_commitment = to_api(settings, now);
  co_return output;
}

Task<Status> scale_on_demand(Service& service) {
  const std::chrono::microseconds now = service.deps.clock.monotonic();
  const double seconds = std::chrono::duration<double>(now - service.scaled_at).count();
  service.scaled_at = now;
  if (seconds <= 0) co_return Status();
  for (const std::shared_ptr<LiveStream>& stream : service.streams.all()) {
    const Loads loads = take_loads(*stream);
    const std::shared_ptr<const StreamConfig> config = stream->config();
    const Timestamp at = service.deps.clock.now();
    if (config->mode != StreamMode::kOnDemand || stream->status() != StreamStatus::kActive)
      continue;
    if (with_room_for(*config, loads, seconds, at).shards == config->shards) continue;
    Decide decide = [loads, seconds, at](StreamConfig before) -> ApiResult<StreamConfig> {
      if (before.mode != StreamMode::kOnDemand) return before;
      return with_room_for(std::move(before), loads, seconds, at);
    };
    // Refused when something else changes the stream: what it needs shows again in a minute.
    const auto done = co_await reshard(service, stream, std::move(decide));
    if (!done && done.error().status >= 500) {
      co_return fail(ErrorKind::kIo, stream->name() + ": " + done.error().message);
    }
  }
  co_return Status();
}

}  // namespace penstock::kinesis
