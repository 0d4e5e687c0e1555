// Streams in memory and the registry that finds them. What they hold is loaded by kinesis.cc.
#include "services/kinesis/live.h"

#include "base/check.h"
#include "protocol/arrivals.h"

namespace penstock::kinesis {

LiveShard::LiveShard(const StreamConfig& config, std::uint32_t index_, const ShardTail& tail)
    : index(index_),
      range(config.shards[index_]),
      id(shard_id(index_)),
      arrivals_key(protocol::arrivals_key(config.arn(), id)),
      created_seconds(config.created.seconds()),
      log(tail.next_index, tail.last_millis),
      durable_next(tail.next_index),
      durable_millis(tail.last_millis),
      horizon(tail.horizon) {}

SequenceNumber LiveShard::sequence(Assigned assigned) const {
  return {created_seconds, index, assigned.index, assigned.arrival_millis / 1000};
}

void LiveShard::publish(std::uint64_t next, std::int64_t millis) {
  // Waiters of neighbouring commits may get here in any order.
  std::uint64_t seen = durable_next.load();
  while (seen < next && !durable_next.compare_exchange_weak(seen, next)) {
  }
  std::int64_t newest = durable_millis.load();
  while (newest < millis && !durable_millis.compare_exchange_weak(newest, millis)) {
  }
}

LiveStream::LiveStream(StreamConfig config, StreamStatus status,
                       const std::vector<ShardTail>& tails)
    : id_(config.id),
      place_(config.place),
      name_(config.name),
      arn_(config.arn()),
      record_bytes_max_(std::size_t{config.record_kib_max} << 10),
      ranges_(config.shards),
      status_(status) {
  CHECK(tails.size() == config.shards.size());
  for (std::uint32_t i = 0; i < tails.size(); ++i) {
    shards_.push_back(std::make_unique<LiveShard>(config, i, tails[i]));
  }
  config_ = std::make_shared<const StreamConfig>(std::move(config));
}

std::shared_ptr<const StreamConfig> LiveStream::config() const {
  const std::scoped_lock lock(mutex_);
  return config_;
}

void LiveStream::set_config(StreamConfig config) {
  auto fresh = std::make_shared<const StreamConfig>(std::move(config));
  const std::scoped_lock lock(mutex_);
  config_.swap(fresh);
}

bool LiveStream::takes_records() const {
  const StreamStatus now = status();
  return now == StreamStatus::kActive || now == StreamStatus::kUpdating;
}

bool LiveStream::apply(StreamEvent event) {
  const std::scoped_lock lock(mutex_);
  const std::optional<StreamStatus> next = next_status(status(), event);
  if (next) status_.store(*next, std::memory_order_release);
  return next.has_value();
}

LiveShard* LiveStream::find_shard(std::string_view shard_id) {
  const std::optional<std::uint32_t> index = parse_shard_id(shard_id);
  return index && *index < shards_.size() ? shards_[*index].get() : nullptr;
}

std::shared_ptr<LiveStream> Registry::find(const Place& place, std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto here = streams_.find(place);
  if (here == streams_.end()) return nullptr;
  const auto found = here->second.find(name);
  return found == here->second.end() ? nullptr : found->second;
}

std::shared_ptr<LiveStream> Registry::find_id(const Place& place, std::uint64_t id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = by_id_.find(id);
  return found == by_id_.end() || found->second->place() != place ? nullptr : found->second;
}

void Registry::insert(std::shared_ptr<LiveStream> stream) {
  const std::scoped_lock lock(mutex_);
  by_id_.insert_or_assign(stream->id(), stream);
  streams_[stream->place()].insert_or_assign(stream->name(), stream);
}

void Registry::erase(const LiveStream& stream) {
  const std::scoped_lock lock(mutex_);
  by_id_.erase(stream.id());
  const auto here = streams_.find(stream.place());
  if (here == streams_.end()) return;
  const auto found = here->second.find(stream.name());
  if (found != here->second.end() && found->second.get() == &stream) here->second.erase(found);
}

std::vector<std::shared_ptr<LiveStream>> Registry::list(const Place& place) const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<LiveStream>> streams;
  const auto here = streams_.find(place);
  if (here == streams_.end()) return streams;
  for (const auto& [name, stream] : here->second) streams.push_back(stream);
  return streams;
}

std::vector<std::shared_ptr<LiveStream>> Registry::all() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<LiveStream>> streams;
  for (const auto& [id, stream] : by_id_) streams.push_back(stream);
  return streams;
}

}  // namespace penstock::kinesis
