// Lanes of put records are known at once; those of a Kinesis source follow its shards.
#include "services/firehose/runner.h"

#include <fmt/format.h>

#include <set>

#include "services/firehose/direct_source.h"
#include "services/firehose/firehose.h"
#include "services/firehose/kinesis_source.h"
#include "services/firehose/lane.h"

namespace penstock::firehose {
namespace {

// The lane lives as long as its coroutine; shards_key is signalled when it has ended.
Task<void> run_lane(std::unique_ptr<Lane> lane, Service& service, std::string shards_key,
                    std::stop_token stop) {
  co_await lane->run(stop);
  service.notifier.notify(shards_key);
}

// Starts a lane for every shard, and looks for new shards when one has ended (a split or a merge).
// A shard without a position begins at the stream's creation: for one that was made later that is
// its very beginning.
Task<void> follow_shards(Service& service, std::shared_ptr<LiveStream> stream,
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
      auto lane = std::make_unique<Lane>(service, stream, std::move(shard), std::move(source));
      stream->gate.spawn(service.deps.runtime.next_loop(),
                         run_lane(std::move(lane), service, key, stop));
    }
    co_await service.notifier.wait_beyond(key, seen, std::chrono::hours(1), stop);
  }
  service.notifier.forget(key);
}

}  // namespace

void start_lanes(Service& service, std::shared_ptr<LiveStream> stream) {
  Gate& gate = stream->gate;
  Executor& executor = service.deps.runtime.next_loop();
  const std::stop_token stop = gate.stop_token();
  if (stream->source() == SourceKind::kKinesisStream) {
    gate.spawn(executor, follow_shards(service, std::move(stream), stop));
    return;
  }
  auto source = make_direct_source(service, *stream);
  auto lane = std::make_unique<Lane>(service, std::move(stream), "", std::move(source));
  gate.spawn(executor, run_lane(std::move(lane), service, "", stop));
}

}  // namespace penstock::firehose
