// The streams as they live in memory: configuration, state and the appending ends of their shards.
//
// LiveStream and LiveShard are shared by handlers on several threads. The shard's mutex covers
// assigning and submitting, never a wait for the disk; what is durable is published through
// atomics. The set of shards is a value that is replaced as a whole: `writing()` is where records
// go now, `shards()` is what is durable and what clients are shown. A shard that is closed in
// `shards()` has its final `durable_next`.
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

#include "services/kinesis/capacity.h"
#include "services/kinesis/meter.h"
#include "services/kinesis/sequence.h"
#include "services/kinesis/shard_log.h"
#include "services/kinesis/store.h"
#include "services/kinesis/stream.h"

namespace penstock::kinesis {

struct LiveShard {
  LiveShard(std::string_view stream_arn, const ShardSpec& spec, const ShardTail& tail);

  SequenceNumber sequence(Assigned assigned) const;
  // Indices below `next` are durable from now on.
  void publish(std::uint64_t next, std::int64_t millis);

  const std::uint32_t index;
  const HashRange range;
  const std::string id;
  const std::string arrivals_key;
  const std::int64_t created_seconds;

  enum class End : std::uint8_t {
    kNone,    // Takes records.
    kClosed,  // Split or merged: its children take them.
    kGone,    // Deleted or expired: nothing may be stored for it any more.
  };
  std::mutex mutex;
  // Guarded by mutex.
  ShardLog log;
  End end = End::kNone;
  ShardMeter meter;  // Asked only when throttling is on.
  Load load;         // What was written since scale_on_demand() looked last.

  std::atomic<std::uint64_t> durable_next;   // The first index that is not durable yet.
  std::atomic<std::int64_t> durable_millis;  // Arrival of the newest durable record.
  std::atomic<std::uint64_t> horizon;        // Nothing below is kept.
};

struct ShardEntry {
  ShardSpec spec;
  std::shared_ptr<LiveShard> live;
};

// Immutable.
class ShardMap {
 public:
  // In the order of the shards' numbers.
  explicit ShardMap(std::vector<ShardEntry> entries);

  const std::vector<ShardEntry>& all() const { return entries_; }
  std::size_t open_count() const { return open_.size(); }
  // Null when there is none of that number.
  const ShardEntry* find(std::uint32_t index) const;
  const ShardEntry* find(std::string_view shard_id) const;
  std::vector<const ShardEntry*> children(std::uint32_t index) const;
  // The open shard that takes the records of that hash key.
  LiveShard& owner(HashValue hash) const;

 private:
  struct Open {
    HashValue first;
    LiveShard* shard;
  };
  std::vector<ShardEntry> entries_;
  std::vector<Open> open_;  // By hash key.
};
using ShardMapPtr = std::shared_ptr<const ShardMap>;

class LiveStream {
 public:
  LiveStream(StreamConfig config, StreamStatus status, ShardMap shards);

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

  ShardMapPtr shards() const;
  ShardMapPtr writing() const;
  // From now on records go there. Returns what publish_shards() wants once it is durable.
  std::uint64_t write_to(ShardMapPtr shards);
  // Does nothing when a newer one is published already.
  void publish_shards(ShardMapPtr shards, std::uint64_t version);

  std::size_t record_bytes_max() const { return record_bytes_max_.load(); }

 private:
  const std::uint64_t id_;
  const Place place_;
  const std::string name_;
  const std::string arn_;
  std::atomic<std::size_t> record_bytes_max_;
  std::atomic<StreamStatus> status_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::shared_ptr<const StreamConfig> config_;
  ShardMapPtr shards_;
  ShardMapPtr writing_;
  std::uint64_t shards_version_ = 0;
  std::uint64_t writing_version_ = 0;
};

// The shards of a stream that begins.
ShardMap fresh_shards(const StreamConfig& config);

// The settings of all accounts. Thread-safe.
class Accounts {
 public:
  AccountSettings get(const Place& place) const;
  void set(const Place& place, AccountSettings settings);
  void restore(std::map<Place, AccountSettings> all);

 private:
  mutable std::mutex mutex_;
  std::map<Place, AccountSettings> all_;
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
  // Open shards of all streams.
  std::size_t open_shards(const Place& place) const;

 private:
  mutable std::mutex mutex_;
  std::map<Place, std::map<std::string, std::shared_ptr<LiveStream>, std::less<>>> streams_;
  std::unordered_map<std::uint64_t, std::shared_ptr<LiveStream>> by_id_;
};

}  // namespace penstock::kinesis
