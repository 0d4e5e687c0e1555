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

std::vector<LiveShard*> shards_of(LiveStream& stream, const std::vector<NewRecord>& records) {
  std::vector<std::uint32_t> indices;
  indices.reserve(records.size());
  for (const NewRecord& record : records) indices.push_back(record.shard);
  std::sort(indices.begin(), indices.end());
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  std::vector<LiveShard*> shards;
  shards.reserve(indices.size());
  for (const std::uint32_t index : indices) shards.push_back(&stream.shard(index));
  return shards;
}

struct Submission {
  std::optional<storage::Commit> commit;
  std::vector<Placed> placed;
};

// What a producer's watermark was before, per shard in the order of the shards.
using Watermarks = std::vector<std::optional<Watermark>>;

Watermarks watermarks_of(const std::vector<LiveShard*>& shards, const Producer* producer) {
  Watermarks before;
  if (producer == nullptr) return before;
  for (const LiveShard* shard : shards) {
    const Watermark* watermark = shard->log.find_producer(producer->id);
    before.push_back(watermark ? std::optional(*watermark) : std::nullopt);
  }
  return before;
}

void restore(const std::vector<LiveShard*>& shards, const Producer& producer, Watermarks before) {
  for (std::size_t i = 0; i < shards.size(); ++i) {
    if (before[i]) {
      shards[i]->log.restore(producer.id, std::move(*before[i]));
    } else {
      shards[i]->log.forget(producer.id);
    }
  }
}

void put_changed_watermarks(storage::Batch& batch, std::uint64_t stream,
                            const std::vector<LiveShard*>& shards, const Producer& producer,
                            const Watermarks& before) {
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const Watermark* now = shards[i]->log.find_producer(producer.id);
    if (now == nullptr || (before[i] && before[i]->position == now->position)) continue;
    put_watermark(batch, stream, shards[i]->index, producer.id, *now);
  }
}

protocol::ApiResult<void> check_shards(const LiveStream& stream,
                                       const std::vector<LiveShard*>& shards,
                                       const Producer* producer) {
  for (const LiveShard* shard : shards) {
    if (shard->closed) return std::unexpected(stream_not_found(stream.place(), stream.name()));
    if (producer != nullptr &&
        shard->log.producer_count() >= limits::kKinesisProducersPerShardMax &&
        shard->log.find_producer(producer->id) == nullptr) {
      return protocol::refuse("LimitExceededException",
                              "Too many producers for shard " + shard->id);
    }
  }
  return {};
}

// Not a coroutine: the locks are held from the first assignment to the submission and no longer.
protocol::ApiResult<Submission> submit(Service& service, LiveStream& stream,
                                       std::vector<NewRecord> records,
                                       const std::vector<LiveShard*>& shards,
                                       const Producer* producer) {
  std::vector<std::unique_lock<std::mutex>> locks;  // In shard order, as everyone takes them.
  locks.reserve(shards.size());
  for (LiveShard* shard : shards) locks.emplace_back(shard->mutex);
  TRY_VOID(check_shards(stream, shards, producer));

  Watermarks before = watermarks_of(shards, producer);
  const Timestamp now = service.deps.clock.now();
  Submission submission;
  submission.placed.reserve(records.size());
  storage::Batch batch;
  for (std::size_t i = 0; i < records.size(); ++i) {
    NewRecord& record = records[i];
    ShardLog& log = stream.shard(record.shard).log;
    if (producer != nullptr && log.has(producer->id, producer->positions[i])) {
      submission.placed.push_back({record.shard, log.find_producer(producer->id)->last});
      continue;
    }
    const Assigned assigned = log.assign(now);
    add_record(batch, stream.id(), record.shard, assigned, std::move(record.encoded));
    if (producer != nullptr) log.advance(producer->id, producer->positions[i], assigned);
    submission.placed.push_back({record.shard, assigned});
  }
  if (producer != nullptr) put_changed_watermarks(batch, stream.id(), shards, *producer, before);

  crash_point("kinesis.append");
  // An empty batch (nothing but duplicates) is a barrier: it waits for the records it refers to.
  submission.commit.emplace(service.deps.store.submit(std::move(batch)));
  auto waiter = submission.commit->durable();
  if (!waiter.await_ready()) return submission;
  const Status accepted = waiter.await_resume();
  if (accepted) return submission;
  // Refused at the door (too much is waiting for the disk): nothing of it will be stored, so the
  // producer must be able to send it again. The sequence numbers stay unused.
  if (producer != nullptr) restore(shards, *producer, std::move(before));
  return std::unexpected(ApiError(accepted.error()));
}

}  // namespace

protocol::Reply<std::vector<Placed>> append(Service& service, std::shared_ptr<LiveStream> stream,
                                            std::vector<NewRecord> records,
                                            const Producer* producer) {
  CHECK(producer == nullptr || producer->positions.size() == records.size());
  const std::vector<LiveShard*> shards = shards_of(*stream, records);
  CO_TRY(Submission submission, submit(service, *stream, std::move(records), shards, producer));
  CO_TRY_VOID(co_await submission.commit->durable());

  for (const Placed& placed : submission.placed) {
    stream->shard(placed.shard).publish(placed.assigned.index + 1, placed.assigned.arrival_millis);
  }
  // Readers wake only after the records are durable.
  for (const LiveShard* shard : shards) service.notifier.notify(shard->arrivals_key);
  co_return std::move(submission.placed);
}

}  // namespace penstock::kinesis
