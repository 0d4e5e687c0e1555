// LoopEvent: one coroutine waits for what another one, on the same loop, brings about.
#pragma once

#include <coroutine>
#include <utility>

#include "async/executor.h"

namespace penstock::net {

// A set() without a waiter is remembered once.
class LoopEvent {
 public:
  explicit LoopEvent(Executor& executor) : executor_(executor) {}
  void set() {
    if (waiting_) {
      executor_.resume(std::exchange(waiting_, nullptr));
    } else {
      set_ = true;
    }
  }
  bool await_ready() noexcept { return std::exchange(set_, false); }
  void await_suspend(std::coroutine_handle<> handle) noexcept { waiting_ = handle; }
  void await_resume() const noexcept {}

 private:
  Executor& executor_;
  std::coroutine_handle<> waiting_;
  bool set_ = false;
};

}  // namespace penstock::net
