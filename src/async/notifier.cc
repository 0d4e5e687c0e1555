// Keys, versions and the coroutines that wait on them.
#include "async/notifier.h"

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "async/executor.h"

namespace penstock {
namespace {

// One wait. Whoever flips `done` first (notify, timer or stop) resumes the coroutine.
struct Wait {
  Executor* executor = nullptr;
  std::coroutine_handle<> handle;
  std::atomic<bool> done{false};
  bool moved = false;
  void finish(bool by_notify) {
    if (done.exchange(true)) return;
    moved = by_notify;
    executor->resume(handle);
  }
};

struct Entry {
  std::uint64_t version = 0;
  std::vector<std::shared_ptr<Wait>> waits;
};

struct KeyHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
};

struct Table {
  std::mutex mutex;
  std::unordered_map<std::string, Entry, KeyHash, std::equal_to<>> entries;
  std::uint64_t newest = 0;  // The last version given to any key.
  // The version of every key that has no entry: raised by forget(), so that whoever read a version
  // before it is woken rather than left to wait for a count that began again.
  std::uint64_t floor = 0;

  // Requires: locked.
  Entry& entry_of(std::string_view key) {
    if (const auto found = entries.find(key); found != entries.end()) return found->second;
    return entries.emplace(std::string(key), Entry{.version = floor}).first->second;
  }
};

}  // namespace

struct Notifier::Impl {
  Table table;
};

Notifier::Notifier() : impl_(std::make_shared<Impl>()) {}
Notifier::~Notifier() = default;

std::uint64_t Notifier::version(std::string_view key) const {
  Table& table = impl_->table;
  const std::scoped_lock lock(table.mutex);
  const auto found = table.entries.find(key);
  return found == table.entries.end() ? table.floor : found->second.version;
}

void Notifier::notify(std::string_view key) {
  Table& table = impl_->table;
  std::vector<std::shared_ptr<Wait>> ready;
  {
    const std::scoped_lock lock(table.mutex);
    Entry& entry = table.entry_of(key);
    entry.version = ++table.newest;
    ready.swap(entry.waits);
  }
  for (const auto& wait : ready) wait->finish(true);
}

void Notifier::forget(std::string_view key) {
  Table& table = impl_->table;
  std::vector<std::shared_ptr<Wait>> ready;
  {
    const std::scoped_lock lock(table.mutex);
    const auto found = table.entries.find(key);
    if (found == table.entries.end()) return;
    ready.swap(found->second.waits);
    table.entries.erase(found);
    table.floor = ++table.newest;
  }
  for (const auto& wait : ready) wait->finish(true);
}

namespace {

struct WaitAwaiter {
  Table& table;
  const std::string& key;
  std::uint64_t seen;
  std::chrono::microseconds timeout;
  std::stop_token stop;
  std::shared_ptr<Wait> wait = std::make_shared<Wait>();
  std::unique_ptr<Timer> timer;  // Goes with the coroutine, which ends on the executor.
  struct OnStop {
    std::shared_ptr<Wait> wait;
    void operator()() const { wait->finish(false); }
  };
  std::optional<std::stop_callback<OnStop>> on_stop;

  bool await_ready() const noexcept { return stop.stop_requested(); }
  bool await_suspend(std::coroutine_handle<> handle) {
    Executor& home = Executor::current();
    wait->executor = &home;
    wait->handle = handle;
    {
      const std::scoped_lock lock(table.mutex);
      Entry& entry = table.entry_of(key);
      if (entry.version > seen) {
        wait->moved = true;
        wait->done = true;
        return false;
      }
      std::erase_if(entry.waits, [](const auto& other) { return other->done.load(); });
      entry.waits.push_back(wait);
    }
    // From here on the resume may already be posted to this thread's own queue: the frame stays
    // whole until this function returns.
    timer = home.timer_after(timeout, [kept = wait] { kept->finish(false); });
    on_stop.emplace(stop, OnStop{wait});
    return true;
  }
  bool await_resume() const noexcept { return wait->moved; }
};

}  // namespace

Task<bool> Notifier::wait_beyond(std::string key, std::uint64_t seen,
                                 std::chrono::microseconds timeout, std::stop_token stop) {
  const auto impl = impl_;
  WaitAwaiter awaiter{impl->table, key, seen, timeout, std::move(stop)};
  co_return co_await awaiter;
}

}  // namespace penstock
