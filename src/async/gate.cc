// The life of detached work.
#include "async/gate.h"

#include "base/check.h"

namespace penstock {
namespace {

// A coroutine that frees itself when it ends: the one place where work is detached.
struct Detached {
  struct promise_type {
    Detached get_return_object() noexcept {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};

Detached run(Gate& gate, Task<void> task) {
  {
    // The task's frame is destroyed before the gate is left: it may hold what the owner frees next.
    const Task<void> owned = std::move(task);
    co_await const_cast<Task<void>&>(owned);
  }
  gate.leave();
}

}  // namespace

struct GateAwaiter {
  Gate& gate;
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> handle) const {
    const std::scoped_lock lock(gate.mutex_);
    if (gate.running_ == 0) return false;
    gate.waiters_.push_back({&Executor::current(), handle});
    return true;
  }
  void await_resume() const noexcept {}
};

Gate::~Gate() {
  const std::scoped_lock lock(mutex_);
  CHECK(running_ == 0);
}

bool Gate::spawn(Executor& executor, Task<void> task) {
  if (!enter()) return false;
  executor.resume(run(*this, std::move(task)).handle);
  return true;
}

bool Gate::enter() {
  const std::scoped_lock lock(mutex_);
  if (closing_) return false;
  ++running_;
  return true;
}

void Gate::leave() {
  std::vector<Waiter> ready;
  {
    // Notified under the lock: the gate may be destroyed as soon as a waiter sees it idle.
    const std::scoped_lock lock(mutex_);
    CHECK(running_ > 0);
    if (--running_ != 0) return;
    ready.swap(waiters_);
    idle_.notify_all();
  }
  for (const Waiter& waiter : ready) waiter.executor->resume(waiter.handle);
}

void Gate::request_stop() { stop_.request_stop(); }

void Gate::close() {
  {
    const std::scoped_lock lock(mutex_);
    closing_ = true;
  }
  stop_.request_stop();
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return running_ == 0; });
}

bool Gate::close_for(std::chrono::milliseconds patience) {
  {
    const std::scoped_lock lock(mutex_);
    closing_ = true;
  }
  stop_.request_stop();
  std::unique_lock lock(mutex_);
  return idle_.wait_for(lock, patience, [this] { return running_ == 0; });
}

Task<void> Gate::closed() {
  {
    const std::scoped_lock lock(mutex_);
    closing_ = true;
  }
  stop_.request_stop();
  co_await GateAwaiter{*this};
}

std::size_t Gate::running() const {
  const std::scoped_lock lock(mutex_);
  return running_;
}

namespace detail {

void Latch::set() {
  const std::scoped_lock lock(mutex_);
  set_ = true;
  changed_.notify_all();
}

void Latch::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return set_; });
}

}  // namespace detail
}  // namespace penstock
