// A mapping of a Kinesis or DynamoDB stream, running: the stream reader follows the shards, and a
// consumer per shard invokes the function.
#include "services/lambda/errors.h"
#include "services/lambda/mapping_consumer.h"
#include "stream/follower.h"
#include "stream/shard_lane.h"

namespace penstock::lambda {
namespace {

constexpr std::chrono::seconds kBeginPatience{5};
// Of the 6,291,456 bytes of a request, for what stands around the records.
constexpr std::size_t kEnvelopeBytes = 64;
constexpr std::size_t kWindowEnvelopeBytes = 1'024;  // And around the state of a window.

class StreamRun final : public MappingRun {
 public:
  StreamRun(Service& service, std::shared_ptr<const Mapping> mapping,
            std::shared_ptr<MappingResult> result, std::string role_arn)
      : service_(service),
        mapping_(std::move(mapping)),
        result_(std::move(result)),
        context_(mapping_context(*mapping_, role_arn)),
        event_source_{mapping_->source_arn, mapping_->place.region, std::move(role_arn)},
        source_(make_source()),
        space_(stream::PositionSpace::of_reader("lambda/" + mapping_->uuid)),
        rules_(make_rules()) {
    auto filters = MappingFilters::make(*mapping_);
    CHECK(filters.has_value());  // They were parsed before they were stored.
    filters_ = std::make_shared<const MappingFilters>(std::move(*filters));
    stream::FollowerSetting setting{.reader = mapping_->arn(),
                                    .runtime = service_.deps.runtime,
                                    .store = service_.deps.store,
                                    .clock = service_.deps.clock,
                                    .source = *source_,
                                    .stats = stats_,
                                    .space = space_,
                                    .starting_position = mapping_->start,
                                    .starting_timestamp = mapping_->start_time,
                                    .sub_lanes = rules_.batch.sub_lanes};
    follower_ = std::make_shared<stream::Follower>(
        std::move(setting), [this](stream::LaneStart start) { return run_lane(std::move(start)); });
  }
  ~StreamRun() override = default;

  void start() override { follower_->start(gate_); }
  Task<void> begun(std::stop_token stop) override {
    co_await follower_->begun(kBeginPatience, std::move(stop));
  }
  void request_stop() override { gate_.request_stop(); }
  Task<void> stopped() override { co_await gate_.closed(); }
  void stop() override { gate_.close(); }

 private:
  std::unique_ptr<stream::Source> make_source() {
    if (mapping_->source == Mapping::Source::kKinesis) {
      return stream::make_kinesis_source(kinesis::Client(*service_.deps.kinesis),
                                         mapping_->source_arn, context_);
    }
    return stream::make_dynamodb_source(dynamodbstreams::Client(*service_.deps.dynamodbstreams),
                                        mapping_->source_arn, context_);
  }

  stream::LaneRules make_rules() const {
    stream::LaneRules rules;
    rules.batch.records_max = static_cast<std::size_t>(mapping_->batch_size);
    rules.batch.window = std::chrono::seconds(mapping_->window_seconds);
    rules.batch.payload_max = limits::kStreamPayloadBytes - kEnvelopeBytes;
    rules.batch.sub_lanes = static_cast<std::uint32_t>(mapping_->parallelization);
    rules.batch.tumbling = std::chrono::seconds(mapping_->tumbling_seconds);
    if (mapping_->tumbling_seconds > 0) {
      rules.batch.payload_max -= kWindowStateMax + kWindowEnvelopeBytes;
    }
    rules.retry.retries_max = mapping_->retries_max;
    if (mapping_->age_seconds_max >= 0) {
      rules.retry.age_max = std::chrono::seconds(mapping_->age_seconds_max);
    }
    rules.retry.bisect = mapping_->bisect;
    return rules;
  }

  Task<Result<stream::LaneEnd>> run_lane(stream::LaneStart start) {
    FunctionConsumer consumer({service_, mapping_, filters_, result_, event_source_, context_},
                              start.shard);
    CO_TRY_VOID(consumer.load_window());
    // The state of a window is that of the whole shard; a function does not know repetitions by the
    // sub-lanes of former days.
    if (consumer.deadline() || mapping_->tumbling_seconds > 0) start.position.lanes = 1;
    // From before an update: it is over, and several sub-lanes would end it several times.
    if (consumer.deadline() && rules_.batch.sub_lanes > 1) co_await consumer.close(start.stop);
    stream::LaneSetting setting{.source = *source_,
                                .arrivals = arrivals(),
                                .store = service_.deps.store,
                                .clock = service_.deps.clock,
                                .stats = stats_,
                                .space = space_,
                                .rules = rules_,
                                .reader = mapping_->arn()};
    co_return co_await stream::run_shard_lane(std::move(setting), std::move(start), consumer);
  }

  protocol::Arrivals& arrivals() {
    return mapping_->source == Mapping::Source::kKinesis ? *service_.deps.kinesis_arrivals
                                                         : *service_.deps.dynamodb_arrivals;
  }

  Service& service_;
  const std::shared_ptr<const Mapping> mapping_;
  const std::shared_ptr<MappingResult> result_;
  const protocol::Context context_;
  const EventSource event_source_;
  std::shared_ptr<const MappingFilters> filters_;
  stream::ReaderStats stats_;
  const std::unique_ptr<stream::Source> source_;
  const stream::PositionSpace space_;
  const stream::LaneRules rules_;
  std::shared_ptr<stream::Follower> follower_;
  Gate gate_;
};

}  // namespace

std::unique_ptr<MappingRun> make_stream_run(Service& service,
                                            std::shared_ptr<const Mapping> mapping,
                                            std::shared_ptr<MappingResult> result,
                                            std::string role_arn) {
  return std::make_unique<StreamRun>(service, std::move(mapping), std::move(result),
                                     std::move(role_arn));
}

}  // namespace penstock::lambda
