// Group commit: what waits is merged into one synced write, then all who waited are woken. While
// the disk syncs, the next group gathers; so the groups grow with the load and an idle store
// answers at once.
#include "storage/committer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/check.h"
#include "base/crash_points.h"
#include "base/log.h"

namespace penstock::storage::detail {

Committer::Committer(std::shared_ptr<Rocks> rocks, const StoreOptions& options)
    : rocks_(std::move(rocks)), options_(options) {
  if (options_.durability == Durability::kInterval) {
    syncer_ = std::thread([this] { sync_loop(); });
  }
  committer_ = std::thread([this] { commit_loop(); });
}

Committer::~Committer() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  submitted_.notify_all();
  written_.notify_all();
  committer_.join();
  if (!syncer_.joinable()) return;
  syncer_.join();
  if (unsynced_) sync_written();
}

std::shared_ptr<Pending> Committer::submit(Batch batch) {
  for (const Batch::Entry& entry : batch.entries()) {
    CHECK(entry.kind != Batch::Entry::Kind::kEraseRange || !entry.value.empty());
  }
  const auto pending = std::make_shared<Pending>(std::move(batch));
  const auto refuse = [&pending](const Error& error) {
    pending->status = std::unexpected(error);
    pending->state.store(Pending::kDone, std::memory_order_release);
    return pending;
  };
  bool wake_committer = false;
  {
    const std::scoped_lock lock(mutex_);
    if (!health_) return refuse(health_.error());
    if (stopping_) return refuse({ErrorKind::kUnavailable, "store: closing"});
    if (pending_bytes_ + pending->cost > options_.pending_bytes_max) {
      return refuse({ErrorKind::kLimit, fmt::format("store: more than {} bytes wait for the disk",
                                                    options_.pending_bytes_max)});
    }
    pending_bytes_ += pending->cost;
    pending->order = ++last_order_;
    // Under the lock: the overlay must agree with the queue on which write of a key is the newest.
    overlay_.add(*pending);
    queue_.push_back(pending);
    const bool urgent = !pending->batch.patient();
    if (urgent) ++urgent_;
    wake_committer = rest_ == Rest::kAsleep || (urgent && rest_ == Rest::kDozing);
    if (wake_committer) rest_ = Rest::kAwake;
  }
  if (wake_committer) submitted_.notify_one();
  return pending;
}

StoreStats Committer::stats() const {
  const std::scoped_lock lock(mutex_);
  StoreStats stats = stats_;
  stats.failed = !health_.has_value();
  return stats;
}

void Committer::commit_loop() {
  Group group;
  std::unique_lock lock(mutex_);
  while (true) {
    await_work(lock);
    if (queue_.empty()) return;
    const std::size_t cost = take_group(group);
    lock.unlock();
    commit(group);
    group.clear();
    lock.lock();
    pending_bytes_ -= cost;
  }
}

void Committer::await_work(std::unique_lock<std::mutex>& lock) {
  using SteadyClock = std::chrono::steady_clock;
  const std::chrono::milliseconds patience(options_.patience_ms);
  // It dozes first: a patient batch that comes soon after a commit, as most do, wakes nobody.
  auto until = SteadyClock::now() + patience;
  while (urgent_ == 0 && !stopping_) {
    rest_ = Rest::kDozing;
    if (submitted_.wait_until(lock, until) == std::cv_status::no_timeout) continue;
    if (!queue_.empty()) break;
    rest_ = Rest::kAsleep;
    submitted_.wait(lock, [this] { return !queue_.empty() || stopping_; });
    until = SteadyClock::now() + patience;
  }
  rest_ = Rest::kAwake;
}

std::size_t Committer::take_group(Group& group) {
  std::size_t cost = 0;
  while (!queue_.empty() &&
         (group.empty() || cost + queue_.front()->cost <= options_.commit_bytes_max)) {
    cost += queue_.front()->cost;
    if (!queue_.front()->batch.patient()) --urgent_;
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return cost;
}

void Committer::commit(const Group& group) {
  const Status status = write(group);
  if (!status) set_failed(status.error());
  crash_point("commit.after_write");
  // Only now: until the write was visible to readers, latest() had to find it here. After a failure
  // it finds the durable value instead, and whatever is built on that is refused by submit().
  for (const auto& pending : group) overlay_.remove(*pending);
  wake(group, status);
}

Status Committer::write(const Group& group) {
  {
    const std::scoped_lock lock(mutex_);
    if (!health_) return health_;
  }
  std::uint64_t bytes = 0;
  for (const auto& pending : group) {
    rocks_->stage(pending->batch);
    bytes += pending->batch.bytes();
  }
  const bool sync = options_.durability == Durability::kAlways;
  // A group of empty batches is a barrier: what came before it is durable already.
  const bool anything = std::any_of(group.begin(), group.end(),
                                    [](const auto& pending) { return !pending->batch.empty(); });
  if (anything) {
    crash_point("commit.before_write");
    TRY_VOID(rocks_->write(sync));
  }
  {
    const std::scoped_lock lock(mutex_);
    stats_.commits += group.size();
    stats_.bytes += bytes;
    if (anything) {
      ++stats_.writes;
      if (sync) ++stats_.syncs;
      unsynced_ = true;
    }
  }
  if (anything && options_.durability == Durability::kInterval) written_.notify_one();
  return {};
}

void Committer::set_failed(const Error& error) {
  const std::scoped_lock lock(mutex_);
  if (!health_) return;
  log::error("store", "write failed; read-only until restart", {{"error", error.message}});
  health_ = fail(ErrorKind::kIo, "store: read-only since a write failed: " + error.message);
}

void Committer::wake(const Group& group, const Status& status) {
  struct Sleepers {
    Executor* executor;
    std::vector<std::coroutine_handle<>> handles;
  };
  std::vector<Sleepers> sleepers;  // One per event loop: few.
  for (const auto& pending : group) {
    pending->status = status;
    const int before = pending->state.exchange(Pending::kDone, std::memory_order_acq_rel);
    if (before == Pending::kBlocked) pending->state.notify_all();
    if (before != Pending::kAwaited) continue;
    auto place = std::find_if(sleepers.begin(), sleepers.end(), [&](const Sleepers& candidate) {
      return candidate.executor == pending->executor;
    });
    if (place == sleepers.end()) place = sleepers.insert(place, {pending->executor, {}});
    place->handles.push_back(pending->handle);
  }
  for (Sleepers& each : sleepers) each.executor->resume_all(std::move(each.handles));
}

void Committer::sync_loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    written_.wait(lock, [this] { return stopping_ || unsynced_; });
    // The interval is the promise: what was written at its beginning is synced at its end.
    const std::chrono::milliseconds interval(options_.interval_ms);
    written_.wait_for(lock, interval, [this] { return stopping_; });
    if (stopping_) return;  // The destructor syncs last.
    unsynced_ = false;
    lock.unlock();
    sync_written();
    lock.lock();
  }
}

void Committer::sync_written() {
  const Status synced = rocks_->sync();
  if (!synced) return set_failed(synced.error());
  const std::scoped_lock lock(mutex_);
  ++stats_.syncs;
}

}  // namespace penstock::storage::detail
