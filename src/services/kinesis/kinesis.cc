// Loading the streams at start, trimming them while the server runs, and the view for
// reconciliation.
#include "services/kinesis/kinesis.h"

#include "async/runners.h"
#include "services/kinesis/change.h"
#include "services/kinesis/consumer_store.h"
#include "services/kinesis/store.h"

namespace penstock::kinesis {
namespace {

Result<std::shared_ptr<LiveStream>> load(const storage::Store& store, StreamConfig config) {
  std::vector<ShardEntry> entries;
  const std::string arn = config.arn();
  for (const ShardSpec& spec : config.shards) {
    TRY(const ShardTail tail, load_tail(store, config.id, spec.index));
    entries.push_back({spec, std::make_shared<LiveShard>(arn, spec, tail)});
  }
  ShardMap shards(std::move(entries));
  TRY(std::vector<StoredWatermarks> watermarks, load_watermarks(store, config));
  for (StoredWatermarks& w : watermarks) {
    shards.find(w.shard)->live->log.restore(w.producer, std::move(w.watermarks));
  }
  return std::make_shared<LiveStream>(std::move(config), StreamStatus::kActive, std::move(shards));
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
  // Deleted: nothing may be written for it any more.
  if (shard.end == LiveShard::End::kGone) return {};
  tail.next_index = shard.log.next_index();
  tail.last_millis = shard.log.last_millis();
  storage::Batch batch;
  trim_shard(batch, stream.id(), shard.index, tail);
  // Not waited for: what is lost of it by a crash is trimmed again.
  const storage::Commit submitted = service.deps.store.submit(std::move(batch));
  shard.horizon.store(tail.horizon);
  return {};
}

Status load_all_consumers(Service& service) {
  TRY(std::vector<ConsumerConfig> configs, load_consumers(service.deps.store));
  std::unordered_map<std::uint64_t, std::string> arns;
  for (const auto& stream : service.streams.all()) arns.emplace(stream->id(), stream->arn());
  for (ConsumerConfig& config : configs) {
    const auto arn = arns.find(config.stream);
    if (arn == arns.end()) return fail(ErrorKind::kCorrupt, "a consumer of no stream is stored");
    service.consumers.insert(
        std::make_shared<LiveConsumer>(std::move(config), arn->second, ConsumerStatus::kActive));
  }
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
  TRY_VOID(load_all_consumers(*this));
  TRY(auto settings, load_accounts(deps.store));
  accounts.restore(std::move(settings));
  scaled_at = deps.clock.monotonic();
  deps.runtime.runners().start_every(gate, deps.runtime.next_loop(), "kinesis/on-demand",
                                     options.scale_interval,
                                     [this] { return scale_on_demand(*this); });
  deps.runtime.runners().start_every(gate, deps.runtime.next_loop(), "kinesis/retention",
                                     options.trim_interval,
                                     [this] { return keep_retention(*this); });
  return {};
}

void Service::stop() { gate.close(); }

Status trim_stream(Service& service, LiveStream& stream) {
  if (!stream.takes_records()) return {};
  const auto kept = std::chrono::hours(stream.config()->retention_hours);
  const std::int64_t millis = (service.deps.clock.now() - kept).millis();
  const ShardMapPtr shards = stream.shards();
  for (const ShardEntry& entry : shards->all()) {
    TRY_VOID(trim_before(service, stream, *entry.live, millis));
  }
  return {};
}

Status trim(Service& service) {
  for (const std::shared_ptr<LiveStream>& stream : service.streams.all()) {
    TRY_VOID(trim_stream(service, *stream));
  }
  return {};
}

Task<Status> keep_retention(Service& service) {
  CO_TRY_VOID(co_await run_blocking(service.deps.runtime, [&service] { return trim(service); }));
  for (const std::shared_ptr<LiveStream>& stream : service.streams.all()) {
    CO_TRY_VOID(co_await forget_expired_shards(service, stream));
  }
  co_return Status();
}

std::vector<ShardProgress> progress(Service& service) {
  std::vector<ShardProgress> all;
  for (const std::shared_ptr<LiveStream>& stream : service.streams.all()) {
    const ShardMapPtr shards = stream->shards();
    for (const ShardEntry& shown : shards->all()) {
      LiveShard& shard = *shown.live;
      ShardProgress& entry = all.emplace_back();
      entry.stream_arn = stream->arn();
      entry.shard_id = shard.id;
      entry.records = shard.durable_next.load() - 1;
      entry.newest_arrival_millis = shard.durable_millis.load();
      if (!shown.spec.is_open()) continue;  // Its producers go on in its children.
      const std::scoped_lock lock(shard.mutex);
      for (const auto& [id, watermarks] : shard.log.producers()) {
        const Watermark& furthest = newest(watermarks);
        entry.producers.push_back({id, furthest.position, format_sequence(furthest.last)});
      }
    }
    // A counter of records does not go back when a shard is forgotten.
    if (!all.empty()) all.back().records += stream->config()->records_gone;
  }
  return all;
}

}  // namespace penstock::kinesis
