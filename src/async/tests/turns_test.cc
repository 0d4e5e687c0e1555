// Turns: one at a time, in order of arrival, several at once without deadlock.
#include "async/turns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <set>
#include <thread>

#include "async/gate.h"

namespace penstock {
namespace {

struct Shared {
  Turns turns{8};
  int unguarded = 0;  // Only a turn keeps this from racing.
  std::atomic<int> inside{0};
  std::atomic<bool> overlapped{false};
};

Task<void> work(Shared& shared, int times, Executor& other) {
  for (int i = 0; i < times; ++i) {
    const Turns::Turn turn = co_await shared.turns.enter(1);
    if (shared.inside.fetch_add(1) != 0) shared.overlapped = true;
    ++shared.unguarded;
    if (i % 3 == 0) co_await hop_to(other);  // A turn may span awaits.
    shared.inside.fetch_sub(1);
  }
}

TEST(Turns, OneAtATime) {
  constexpr int kWorkers = 32;
  constexpr int kTimes = 500;
  Runtime runtime({.loops = 4});
  Shared shared;
  Gate gate;
  for (int i = 0; i < kWorkers; ++i) {
    gate.spawn(runtime.next_loop(),
               work(shared, kTimes, runtime.loop(static_cast<std::size_t>(i) % 4)));
  }
  gate.close();
  EXPECT_EQ(shared.unguarded, kWorkers * kTimes);
  EXPECT_FALSE(shared.overlapped);
}

Task<void> arrive(Turns& turns, std::vector<int>& order, int number) {
  const Turns::Turn turn = co_await turns.enter(1);
  order.push_back(number);
}

Task<void> hold_while_others_arrive(Turns& turns, Executor& loop, Gate& gate,
                                    std::vector<int>& order) {
  Turns::Turn turn = co_await turns.enter(1);
  for (int i = 0; i < 100; ++i) gate.spawn(loop, arrive(turns, order, i));
  co_await hop_to(loop);  // Behind the hundred: all of them have asked by now.
  turn.leave();
  // A late-comer on a free-looking slot does not overtake.
  const Turns::Turn again = co_await turns.enter(1);
  order.push_back(100);
}

TEST(Turns, InOrderOfArrival) {
  Runtime runtime({.loops = 1});
  Turns turns;
  Gate gate;
  std::vector<int> order;
  block_on(runtime.loop(0), hold_while_others_arrive(turns, runtime.loop(0), gate, order));
  gate.close();
  std::vector<int> expected(101);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(order, expected);
}

Task<void> transfer(Turns& turns, std::vector<int>& slots, std::vector<std::uint64_t> hashes,
                    int times) {
  for (int i = 0; i < times; ++i) {
    const std::vector<Turns::Turn> held = co_await turns.enter_all(hashes);
    for (const std::uint64_t hash : std::set<std::uint64_t>(hashes.begin(), hashes.end()))
      ++slots[hash];
  }
}

TEST(Turns, SeveralAtOnceWithoutDeadlock) {
  Runtime runtime({.loops = 4});
  Turns turns(4);  // Hashes 0-3 have a slot each.
  std::vector<int> counts(4);
  Gate gate;
  for (int i = 0; i < 8; ++i) {
    gate.spawn(runtime.next_loop(), transfer(turns, counts, {0, 1, 2, 3}, 200));
    gate.spawn(runtime.next_loop(), transfer(turns, counts, {3, 2, 1, 0, 0, 3}, 200));
    gate.spawn(runtime.next_loop(), transfer(turns, counts, {2, 0}, 200));
  }
  gate.close();
  EXPECT_EQ(counts, (std::vector<int>{4800, 3200, 4800, 3200}));
}

Task<bool> leave_early(Turns& turns) {
  Turns::Turn turn = co_await turns.enter(5);
  turn.leave();
  turn.leave();  // Twice is once.
  Turns::Turn second = co_await turns.enter(5);
  Turns::Turn moved = std::move(second);
  moved = co_await turns.enter(6);  // Assignment gives the old turn back.
  const Turns::Turn third = co_await turns.enter(5);
  co_return true;
}

TEST(Turns, LeavesByCallMoveAndDestruction) {
  Runtime runtime({.loops = 1});
  Turns turns;
  EXPECT_TRUE(block_on(runtime.loop(0), leave_early(turns)));
}

TEST(HashBytes, SpreadsAndTellsApart) {
  std::set<std::uint64_t> seen;
  std::vector<int> slots(64);
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t hash = hash_bytes("key-" + std::to_string(i));
    seen.insert(hash);
    ++slots[hash % 64];
  }
  EXPECT_EQ(seen.size(), 10'000U);
  EXPECT_LT(*std::max_element(slots.begin(), slots.end()), 2 * 10'000 / 64);
  // Zero bytes and lengths count.
  EXPECT_NE(hash_bytes(std::string(1, '\0')), hash_bytes(std::string(2, '\0')));
  EXPECT_NE(hash_bytes(""), hash_bytes(std::string(8, '\0')));
  EXPECT_NE(hash_bytes("a", 1), hash_bytes("a", 2));
}

}  // namespace
}  // namespace penstock
