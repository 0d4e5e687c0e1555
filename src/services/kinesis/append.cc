// Assigning and submitting under the locks of the shards concerned; waiting for the disk outside
// them. GetRecords, and every consumer's checkpoint, depends on sequence numbers being handed out
// in the order in which records become durable.
#include "services/kinesis/append.h"

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "base/crash_points.h"
#include "base/limits.h"
#include "services/kinesis/errors.h"
#include "services/kinesis/kinesis.h"

namespace penstock::kinesis {
namespace {

using protocol::ApiError;
using protocol::Producer;

// Which shard takes which record, as the shards are at one moment.
struct Route {
  ShardMapPtr map;                 // Keeps the shards.
  std::vector<LiveShard*> owner;   // Of each record.
  std::vector<LiveShard*> shards;  // Each once, in the order of their numbers.
};

Route route_of(const LiveStream& stream, const std::vector<NewRecord>& records) {
  Route route{stream.writing(), {}, {}};
  route.owner.reserve(records.size());
  for (const NewRecord& record : records) route.owner.push_back(&route.map->owner(record.hash));
  route.shards = route.owner;
  std::ranges::sort(route.shards, {}, &LiveShard::index);
  const auto same = std::ranges::unique(route.shards);
  route.shards.erase(same.begin(), same.end());
  return route;
}

// How far a shard has come in this append.
struct Reached {
  LiveShard* shard;
  std::uint64_t next = 0;
  std::int64_t millis = 0;
};

struct Submission {
  std::optional<storage::Commit> commit;
  std::vector<Placed> placed;
  std::vector<Reached> reached;
};

// What a producer's watermarks were before, per shard in the order of the shards.
using Before = std::vector<std::optional<Watermarks>>;

Before watermarks_of(const Route& route, const Producer& producer) {
  Before before;
  for (const LiveShard* shard : route.shards) {
    const Watermarks* watermarks = shard->log.find_producer(producer.id);
    before.push_back(watermarks ? std::optional(*watermarks) : std::nullopt);
  }
  return before;
}

void restore(const Route& route, const Producer& producer, Before before) {
  for (std::size_t i = 0; i < route.shards.size(); ++i) {
    ShardLog& log = route.shards[i]->log;
    if (before[i]) {
      log.restore(producer.id, std::move(*before[i]));
    } else {
      log.forget(producer.id);
    }
  }
}

void put_changed_watermarks(storage::Batch& batch, std::uint64_t stream, const Route& route,
                            const Producer& producer, const Before& before) {
  for (std::size_t i = 0; i < route.shards.size(); ++i) {
    const Watermarks* now = route.shards[i]->log.find_producer(producer.id);
    if (now == nullptr || (before[i] && *before[i] == *now)) continue;
    put_watermarks(batch, stream, route.shards[i]->index, producer.id, *now);
  }
}

protocol::ApiResult<void> check_producer(const Route& route, const Producer& producer) {
  for (const LiveShard* shard : route.shards) {
    if (shard->log.producer_count() >= limits::kKinesisProducersPerShardMax &&
        shard->log.find_producer(producer.id) == nullptr) {
      return protocol::refuse("LimitExceededException",
                              "Too many producers for shard " + shard->id);
    }
  }
  return {};
}

// The limits of the shards in one append. What follows a record that a shard refused is refused as
// well: a producer's records have to come in order.
class Limiter {
 public:
  Limiter(bool on, std::chrono::microseconds now) : on_(on), now_(now) {}
  bool takes(LiveShard& shard, std::size_t bytes) {
    if (!on_) return true;
    if (std::ranges::find(refusing_, &shard) != refusing_.end()) return false;
    if (shard.meter.take_write(bytes, now_)) return true;
    refusing_.push_back(&shard);
    return false;
  }

