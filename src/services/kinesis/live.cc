// Streams in memory and the registry that finds them. What they hold is loaded by kinesis.cc.
#include "services/kinesis/live.h"

#include <algorithm>

#include "base/check.h"
#include "protocol/arrivals.h"

namespace penstock::kinesis {

LiveShard::LiveShard(std::string_view stream_arn, const ShardSpec& spec, const ShardTail& tail)
    : index(spec.index),
      range(spec.range),
      id(shard_id(spec.index)),
      arrivals_key(protocol::arrivals_key(stream_arn, id)),
      created_seconds(spec.created_seconds),
      log(tail.next_index, tail.last_millis),
      end(spec.is_open() ? End::kNone : End::kClosed),
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

ShardMap::ShardMap(std::vector<ShardEntry> entries) : entries_(std::move(entries)) {
  for (const ShardEntry& entry : entries_) {
    if (entry.spec.is_open()) open_.push_back({entry.spec.range.first, entry.live.get()});
  }
  std::ranges::sort(open_, {}, &Open::first);
  CHECK(!open_.empty() && open_.front().first == 0);
}

const ShardEntry* ShardMap::find(std::uint32_t index) const {
  const auto found = std::ranges::lower_bound(
      entries_, index, {}, [](const ShardEntry& entry) { return entry.spec.index; });
  return found != entries_.end() && found->spec.index == index ? &*found : nullptr;
}

const ShardEntry* ShardMap::find(std::string_view shard_id) const {
  const std::optional<std::uint32_t> index = parse_shard_id(shard_id);
  return index ? find(*index) : nullptr;
}

std::vector<const ShardEntry*> ShardMap::children(std::uint32_t index) const {
  std::vector<const ShardEntry*> children;
  for (const ShardEntry& entry : entries_) {
    if (entry.spec.is_child_of(index)) children.push_back(&entry);
  }
  return children;
}

LiveShard& ShardMap::owner(HashValue hash) const {
  return *std::prev(std::ranges::upper_bound(open_, hash, {}, &Open::first))->shard;
}

ShardMap fresh_shards(const StreamConfig& config) {
  std::vector<ShardEntry> entries;
  const std::string arn = config.arn();
  for (const ShardSpec& spec : config.shards) {
    entries.push_back({spec, std::make_shared<LiveShard>(arn, spec, ShardTail{})});
  }
  return ShardMap(std::move(entries));
}

LiveStream::LiveStream(StreamConfig config, StreamStatus status, ShardMap shards)
    : id_(config.id),
      place_(config.place),
      name_(config.name),
      arn_(config.arn()),
      record_bytes_max_(std::size_t{config.record_kib_max} << 10),
      status_(status),
      config_(std::make_shared<const StreamConfig>(std::move(config))),
      shards_(std::make_shared<const ShardMap>(std::move(shards))),
      writing_(shards_) {}

std::shared_ptr<const StreamConfig> LiveStream::config() const {
  const std::scoped_lock lock(mutex_);
  return config_;
}

void LiveStream::set_config(StreamConfig config) {
  auto fresh = std::make_shared<const StreamConfig>(std::move(config));
  record_bytes_max_.store(std::size_t{fresh->record_kib_max} << 10);
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

ShardMapPtr LiveStream::shards() const {
  const std::scoped_lock lock(mutex_);
  return shards_;
}

ShardMapPtr LiveStream::writing() const {
  const std::scoped_lock lock(mutex_);
  return writing_;
}

std::uint64_t LiveStream::write_to(ShardMapPtr shards) {
  const std::scoped_lock lock(mutex_);
  writing_.swap(shards);
  return ++writing_version_;
}

void LiveStream::publish_shards(ShardMapPtr shards, std::uint64_t version) {
  const std::scoped_lock lock(mutex_);
  if (version <= shards_version_) return;
  shards_version_ = version;
  shards_.swap(shards);
}

AccountSettings Accounts::get(const Place& place) const {
  const std::scoped_lock lock(mutex_);
  const auto found = all_.find(place);
  return found == all_.end() ? AccountSettings() : found->second;
}

void Accounts::set(const Place& place, AccountSettings settings) {
  const std::scoped_lock lock(mutex_);
  all_.insert_or_assign(place, settings);
}

void Accounts::restore(std::map<Place, AccountSettings> all) {
  const std::scoped_lock lock(mutex_);
  all_ = std::move(all);
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

std::size_t Registry::open_shards(const Place& place) const {
  std::size_t count = 0;
  for (const auto& stream : list(place)) count += stream->writing()->open_count();
  return count;
}

}  // namespace penstock::kinesis
