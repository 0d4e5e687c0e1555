// Turns: one writer per key, in order of arrival, without a lock that spans an await.
//
//   auto turn = co_await turns.enter(hash);   // FIFO per slot; fair
//   ... read the pending value, decide, submit the batch ...
//   turn.leave();                             // or by destruction; never held while the disk syncs
//
// Keys share a fixed number of slots (by hash), so memory is bounded; two keys in one slot merely
// wait for each other. Code that needs several turns takes them with enter_all, which sorts and
// merges the slots and so cannot deadlock. Thread-safe.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "async/executor.h"
#include "async/task.h"

namespace penstock {

class Turns {
 public:
  class Turn {
   public:
    Turn() = default;
    Turn(Turns* owner, std::size_t slot) : owner_(owner), slot_(slot) {}
    Turn(Turn&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), slot_(other.slot_) {}
    Turn& operator=(Turn&& other) noexcept {
      if (this != &other) {
        leave();
        owner_ = std::exchange(other.owner_, nullptr);
        slot_ = other.slot_;
      }
      return *this;
    }
    ~Turn() { leave(); }
    void leave() {
      if (owner_ != nullptr) std::exchange(owner_, nullptr)->release(slot_);
    }

   private:
    Turns* owner_ = nullptr;
    std::size_t slot_ = 0;
  };

  // `slots` is rounded up to a power of two.
  explicit Turns(std::size_t slots = 4096);

  struct Entering {
    Turns& turns;
    std::size_t slot;
    bool await_ready() const { return turns.try_take(slot); }
    bool await_suspend(std::coroutine_handle<> handle) const { return turns.wait(slot, handle); }
    Turn await_resume() const { return Turn(&turns, slot); }
  };
  Entering enter(std::uint64_t key_hash) { return {*this, slot_of(key_hash)}; }
  Task<std::vector<Turn>> enter_all(std::vector<std::uint64_t> key_hashes);

 private:
  struct Waiter {
    Executor* executor;
    std::coroutine_handle<> handle;
  };
  struct Slot {
    std::mutex mutex;
    bool taken = false;
    std::deque<Waiter>* waiting = nullptr;  // Made on first contention, kept.
  };

  std::size_t slot_of(std::uint64_t key_hash) const;
  bool try_take(std::size_t slot);
  bool wait(std::size_t slot, std::coroutine_handle<> handle);  // False: taken after all, go on.
  void release(std::size_t slot);

  std::size_t mask_;
  std::unique_ptr<Slot[]> slots_;
  std::vector<std::unique_ptr<std::deque<Waiter>>> queues_;
  std::mutex queues_mutex_;
};

// A stable 64-bit hash of bytes, good enough to spread keys (not against adversaries).
std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed = 0);

}  // namespace penstock