 private:
  const bool on_;
  const std::chrono::microseconds now_;
  std::vector<const LiveShard*> refusing_;
};

void assign_all(storage::Batch& batch, Submission& submission, std::uint64_t stream,
                const Route& route, std::vector<NewRecord>& records, Limiter limiter, Timestamp now,
                const Producer* producer) {
  submission.placed.reserve(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    NewRecord& record = records[i];
    LiveShard& shard = *route.owner[i];
    if (producer != nullptr) {
      const Watermark* there =
          shard.log.find_duplicate(producer->id, producer->positions[i], record.hash);
      if (there != nullptr) {
        submission.placed.push_back({there->last});
        continue;
      }
    }
    if (!limiter.takes(shard, record.bytes)) {
      submission.placed.push_back({shard.sequence({}), true});
      continue;
    }
    shard.load.bytes += record.bytes;
    ++shard.load.records;
    const Assigned assigned = shard.log.assign(now);
    const SequenceNumber number = shard.sequence(assigned);
    add_record(batch, stream, shard.index, assigned, std::move(record.encoded));
    if (producer != nullptr) {
      shard.log.advance(producer->id, producer->positions[i], record.hash, number);
    }
    submission.placed.push_back({number});
  }
  for (LiveShard* shard : route.shards) {
    submission.reached.push_back({shard, shard->log.next_index(), shard->log.last_millis()});
  }
}

enum class Outcome : std::uint8_t { kSubmitted, kShardsChanged };

// Not a coroutine: the locks are held from the first assignment to the submission and no longer.
protocol::ApiResult<Outcome> submit(Service& service, LiveStream& stream, const Route& route,
                                    std::vector<NewRecord>& records, const Producer* producer,
                                    Submission& submission) {
  std::vector<std::unique_lock<std::mutex>> locks;  // In shard order, as everyone takes them.
  locks.reserve(route.shards.size());
  for (LiveShard* shard : route.shards) locks.emplace_back(shard->mutex);
  for (const LiveShard* shard : route.shards) {
    if (shard->end == LiveShard::End::kClosed) return Outcome::kShardsChanged;
    if (shard->end == LiveShard::End::kGone) {
      return std::unexpected(stream_not_found(stream.place(), stream.name()));
    }
  }
  Before before;
  if (producer != nullptr) {
    TRY_VOID(check_producer(route, *producer));
    before = watermarks_of(route, *producer);
  }
  storage::Batch batch;
  assign_all(batch, submission, stream.id(), route, records,
             Limiter(service.options.throttle, service.deps.clock.monotonic()),
             service.deps.clock.now(), producer);
  if (producer != nullptr) put_changed_watermarks(batch, stream.id(), route, *producer, before);

  crash_point("kinesis.append");
  // An empty batch (nothing but duplicates) is a barrier: it waits for the records it refers to.
  submission.commit.emplace(service.deps.store.submit(std::move(batch)));
  auto waiter = submission.commit->durable();
  if (!waiter.await_ready()) return Outcome::kSubmitted;
  const Status accepted = waiter.await_resume();
  if (accepted) return Outcome::kSubmitted;
  // Refused at the door (too much is waiting for the disk): nothing of it will be stored, so the
  // producer must be able to send it again. The sequence numbers stay unused.
  if (producer != nullptr) restore(route, *producer, std::move(before));
  return std::unexpected(ApiError(accepted.error()));
}

}  // namespace

protocol::Reply<std::vector<Placed>> append(Service& service, std::shared_ptr<LiveStream> stream,
                                            std::vector<NewRecord> records,
                                            const Producer* producer) {
  CHECK(producer == nullptr || producer->positions.size() == records.size());
  Route route;
  Submission submission;
  Outcome outcome = Outcome::kShardsChanged;
  // A shard that closed meanwhile has its children in the next route: each round is one resharding.
  while (outcome == Outcome::kShardsChanged) {
    route = route_of(*stream, records);
    CO_TRY(outcome, submit(service, *stream, route, records, producer, submission));
  }
  CO_TRY_VOID(co_await submission.commit->durable());
  for (const Reached& reached : submission.reached) {
    reached.shard->publish(reached.next, reached.millis);
    // Readers wake only after the records are durable.
    service.notifier.notify(reached.shard->arrivals_key);
  }
  co_return std::move(submission.placed);
}

}  // namespace penstock::kinesis
