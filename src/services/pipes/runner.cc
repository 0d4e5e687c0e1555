// A pipe's part of reading its source: as whom, from where, and by which rules.
#include "services/pipes/runner.h"

#include <fmt/format.h>

#include "services/pipes/lane.h"

namespace penstock::pipes {
namespace {

stream::LaneRules rules_of(const PipeConfig& config) {
  const SourceSettings& settings = config.settings;
  stream::LaneRules rules;
  rules.batch.records_max = static_cast<std::size_t>(settings.batch_size);
  rules.batch.window = std::chrono::seconds(settings.window_seconds);
  rules.batch.sub_lanes = static_cast<std::uint32_t>(settings.parallelization_factor);
  rules.retry.retries_max = settings.retry_attempts_max;
  if (settings.record_age_seconds_max >= 0) {
    rules.retry.age_max = std::chrono::seconds(settings.record_age_seconds_max);
  }
  rules.retry.bisect = settings.bisect;
  return rules;
}

}  // namespace

std::string producer_id(const PipeConfig& config, std::string_view shard,
                        stream::SubLane sub_lane) {
  if (sub_lane.count == 1) return fmt::format("pipe/{:016x}/{}", config.id, shard);
  return fmt::format("pipe/{:016x}/{}/{}.{}", config.id, shard, sub_lane.count, sub_lane.index);
}

protocol::Context role_context(const PipeConfig& config) {
  protocol::Context context;
  context.account = config.place.account;
  context.region = config.place.region;
  context.principal_arn = protocol::session_arn(config.role_arn, config.name);
  return context;
}

std::unique_ptr<stream::Source> make_source(const Dependencies& deps, const PipeConfig& config) {
  if (config.source_kind == SourceKind::kDynamoDbStream) {
    return stream::make_dynamodb_source(dynamodbstreams::Client(deps.dynamodbstreams),
                                        config.source, role_context(config));
  }
  if (config.source_kind == SourceKind::kKafka) {
    return std::make_unique<TopicSource>(deps.runtime, config);
  }
  return stream::make_kinesis_source(kinesis::Client(deps.kinesis), config.source,
                                     role_context(config));
}

Runner::Runner(Dependencies& deps, Gate& calls, PipeStats& stats, PipeConfig config)
    : deps_(deps),
      calls_(calls),
      stats_(stats),
      config_(std::move(config)),
      space_(positions_of(config_.id)),
      rules_(rules_of(config_)),
      log_(deps.targets(), config_) {
  if (config_.source_kind == SourceKind::kSqsQueue) {
    queue_ = std::make_unique<SqsSource>(carrier_setting(), stats_);
    return;
  }
  source_ = make_source(deps_, config_);
  if (config_.source_kind == SourceKind::kKafka) kafka_ = static_cast<TopicSource*>(source_.get());
  follower_ = std::make_shared<stream::Follower>(
      stream::FollowerSetting{config_.arn(), deps_.runtime, deps_.store, deps_.clock, *source_,
                              stats_, space_, config_.starting_position, config_.starting_timestamp,
                              rules_.batch.sub_lanes},
      [this](stream::LaneStart start) { return run_lane(std::move(start)); });
}

void Runner::start() {
  log_.start(deps_.runtime.next_loop());
  if (queue_) {
    queue_->start(gate_);
  } else {
    follower_->start(gate_);
  }
}

Task<void> Runner::stop() {
  co_await gate_.closed();
  co_await log_.stop();
}

void Runner::close() {
  gate_.close();
  log_.close();
}

Task<void> Runner::begun(std::chrono::milliseconds timeout, std::stop_token stop) {
  if (follower_) co_await follower_->begun(timeout, std::move(stop));
}

Task<Result<stream::LaneEnd>> Runner::run_lane(stream::LaneStart start) {
  CO_TRY(auto failed,
         load_failed_beyond(deps_.store, config_.id, start.shard, start.position.sequence));
  protocol::Arrivals& arrivals = kafka_ != nullptr ? kafka_->arrivals()
                                 : config_.source_kind == SourceKind::kDynamoDbStream
                                     ? deps_.dynamodb_arrivals
                                     : deps_.kinesis_arrivals;
  Lane lane(carrier_setting(), start.shard, std::move(failed), kafka_);
  co_return co_await stream::run_shard_lane(
      {*source_, arrivals, deps_.store, deps_.clock, stats_, space_, rules_, config_.arn()},
      std::move(start), lane);
}

}  // namespace penstock::pipes
