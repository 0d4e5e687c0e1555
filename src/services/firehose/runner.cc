// Lanes of put records are known at once; those of a Kinesis source follow its shards.
#include "services/firehose/runner.h"

#include <fmt/format.h>

#include <set>

#include "async/runners.h"
#include "services/firehose/direct_source.h"
#include "services/firehose/firehose.h"
#include "services/firehose/kinesis_source.h"
#include "services/firehose/lane.h"

namespace penstock::firehose {
namespace {

// shards_key is signalled when the lane has ended.
Task<Status> run_lane(std::shared_ptr<Lane> lane, Service& service, std::string shards_key,
                      std::stop_token stop) {
  co_await lane->run(stop);
  service.notifier.notify(shards_key);
  co_return Status();
}

void start_lane(Service& service, const std::shared_ptr<LiveStream>& stream,
                std::unique_ptr<Source> source, const std::string& shard,
                const std::string& shards_key) {
  const auto lane = std::make_shared<Lane>(service, stream, shard, std::move(source));
  Gate& gate = stream->gate;
  service.deps.runtime.runners().start(
      gate, service.deps.runtime.next_loop(),
      shard.empty() ? stream->arn() : fmt::format("{} {}", stream->arn(), shard),
      [lane, &service, shards_key, stop = gate.stop_token()] {
        return run_lane(lane, service, shards_key, stop);
      });
}

// Starts a lane for every shard, and looks for new shards when one has ended (a split or a merge).
// A shard without a position begins at the stream's creation: for one that was made later that is
// its very beginning.
Task<Status> follow_shards(Service& service, std::shared_ptr<LiveStream> stream,
                           std::stop_token stop) {
  const std::string key = fmt::format("shards/{}", stream->id());
  std::set<std::string> known;
  int failures = 0;
  while (!stop.stop_requested()) {
    const std::uint64_t seen = service.notifier.version(key);
    protocol::ApiResult<std::vector<std::string>> shards =
        co_await list_source_shards(service, stream->config());
    if (!shards) {
      ++failures;
      report(service, *stream, *stream->settings(),
             {"Source.ReadFailed", shards.error().message, {}});
      co_await sleep_for(retry_delay(service, failures), stop);
      continue;
    }
    failures = 0;
    for (std::string& shard : *shards) {
      if (!known.insert(shard).second) continue;
      auto source = make_kinesis_source(service, *stream, shard);
      start_lane(service, stream, std::move(source), shard, key);
    }
    co_await service.notifier.wait_beyond(key, seen, std::chrono::hours(1), stop);
  }
  service.notifier.forget(key);
  co_return Status();
}

}  // namespace

void start_lanes(Service& service, std::shared_ptr<LiveStream> stream) {
  if (stream->source() != SourceKind::kKinesisStream) {
    return start_lane(service, stream, make_direct_source(service, *stream), "", "");
  }
  Gate& gate = stream->gate;
  service.deps.runtime.runners().start(gate, service.deps.runtime.next_loop(), stream->arn(),
                                       [&service, stream, stop = gate.stop_token()] {
                                         return follow_shards(service, stream, stop);
                                       });
}

}  // namespace penstock::firehose
