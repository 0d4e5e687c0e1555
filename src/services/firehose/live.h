// The delivery streams as they live in memory: configuration, state, the appending end for put
// records, and the counts that metrics show. Shared by handlers and lanes on several threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "async/gate.h"
#include "services/firehose/records.h"
#include "services/firehose/store.h"

namespace penstock::firehose {

enum class StreamStatus : std::uint8_t { kCreating, kActive, kDeleting };
std::string_view to_string(StreamStatus status);

// The appending end of put records. The mutex covers assigning and submitting, never a wait.
struct DirectLog {
  std::mutex mutex;
  std::uint64_t next_index = 1;                // Guarded by mutex.
  bool closed = false;                         // Guarded by mutex; set when the stream is deleted.
  std::atomic<std::uint64_t> durable_next{1};  // The first index that is not durable yet.
  std::atomic<std::uint64_t> backlog_bytes{0};
  void publish(std::uint64_t next);
};

// What a lane shows of itself.
struct LaneView {
  Position position;
  std::uint64_t buffered_records = 0;
  std::int64_t oldest_pending_millis = 0;
  std::int64_t behind_millis = 0;
};

struct Counters {
  std::atomic<std::uint64_t> incoming_records{0}, incoming_bytes{0}, put_requests{0};
  std::atomic<std::uint64_t> read_records{0}, read_bytes{0};
  std::atomic<std::uint64_t> invocations{0}, failed_invocations{0}, failed_puts{0};
};

class LiveStream {
 public:
  LiveStream(StreamConfig config, Settings settings);

  std::uint64_t id() const { return id_; }
  const Place& place() const { return place_; }
  const std::string& name() const { return name_; }
  const std::string& arn() const { return arn_; }
  SourceKind source() const { return source_; }

  // As of now, and shared: later changes make new ones.
  std::shared_ptr<const StreamConfig> config() const;
  std::shared_ptr<const Settings> settings() const;
  void change(StreamConfig config, Settings settings);
  StreamStatus status() const { return status_.load(std::memory_order_acquire); }
  void set_status(StreamStatus status) { status_.store(status, std::memory_order_release); }

  // Numbers of ledger entries, each given out once.
  std::uint64_t next_ledger_number() { return ledger_next_.fetch_add(1); }
  void start_ledger_at(std::uint64_t number) { ledger_next_.store(number); }

  void show_lane(const std::string& lane, LaneView view);
  std::map<std::string, LaneView> lanes() const;

  DirectLog direct;
  Counters counters;
  Gate gate;  // Its lanes.

 private:
  const std::uint64_t id_;
  const Place place_;
  const std::string name_;
  const std::string arn_;
  const SourceKind source_;
  std::atomic<StreamStatus> status_{StreamStatus::kCreating};
  std::atomic<std::uint64_t> ledger_next_{1};
  mutable std::mutex mutex_;
  std::shared_ptr<const StreamConfig> config_;  // These three are guarded by mutex_.
  std::shared_ptr<const Settings> settings_;
  std::map<std::string, LaneView> lanes_;
};

// All delivery streams of all accounts and regions. Thread-safe.
class Registry {
 public:
  std::shared_ptr<LiveStream> find(const Place& place, std::string_view name) const;
  void insert(std::shared_ptr<LiveStream> stream);
  void erase(const LiveStream& stream);
  // In the order of their names.
  std::vector<std::shared_ptr<LiveStream>> list(const Place& place) const;
  std::vector<std::shared_ptr<LiveStream>> all() const;

 private:
  mutable std::mutex mutex_;
  std::map<Place, std::map<std::string, std::shared_ptr<LiveStream>, std::less<>>> streams_;
};

}  // namespace penstock::firehose
