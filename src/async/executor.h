// Where coroutines run: event loops for work that does not block, and a pool for work that does.
//
// Runtime owns one event loop per core and the blocking pool. A coroutine stays on the loop that
// resumed it: whatever suspends it (a turn, a commit, a timer) posts it back to Executor::current()
// as it was at the await. Everything here is thread-safe. Asio is an implementation detail of
// runtime.cc.
#pragma once

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "async/task.h"

namespace penstock {

// Work that is due later. Destroying it frees the timer; if the work is already on its way it still
// runs.
class Timer {
 public:
  virtual ~Timer() = default;
};

class Executor {
 public:
  virtual ~Executor() = default;
  virtual void post(std::move_only_function<void()> work) = 0;
  virtual void resume(std::coroutine_handle<> handle) {
    post([handle] { handle.resume(); });
  }
  // Resumes all of them, in order, with one wake-up of the executor.
  virtual void resume_all(std::vector<std::coroutine_handle<>> handles) {
    post([handles = std::move(handles)] {
      for (const std::coroutine_handle<> handle : handles) handle.resume();
    });
  }
  // Runs `work` on this executor after `delay`. It cannot be taken back; make it harmless instead.
  virtual void post_after(std::chrono::microseconds delay,
                          std::move_only_function<void()> work) = 0;
  // The same for waits that mostly end early: the timer goes with its handle instead of staying
  // until it is due. Create and destroy the handle on this executor. May be null (nothing to free).
  virtual std::unique_ptr<Timer> timer_after(std::chrono::microseconds delay,
                                             std::move_only_function<void()> work) {
    post_after(delay, std::move(work));
    return nullptr;
  }

  // The executor that runs the calling code. Requires: called from one.
  static Executor& current();
  static Executor* current_or_null();

 protected:
  // Marks the calling thread as belonging to `executor` (nullptr to unmark).
  static void set_current(Executor* executor);
};

struct RuntimeOptions {
  std::size_t loops = 0;             // 0: one per core.
  std::size_t blocking_threads = 0;  // 0: 4 + cores.
};

class Runners;

class Runtime {
 public:
  explicit Runtime(RuntimeOptions options = {});
  ~Runtime();  // Stops and joins. All gates must be closed before.
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  std::size_t loop_count() const;
  Executor& loop(std::size_t index);
  Executor& next_loop();  // Round robin.
  // Runs work that may block (files, DuckDB, child processes). Queue bounded by limits.h; when it
  // is full the caller's work still runs, later: admission is bounded at the door (net/), not here.
  void block(std::move_only_function<void()> work);

  // What goes on in the background, for as long as the runtime is.
  Runners& runners();

  // Opaque to everything but net/ (the Asio io_context of a loop).
  void* native_loop(std::size_t index);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Runs `work` on the blocking pool and resumes the caller on its own executor with the outcome.
template <typename Work>
auto run_blocking(Runtime& runtime, Work work) -> Task<decltype(work())>;

// Resumes on the current executor after `delay`, or sooner when `stop` is requested.
Task<void> sleep_for(std::chrono::microseconds delay, std::stop_token stop = {});

// Moves the calling coroutine to `executor`.
struct HopTo {
  Executor& executor;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) const { executor.resume(handle); }
  void await_resume() const noexcept {}
};
inline HopTo hop_to(Executor& executor) { return {executor}; }

// ---- implementation of the template ----
namespace detail {
template <typename Work, typename R>
struct BlockingAwaiter {
  Runtime& runtime;
  Work& work;
  std::optional<R> result;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    Executor& home = Executor::current();
    runtime.block([this, &home, handle] {
      result.emplace(work());
      home.resume(handle);
    });
  }
  R await_resume() { return std::move(*result); }
};
template <typename Work>
struct BlockingAwaiter<Work, void> {
  Runtime& runtime;
  Work& work;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    Executor& home = Executor::current();
    runtime.block([this, &home, handle] {
      work();
      home.resume(handle);
    });
  }
  void await_resume() const noexcept {}
};
}  // namespace detail

template <typename Work>
auto run_blocking(Runtime& runtime, Work work) -> Task<decltype(work())> {
  co_return co_await detail::BlockingAwaiter<Work, decltype(work())>{runtime, work};
}

}  // namespace penstock
