// Keys, versions and the coroutines that wait on them.
#include "async/notifier.h"

#include <atomic>
#include <mutex>
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

}  // namespace

struct Notifier::Impl {
  mutable std::mutex mutex;
  std::unordered_map<std::string, Entry> entries;
};

Notifier::Notifier() : impl_(std::make_shared<Impl>()) {}
Notifier::~Notifier() = default;

std::uint64_t Notifier::version(std::string_view key) const {
  const std::scoped_lock lock(impl_->mutex);
  const auto found = impl_->entries.find(std::string(key));
  return found == impl_->entries.end() ? 0 : found->second.version;
}

void Notifier::notify(std::string_view key) {
  std::vector<std::shared_ptr<Wait>> ready;
  {
    const std::scoped_lock lock(impl_->mutex);
    Entry& entry = impl_->entries[std::string(key)];
    ++entry.version;
    ready.swap(entry.waits);
  }
  for (const auto& wait : ready) wait->finish(true);
}

void Notifier::forget(std::string_view key) {
  std::vector<std::shared_ptr<Wait>> ready;
  {
    const std::scoped_lock lock(impl_->mutex);
    const auto found = impl_->entries.find(std::string(key));
    if (found == impl_->entries.end()) return;
    ready.swap(found->second.waits);
    impl_->entries.erase(found);
  }
  for (const auto& wait : ready) wait->finish(true);
}

namespace {

struct WaitAwaiter {
  std::mutex& mutex;
  std::unordered_map<std::string, Entry>& entries;
  const std::string& key;
  std::uint64_t seen;
  std::chrono::microseconds timeout;
  std::stop_token stop;
  std::shared_ptr<Wait> wait = std::make_shared<Wait>();
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
      const std::scoped_lock lock(mutex);
      Entry& entry = entries[key];
      if (entry.version > seen) {
        wait->moved = true;
        wait->done = true;
        return false;
      }
      std::erase_if(entry.waits, [](const auto& other) { return other->done.load(); });
      entry.waits.push_back(wait);
    }
    // From here on the resume may already be posted to this thread's own queue: the frame stays whole
    // until this function returns.
    if (timeout < std::chrono::hours(1)) home.post_after(timeout, [kept = wait] { kept->finish(false); });
    on_stop.emplace(stop, OnStop{wait});
    return true;
  }
  bool await_resume() const noexcept { return wait->moved; }
};

}  // namespace

Task<bool> Notifier::wait_beyond(std::string key, std::uint64_t seen, std::chrono::microseconds timeout,
                                 std::stop_token stop) {
  const auto impl = impl_;
  WaitAwaiter awaiter{impl->mutex, impl->entries, key, seen, timeout, std::move(stop)};
  co_return co_await awaiter;
}

}  // namespace penstock
