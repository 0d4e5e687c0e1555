// Changes of a stream: decided under its turn, visible as UPDATING, durable before the reply.
//
// A resharding takes the locks of the shards that it closes, so each record is before it, in a
// parent, or after it, in a child, on the disk as well: the store keeps the order of submission.
#include "services/kinesis/change.h"

#include <algorithm>
#include <map>
#include <utility>

#include "async/turns.h"
#include "base/crash_points.h"
#include "services/kinesis/consumer_store.h"
#include "services/kinesis/errors.h"
#include "services/kinesis/find_consumer.h"
#include "services/kinesis/kinesis.h"
#include "services/kinesis/reshard.h"
#include "services/kinesis/store.h"

namespace penstock::kinesis {
namespace {

// A resharding between its decision and its commit.
struct Resharding {
  ShardMapPtr before;
  ShardMapPtr after;
  std::vector<std::shared_ptr<LiveShard>> closing;  // Those that took records, by number.
  std::uint64_t version = 0;
  std::optional<storage::Commit> commit;
  struct Tail {
    std::uint64_t next = 0;
    std::int64_t millis = 0;
  };
  std::vector<Tail> tails;  // Of `closing`: where they end.
};

std::vector<Parent> parents_of(const ShardSpec& child,
                               const std::map<std::uint32_t, ShardEntry>& shards) {
  std::vector<Parent> parents;
  for (const auto& index : {child.parent, child.adjacent_parent}) {
    if (!index) continue;
    const ShardEntry& parent = shards.at(*index);
    parents.push_back({parent.spec.range, &parent.live->log});
  }
  return parents;
}

// The shards as `config` has them: those that there are already, and new ones with what they
// inherit. Requires: the locks of the shards that close.
ShardMap shards_after(const StreamConfig& config, const ShardMap& before, std::string_view arn) {
  std::map<std::uint32_t, ShardEntry> shards;
  for (const ShardSpec& spec : config.shards) {
    if (const ShardEntry* known = before.find(spec.index)) {
      shards.emplace(spec.index, ShardEntry{spec, known->live});
      continue;
    }
    // A short-lived one may inherit from another, which has a lower number.
    auto live = std::make_shared<LiveShard>(arn, spec, ShardTail{});
    inherit(live->log, spec.range, parents_of(spec, shards));
    shards.emplace(spec.index, ShardEntry{spec, std::move(live)});
  }
  std::vector<ShardEntry> entries;
  for (auto& [index, entry] : shards) entries.push_back(std::move(entry));
  return ShardMap(std::move(entries));
}

storage::Batch batch_of(const StreamConfig& config, const Resharding& change) {
  storage::Batch batch;
  put_stream(batch, config);
  for (const auto& shard : change.closing) erase_watermarks(batch, config.id, shard->index);
  for (const ShardEntry& entry : change.after->all()) {
    if (!entry.spec.is_open() || change.before->find(entry.spec.index) != nullptr) continue;
    for (const auto& [producer, watermarks] : entry.live->log.producers()) {
      put_watermarks(batch, config.id, entry.spec.index, producer, watermarks);
    }
  }
  return batch;
}

// Not a coroutine: the locks are held from the inheritance to the submission and no longer.
Status submit_resharding(Service& service, LiveStream& stream, const StreamConfig& config,
                         Resharding& change) {
  change.before = stream.writing();
  for (const ShardEntry& entry : change.before->all()) {
    const ShardSpec* spec = find_spec(config.shards, entry.spec.index);
    if (entry.spec.is_open() && !spec->is_open()) change.closing.push_back(entry.live);
  }
  std::vector<std::unique_lock<std::mutex>> locks;  // In shard order, as everyone takes them.
  for (const auto& shard : change.closing) locks.emplace_back(shard->mutex);
  change.after =
      std::make_shared<const ShardMap>(shards_after(config, *change.before, stream.arn()));
  crash_point("kinesis.reshard");
  change.commit.emplace(service.deps.store.submit(batch_of(config, change)));
  if (auto waiter = change.commit->durable(); waiter.await_ready()) {
    // Refused at the door: nothing has changed.
    TRY_VOID(waiter.await_resume());
  }
  for (const auto& shard : change.closing) {
    shard->end = LiveShard::End::kClosed;
    change.tails.push_back({shard->log.next_index(), shard->log.last_millis()});
  }
  change.version = stream.write_to(change.after);
  return {};
}

// The resharding is durable, and with it everything that was submitted before.
void publish(Service& service, LiveStream& stream, const Resharding& change) {
  for (std::size_t i = 0; i < change.closing.size(); ++i) {
    change.closing[i]->publish(change.tails[i].next, change.tails[i].millis);
  }
  stream.publish_shards(change.after, change.version);
  // Those who wait at the end of a parent are to look at its children.
  for (const auto& shard : change.closing) service.notifier.notify(shard->arrivals_key);
}

// The stream without the shards of these numbers.
StreamConfig without_shards(const StreamConfig& config, const ShardMap& shards,
                            const std::vector<std::uint32_t>& expired) {
  StreamConfig after = config;
  const auto is_expired = [&](std::uint32_t index) {
    return std::ranges::binary_search(expired, index);
  };
  std::erase_if(after.shards, [&](const ShardSpec& shard) { return is_expired(shard.index); });
  for (const std::uint32_t index : expired) {
    after.records_gone += shards.find(index)->live->durable_next.load() - 1;
  }
  return after;
}

}  // namespace

std::uint64_t turn_key(const Place& place, std::string_view name) {
  return hash_bytes(name, hash_bytes(place.region, hash_bytes(place.account)));
}

protocol::ApiResult<StreamConfig> decided(Result<StreamConfig> config) {
  if (!config) return std::unexpected(refusal(config.error()));
  return std::move(*config);
}

protocol::Reply<std::monostate> change_stream(Service& service, std::shared_ptr<LiveStream> stream,
                                              Visible visible, Decide decide) {
  Turns::Turn turn = co_await service.turns.enter(turn_key(stream->place(), stream->name()));
  const std::shared_ptr<const StreamConfig> before = stream->config();
  if (stream->status() == StreamStatus::kDeleting) {
    co_return std::unexpected(stream_not_found(stream->place(), stream->name()));
  }
  CO_TRY(StreamConfig after, decide(*before));
  if (visible == Visible::kAsUpdating && !stream->apply(StreamEvent::kBeginUpdate)) {
    co_return std::unexpected(stream_not_active(stream->place(), stream->name(), stream->status()));
  }
  storage::Batch batch;
  put_stream(batch, after);
  const storage::Commit submitted = service.deps.store.submit(std::move(batch));
  stream->set_config(std::move(after));
  turn.leave();
  const Status durable = co_await submitted.durable();
  if (visible == Visible::kAsUpdating) stream->apply(StreamEvent::kCommitted);
  if (!durable) {
    stream->set_config(*before);
    co_return std::unexpected(protocol::ApiError(durable.error()));
  }
  co_return std::monostate{};
}

protocol::Reply<std::monostate> reshard(Service& service, std::shared_ptr<LiveStream> stream,
                                        Decide decide) {
  Turns::Turn turn = co_await service.turns.enter(turn_key(stream->place(), stream->name()));
  const std::shared_ptr<const StreamConfig> before = stream->config();
  if (stream->status() == StreamStatus::kDeleting) {
    co_return std::unexpected(stream_not_found(stream->place(), stream->name()));
  }
  CO_TRY(StreamConfig after, decide(*before));
  if (!stream->apply(StreamEvent::kBeginUpdate)) {
    co_return std::unexpected(stream_not_active(stream->place(), stream->name(), stream->status()));
  }
  Resharding change;
  Status status = submit_resharding(service, *stream, after, change);
  if (status) {
    stream->set_config(std::move(after));
    turn.leave();
    status = co_await change.commit->durable();
    // When it failed every later write fails too, until the restart that finds the shards as
    // before.
    if (status) publish(service, *stream, change);
  }
  stream->apply(StreamEvent::kCommitted);
  if (!status) co_return std::unexpected(protocol::ApiError(status.error()));
  co_return std::monostate{};
}

Task<Status> forget_expired_shards(Service& service, std::shared_ptr<LiveStream> stream) {
  Turns::Turn turn = co_await service.turns.enter(turn_key(stream->place(), stream->name()));
  const std::shared_ptr<const StreamConfig> before = stream->config();
  const std::vector<std::uint32_t> expired = expired_shards(*before, service.deps.clock.now());
  // While something else changes the shards the next round will do.
  if (expired.empty() || stream->status() != StreamStatus::kActive) co_return Status();
  const ShardMapPtr shards = stream->writing();
  StreamConfig after = without_shards(*before, *shards, expired);
  storage::Batch batch;
  put_stream(batch, after);
  std::vector<ShardEntry> kept;
  std::vector<std::shared_ptr<LiveShard>> gone;
  for (const ShardEntry& entry : shards->all()) {
    if (!std::ranges::binary_search(expired, entry.spec.index)) {
      kept.push_back(entry);
      continue;
    }
    erase_shard(batch, stream->id(), entry.spec.index);
    gone.push_back(entry.live);
    const std::scoped_lock lock(entry.live->mutex);
    entry.live->end = LiveShard::End::kGone;
  }
  const storage::Commit submitted = service.deps.store.submit(std::move(batch));
  stream->set_config(std::move(after));
  auto remaining = std::make_shared<const ShardMap>(ShardMap(std::move(kept)));
  const std::uint64_t version = stream->write_to(remaining);
  turn.leave();
  CO_TRY_VOID(co_await submitted.durable());
  stream->publish_shards(std::move(remaining), version);
  for (const auto& shard : gone) service.notifier.forget(shard->arrivals_key);
  co_return Status();
}

protocol::Reply<std::monostate> change_consumer(Service& service,
                                                std::shared_ptr<LiveConsumer> consumer,
                                                DecideConsumer decide) {
  const std::optional<StreamName> stream = parse_stream_arn(consumer->stream_arn());
  Turns::Turn turn = co_await service.turns.enter(turn_key(stream->place, stream->name));
  if (service.consumers.find(consumer->stream_id(), consumer->name()) != consumer ||
      consumer->status() == ConsumerStatus::kDeleting) {
    co_return std::unexpected(consumer_not_found(*consumer));
  }
  const std::shared_ptr<const ConsumerConfig> before = consumer->config();
  Result<ConsumerConfig> decided = decide(*before);
  if (!decided) co_return std::unexpected(refusal(decided.error()));
  storage::Batch batch;
  put_consumer(batch, *decided);
  const storage::Commit submitted = service.deps.store.submit(std::move(batch));
  consumer->set_config(std::move(*decided));
  turn.leave();
  if (const Status durable = co_await submitted.durable(); !durable) {
    consumer->set_config(*before);
    co_return std::unexpected(protocol::ApiError(durable.error()));
  }
  co_return std::monostate{};
}

}  // namespace penstock::kinesis
