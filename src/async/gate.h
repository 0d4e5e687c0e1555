// Gate: the background work that someone owns. Spawn into it; close it to refuse new work and wait
// for what is running. Its stop_token tells the work to come to an end.
//
//   Gate gate;
//   gate.spawn(runtime.next_loop(), run_pipe(...));   // false once closed: the task is dropped
//   unstarted gate.close();                                     // from an ordinary thread:
//   requests stop and waits
//
// Thread-safe. close() must not be called from an event loop; use `co_await gate.closed()` there.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>
#include <vector>

#include "async/executor.h"
#include "async/task.h"

namespace penstock {

class Gate {
 public:
  Gate() = default;
  ~Gate();  // Requires: closed, or nothing was ever spawned.
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  bool spawn(Executor& executor, Task<void> task);
  std::stop_token stop_token() const { return stop_.get_token(); }
  void request_stop();
  void close();
  // close() that waits no longer than `patience`. False: something still runs.
  bool close_for(std::chrono::milliseconds patience);
  Task<void> closed();
  std::size_t running() const;

  // RAII entry for code that is not a spawned task. False when the gate is closed.
  bool enter();
  void leave();

 private:
  struct Waiter {
    Executor* executor;
    std::coroutine_handle<> handle;
  };
  friend struct GateAwaiter;

  mutable std::mutex mutex_;
  std::condition_variable idle_;
  std::stop_source stop_;
  std::size_t running_ = 0;
  bool closing_ = false;
  std::vector<Waiter> waiters_;
};

// Runs `task` on `runtime` from an ordinary thread and waits for its value. For main() and tests.
template <typename T>
T block_on(Executor& executor, Task<T> task);

namespace detail {
class Latch {
 public:
  void set();
  void wait();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};
template <typename T>
Task<void> deliver(Task<T> task, std::optional<T>& value, Latch& latch) {
  value.emplace(co_await std::move(task));
  latch.set();
}
inline Task<void> deliver_void(Task<void> task, Latch& latch) {
  co_await std::move(task);
  latch.set();
}
}  // namespace detail

template <typename T>
T block_on(Executor& executor, Task<T> task) {
  Gate gate;
  detail::Latch latch;
  if constexpr (std::is_void_v<T>) {
    gate.spawn(executor, detail::deliver_void(std::move(task), latch));
    latch.wait();
    gate.close();
  } else {
    std::optional<T> value;
    gate.spawn(executor, detail::deliver<T>(std::move(task), value, latch));
    latch.wait();
    gate.close();
    return std::move(*value);
  }
}

}  // namespace penstock
