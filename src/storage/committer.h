// Committer: the queue of submitted batches and the one thread that makes them durable. Internal.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "storage/overlay.h"
#include "storage/pending.h"
#include "storage/rocks.h"
#include "storage/store.h"

namespace penstock::storage::detail {

class Committer {
 public:
  Committer(std::shared_ptr<Rocks> rocks, const StoreOptions& options);
  ~Committer();  // Finishes what was submitted, then stops.
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  // Thread-safe, as are the questions below.
  std::shared_ptr<Pending> submit(Batch batch);
  const Overlay& overlay() const { return overlay_; }
  StoreStats stats() const;

 private:
  using Group = std::vector<std::shared_ptr<Pending>>;

  // Awake: it looks at the queue before it rests. Dozing: it does so soon. Asleep: when it is told.
  enum class Rest : std::uint8_t { kAwake, kDozing, kAsleep };

  void commit_loop();
  // Until there is a batch in the queue that must not wait (longer), or the store closes.
  void await_work(std::unique_lock<std::mutex>& lock);
  void sync_loop();
  void sync_written();
  // Requires: mutex_ held, the queue is not empty.
  std::size_t take_group(Group& group);
  void commit(const Group& group);
  Status write(const Group& group);
  void set_failed(const Error& error);
  static void wake(const Group& group, const Status& status);

  const std::shared_ptr<Rocks> rocks_;
  const StoreOptions options_;
  Overlay overlay_;

  mutable std::mutex mutex_;
  std::condition_variable submitted_;
  std::condition_variable written_;  // For the thread that syncs at intervals.
  std::deque<std::shared_ptr<Pending>> queue_;
  std::size_t pending_bytes_ = 0;
  std::uint64_t last_order_ = 0;
  std::size_t urgent_ = 0;  // Batches in the queue that are not patient.
  Rest rest_ = Rest::kAwake;
  bool unsynced_ = false;  // kInterval: something was written after the last sync.
  bool stopping_ = false;
  Status health_;  // After a failure: what every later submit() is told.
  StoreStats stats_;

  std::thread syncer_;
  std::thread committer_;
};

}  // namespace penstock::storage::detail
