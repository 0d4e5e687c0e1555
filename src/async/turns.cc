// Slots, their queues, and the handing over of a turn.
#include "async/turns.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace penstock {

Turns::Turns(std::size_t slots) : mask_(std::bit_ceil(slots) - 1), slots_(new Slot[mask_ + 1]) {}

std::size_t Turns::slot_of(std::uint64_t key_hash) const {
  return static_cast<std::size_t>(key_hash ^ (key_hash >> 32)) & mask_;
}

bool Turns::try_take(std::size_t slot) {
  Slot& s = slots_[slot];
  const std::scoped_lock lock(s.mutex);
  return !std::exchange(s.taken, true);
}

bool Turns::wait(std::size_t slot, std::coroutine_handle<> handle) {
  Slot& s = slots_[slot];
  const std::scoped_lock lock(s.mutex);
  if (!s.taken) {
    s.taken = true;
    return false;
  }
  if (s.waiting == nullptr) {
    const std::scoped_lock queues_lock(queues_mutex_);
    s.waiting = queues_.emplace_back(std::make_unique<std::deque<Waiter>>()).get();
  }
  s.waiting->push_back({&Executor::current(), handle});
  return true;
}

void Turns::release(std::size_t slot) {
  Slot& s = slots_[slot];
  Waiter next{};
  {
    const std::scoped_lock lock(s.mutex);
    if (s.waiting == nullptr || s.waiting->empty()) {
      s.taken = false;
      return;
    }
    next =
        s.waiting
            ->front();  // The turn passes on without being free in between: that is the fairness.
    s.waiting->pop_front();
  }
  next.executor->resume(next.handle);
}

Task<std::vector<Turns::Turn>> Turns::enter_all(std::vector<std::uint64_t> key_hashes) {
  std::vector<std::size_t> order;
  order.reserve(key_hashes.size());
  for (const std::uint64_t hash : key_hashes) order.push_back(slot_of(hash));
  std::sort(order.begin(), order.end());
  order.erase(std::unique(order.begin(), order.end()), order.end());
  std::vector<Turn> held;
  held.reserve(order.size());
  for (const std::size_t slot : order) {
    Entering entering{*this, slot};
    held.push_back(co_await entering);
  }
  co_return held;
}

std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed) {
  // Word-at-a-time multiply and fold (the wyhash idea).
  constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15ULL;
  const auto fold = [](std::uint64_t a, std::uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  std::uint64_t state = seed ^ kMix ^ bytes.size();
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::size_t take = std::min<std::size_t>(8, bytes.size());
    std::memcpy(&word, bytes.data(), take);
    state = fold(state ^ word, 0xE7037ED1A0B428DBULL ^ (take << 56));
    bytes.remove_prefix(take);
  }
  return fold(state, kMix);
}

}  // namespace penstock
