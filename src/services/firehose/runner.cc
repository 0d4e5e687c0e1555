// Lanes of put records are known at once; those of a Kinesis source follow its shards, parents
// before children (src/stream).
#include "services/firehose/runner.h"

#include "async/runners.h"
#include "services/firehose/direct_source.h"
#include "services/firehose/firehose.h"
#include "services/firehose/kinesis_source.h"
#include "services/firehose/lane.h"
#include "stream/follower.h"

namespace penstock::firehose {
namespace {

Task<Status> run_direct(std::shared_ptr<Lane> lane, std::stop_token stop) {
  co_await lane->run(std::move(stop));
  co_return Status();
}

// The lane knows better than the start where it is: its position commits with its objects.
Task<Result<stream::LaneEnd>> run_shard(Service& service, std::shared_ptr<LiveStream> stream,
                                        std::shared_ptr<KinesisFeed> feed,
                                        stream::LaneStart start) {
  auto source = make_kinesis_source(service, *stream, std::move(feed), start);
  Lane lane(service, std::move(stream), start.shard, std::move(source));
  co_await lane.run(start.stop);
  co_return stream::LaneEnd{lane.finished(), std::move(start.position)};
}

void start_direct(Service& service, const std::shared_ptr<LiveStream>& stream) {
  auto lane =
      std::make_shared<Lane>(service, stream, std::string(), make_direct_source(service, *stream));
  Gate& gate = stream->gate;
  service.deps.runtime.runners().start(
      gate, service.deps.runtime.next_loop(), stream->arn(),
      [lane, stop = gate.stop_token()] { return run_direct(lane, stop); });
}

}  // namespace

void start_lanes(Service& service, std::shared_ptr<LiveStream> stream) {
  if (stream->source() != SourceKind::kKinesisStream) return start_direct(service, stream);
  const std::shared_ptr<const StreamConfig> config = stream->config();
  const auto feed = std::make_shared<KinesisFeed>(service, *config);
  stream::FollowerSetting setting{.reader = stream->arn(),
                                  .runtime = service.deps.runtime,
                                  .store = service.deps.store,
                                  .clock = service.deps.clock,
                                  .source = *feed->source,
                                  .stats = feed->stats,
                                  .space = shards_of(config->id),
                                  .starting_position = "AT_TIMESTAMP",
                                  .starting_timestamp = config->created};
  setting.on_error = [&service, stream = stream.get()](const protocol::ApiError& error) {
    report(service, *stream, *stream->settings(), {"Source.ReadFailed", error.message, {}});
  };
  // Its work is the stream's, whose gate ends it; the lanes hold on to what they read from.
  std::make_shared<stream::Follower>(std::move(setting), [&service, stream,
                                                          feed](stream::LaneStart start) {
    return run_shard(service, stream, feed, std::move(start));
  })->start(stream->gate);
}

}  // namespace penstock::firehose
