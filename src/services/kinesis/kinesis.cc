// Loading the streams at start, trimming them while the server runs, and the view for
// reconciliation.
#include "services/kinesis/kinesis.h"

#include "async/runners.h"
#include "services/kinesis/store.h"

namespace penstock::kinesis {
namespace {

Result<std::shared_ptr<LiveStream>> load(const storage::Store& store, StreamConfig config) {
  std::vector<ShardTail> tails;
  for (std::uint32_t i = 0; i < config.shards.size(); ++i) {
    TRY(tails.emplace_back(), load_tail(store, config.id, i));
  }
  TRY(std::vector<StoredWatermark> watermarks, load_watermarks(store, config.id));
  auto stream = std::make_shared<LiveStream>(std::move(config), StreamStatus::kActive, tails);
  for (StoredWatermark& w : watermarks) {
    if (w.shard >= stream->shard_count()) return fail(ErrorKind::kCorrupt, "watermark of no shard");
    stream->shard(w.shard).log.restore(w.producer, std::move(w.watermark));
  }
  return stream;
}

// Erases what arrived in the shard before `millis`.
Status trim_before(Service& service, LiveStream& stream, LiveShard& shard, std::int64_t millis) {
  ShardTail tail;
  const std::uint64_t durable_next = shard.durable_next.load();
  const std::uint64_t horizon = shard.horizon.load();
  TRY(tail.horizon, first_index_since(service.deps.store, stream.id(), shard.index, horizon,
                                      durable_next, millis));
  if (tail.horizon == horizon) return {};
  const std::scoped_lock lock(shard.mutex);
  // A deleted stream is gone from the store: nothing may be written for it any more.
  if (shard.closed) return {};
  tail.next_index = shard.log.next_index();
  tail.last_millis = shard.log.last_millis();
  storage::Batch batch;
  trim_shard(batch, stream.id(), shard.index, tail);
  // Not waited for: what is lost of it by a crash is trimmed again.
  const storage::Commit submitted = service.deps.store.submit(std::move(batch));
  shard.horizon.store(tail.horizon);
  return {};
}

}  // namespace

Service::Service(Dependencies dependencies, Options options_)
    : deps(dependencies), options(options_) {}

Status Service::start() {
  TRY(std::vector<StreamConfig> configs, load_streams(deps.store));
  for (StreamConfig& config : configs) {
    TRY(std::shared_ptr<LiveStream> stream, load(deps.store, std::move(config)));
    streams.insert(std::move(stream));
  }
  deps.runtime.runners().start_every(
      gate, deps.runtime.next_loop(), "kinesis/retention", options.trim_interval,
      [this] { return run_blocking(deps.runtime, [this] { return trim(*this); }); });
  return {};
}

void Service::stop() { gate.close(); }

Status trim(Service& service) {
  const Timestamp now = service.deps.clock.now();
  for (const std::shared_ptr<LiveStream>& stream : service.streams.all()) {
    if (!stream->takes_records()) continue;
    const std::int64_t millis =
        (now - std::chrono::hours(stream->config()->retention_hours)).millis();
    for (std::uint32_t i = 0; i < stream->shard_count(); ++i) {
      TRY_VOID(trim_before(service, *stream, stream->shard(i), millis));
    }
  }
  return {};
}

std::vector<ShardProgress> progress(Service& service) {
  std::vector<ShardProgress> all;
  for (const std::shared_ptr<LiveStream>& stream : service.streams.all()) {
    for (std::uint32_t i = 0; i < stream->shard_count(); ++i) {
      LiveShard& shard = stream->shard(i);
      ShardProgress& entry = all.emplace_back();
      entry.stream_arn = stream->arn();
      entry.shard_id = shard.id;
      entry.records = shard.durable_next.load() - 1;
      entry.newest_arrival_millis = shard.durable_millis.load();
      const std::scoped_lock lock(shard.mutex);
      for (const auto& [id, watermark] : shard.log.producers()) {
        entry.producers.push_back(
            {id, watermark.position, format_sequence(shard.sequence(watermark.last))});
      }
    }
  }
  return all;
}

}  // namespace penstock::kinesis
