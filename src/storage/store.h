// Store: ordered keys and values with durable group commit, over RocksDB.
//
//   Batch batch;
//   batch.put(Family::kItems, key, value);
//   Commit commit = store.submit(std::move(batch));   // order is fixed here
//   turn.leave();                                      // later writers may build on the pending
//   value CO_TRY_VOID(co_await commit.durable());            // resumes once the batch survives a
//   power cut
//
// One committer thread merges what is waiting into one write-ahead-log sync. What is read through
// get(), scan() and snapshots is always durable (with Durability::kAlways); latest() also sees what
// is submitted but not yet durable and is meant for read-modify-write under a turn. After a failed
// sync every later write fails until restart: the tail of the log is unknown. Thread-safe.
#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/executor.h"
#include "async/task.h"
#include "base/result.h"

namespace penstock::storage {

// Column families by access pattern. The numbers are part of the storage format.
enum class Family : std::uint8_t {
  kMeta = 0,       // Small control-plane objects of every service: one tag byte per kind.
  kItems = 1,      // DynamoDB items and index entries.
  kChanges = 2,    // DynamoDB stream records.
  kRecords = 3,    // Kinesis records.
  kObjects = 4,    // S3 object metadata.
  kPositions = 5,  // Runner positions, producer watermarks and the delivery ledger.
  kLogs = 6,       // CloudWatch Logs events.
};
inline constexpr int kFamilyCount = 7;

enum class Durability : std::uint8_t {
  kAlways,    // Every answer is synced first.
  kInterval,  // Synced in the background, at most interval_ms of answers are lost by a power cut.
  kNone,      // Never synced explicitly: for throw-away tests.
};

class Batch {
 public:
  struct Entry {
    enum class Kind : std::uint8_t { kPut, kErase, kEraseRange };
    Kind kind;
    Family family;
    std::string key;
    std::string value;  // kEraseRange: the exclusive end.
  };
  void put(Family family, std::string key, std::string value) {
    bytes_ += key.size() + value.size();
    entries_.push_back({Entry::Kind::kPut, family, std::move(key), std::move(value)});
  }
  void erase(Family family, std::string key) {
    bytes_ += key.size();
    entries_.push_back({Entry::Kind::kErase, family, std::move(key), {}});
  }
  // Erases [begin, end). `end` is never empty. latest() does not see it until it is durable.
  void erase_range(Family family, std::string begin, std::string end) {
    entries_.push_back({Entry::Kind::kEraseRange, family, std::move(begin), std::move(end)});
  }
  void append(Batch other) {
    bytes_ += other.bytes_;
    patient_ = patient_ && other.patient_;
    for (Entry& entry : other.entries_) entries_.push_back(std::move(entry));
  }
  // Nobody waits for it: it is committed with what comes next, StoreOptions::patience_ms later at
  // most, so that it costs no sync of its own.
  void set_patient() { patient_ = true; }
  bool patient() const { return patient_; }
  bool empty() const { return entries_.empty(); }
  std::size_t bytes() const { return bytes_; }
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
  std::size_t bytes_ = 0;
  bool patient_ = false;
};

namespace detail {
struct Pending;
}

// The promise of durability that submit() hands out. Await durable() once, or drop it.
class Commit {
 public:
  explicit Commit(std::shared_ptr<detail::Pending> pending) : pending_(std::move(pending)) {}
  struct Awaiter {
    std::shared_ptr<detail::Pending> pending;
    bool await_ready() const;
    bool await_suspend(std::coroutine_handle<> handle);
    Status await_resume();
  };
  Awaiter durable() const { return {pending_}; }

 private:
  std::shared_ptr<detail::Pending> pending_;
};

// A consistent view, released with the last copy. Holds the files open, so let go before reopening.
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const void> handle) : handle_(std::move(handle)) {}
  const void* native() const { return handle_.get(); }

 private:
  std::shared_ptr<const void> handle_;
};

struct ScanOptions {
  bool reverse = false;
  const Snapshot* snapshot = nullptr;  // nullptr: the newest durable state when the scan starts.
};

// What a scan does after it was shown an entry.
enum class Next : std::uint8_t { kContinue, kStop };

struct StoreOptions {
  std::string directory;  // Made when absent.
  Durability durability = Durability::kAlways;
  std::uint32_t interval_ms = 100;            // For kInterval.
  std::uint32_t patience_ms = 5;              // For patient batches.
  std::size_t commit_bytes_max = 4 << 20;     // Merged into one write.
  std::size_t pending_bytes_max = 256 << 20;  // Submitted but not durable; submit() fails beyond.
  std::size_t block_cache_bytes = 64 << 20;
  std::size_t write_buffer_bytes = 32 << 20;
};

struct StoreStats {
  std::uint64_t commits = 0, writes = 0, syncs = 0, bytes = 0;
  bool failed = false;  // A sync failed: read-only until restart.
};

class Store {
 public:
  static Result<std::unique_ptr<Store>> open(StoreOptions options);
  virtual ~Store() = default;

  // Fails (through the Commit) with kLimit when too much is pending, kIo after a failed write and
  // kUnavailable while closing. An empty batch is a barrier: durable once all before it is. Closing
  // the store finishes what was submitted.
  virtual Commit submit(Batch batch) = 0;
  // submit() and wait. The order is fixed when this is awaited, not when it is called.
  Task<Status> commit(Batch batch);
  // commit() from an ordinary thread (start-up, tests).
  virtual Status commit_blocking(Batch batch) = 0;

  virtual Result<std::optional<std::string>> get(Family family, std::string_view key,
                                                 const Snapshot* snapshot = nullptr) const = 0;
  // The pending value when there is one, else the durable one. Requires the key's turn.
  virtual Result<std::optional<std::string>> latest(Family family, std::string_view key) const = 0;
  // Shows the entries of [begin, end) in key order (or reverse) to `visit` until it says kStop. The
  // views are valid during the call only. An empty `end` means: to the end of the family. Blocks on
  // the disk.
  virtual Status scan(Family family, std::string_view begin, std::string_view end,
                      std::function<Next(std::string_view key, std::string_view value)> visit,
                      ScanOptions options = {}) const = 0;
  virtual Snapshot snapshot() const = 0;

  virtual StoreStats stats() const = 0;
  virtual std::uint64_t approximate_bytes(Family family) const = 0;
};

}  // namespace penstock::storage
