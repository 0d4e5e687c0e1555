// The streams as they live in memory: configuration, state and the appending ends of their shards.
//
// LiveStream and LiveShard are shared by handlers on several threads. The shard's mutex covers
// assigning and submitting, never a wait for the disk; what is durable is published through
// atomics.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "services/kinesis/sequence.h"
#include "services/kinesis/shard_log.h"
#include "services/kinesis/store.h"
#include "services/kinesis/stream.h"

namespace penstock::kinesis {

struct LiveShard {
  LiveShard(const StreamConfig& config, std::uint32_t index_, const ShardTail& tail);

  SequenceNumber sequence(Assigned assigned) const;
  // Indices below `next` are durable from now on.
  void publish(std::uint64_t next, std::int64_t millis);

  const std::uint32_t index;
  const HashRange range;
  const std::string id;
  const std::string arrivals_key;
  const std::int64_t created_seconds;

  std::mutex mutex;
  ShardLog log;         // Guarded by mutex.
  bool closed = false;  // Guarded by mutex; set when the stream is deleted.

  std::atomic<std::uint64_t> durable_next;   // The first index that is not durable yet.
  std::atomic<std::int64_t> durable_millis;  // Arrival of the newest durable record.
  std::atomic<std::uint64_t> horizon;        // Nothing below is kept.
};

class LiveStream {
 public:
  LiveStream(StreamConfig config, StreamStatus status, const std::vector<ShardTail>& tails);

  const std::string& name() const { return name_; }
  const std::string& arn() const { return arn_; }
  const Place& place() const { return place_; }
  std::uint64_t id() const { return id_; }

  // As of now, and shared: later changes make a new one.
  std::shared_ptr<const StreamConfig> config() const;
  void set_config(StreamConfig config);
  StreamStatus status() const { return status_.load(std::memory_order_acquire); }
  bool takes_records() const;
  // False when the event is not allowed in the present state; then nothing changes.
  bool apply(StreamEvent event);

  std::size_t record_bytes_max() const { return record_bytes_max_; }
  std::size_t shard_count() const { return shards_.size(); }
  LiveShard& shard(std::uint32_t index) { return *shards_[index]; }
  // Null when there is none of that number.
  LiveShard* find_shard(std::string_view shard_id);
  std::uint32_t shard_of(HashValue hash) const { return shard_for(ranges_, hash); }

 private:
  const std::uint64_t id_;
  const Place place_;
  const std::string name_;
  const std::string arn_;
  const std::size_t record_bytes_max_;
  const std::vector<HashRange> ranges_;
  std::vector<std::unique_ptr<LiveShard>> shards_;  // Never changes after construction.
  std::atomic<StreamStatus> status_;
  mutable std::mutex mutex_;
  std::shared_ptr<const StreamConfig> config_;  // Guarded by mutex_.
};

// All streams of all accounts and regions. Thread-safe.
class Registry {
 public:
  std::shared_ptr<LiveStream> find(const Place& place, std::string_view name) const;
  std::shared_ptr<LiveStream> find_id(const Place& place, std::uint64_t id) const;
  void insert(std::shared_ptr<LiveStream> stream);
  void erase(const LiveStream& stream);
  // In the order of their names.
  std::vector<std::shared_ptr<LiveStream>> list(const Place& place) const;
  std::vector<std::shared_ptr<LiveStream>> all() const;

 private:
  mutable std::mutex mutex_;
  std::map<Place, std::map<std::string, std::shared_ptr<LiveStream>, std::less<>>> streams_;
  std::unordered_map<std::uint64_t, std::shared_ptr<LiveStream>> by_id_;
};

}  // namespace penstock::kinesis
