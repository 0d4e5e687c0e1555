// Notifier: no wake-up is lost, whatever ends the wait.
#include "async/notifier.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "async/executor.h"
#include "async/gate.h"

namespace penstock {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;

class NotifierTest : public ::testing::Test {
 protected:
  bool wait(const std::string& key, std::uint64_t seen, microseconds timeout,
            std::stop_token stop = {}) {
    return block_on(runtime_.next_loop(), notifier_.wait_beyond(key, seen, timeout, stop));
  }
  Runtime runtime_{{.loops = 3}};
  Notifier notifier_;
};

TEST_F(NotifierTest, ReturnsAtOnceWhenTheVersionMovedBefore) {
  const std::uint64_t seen = notifier_.version("a");
  notifier_.notify("a");
  EXPECT_GT(notifier_.version("a"), seen);
  EXPECT_TRUE(wait("a", seen, hours(1)));
}

TEST_F(NotifierTest, KeysAreApart) {
  const std::uint64_t seen = notifier_.version("a");
  notifier_.notify("b");
  EXPECT_EQ(notifier_.version("a"), seen);
  EXPECT_FALSE(wait("a", seen, microseconds(100)));
}

TEST_F(NotifierTest, EndsByTimeAndByStop) {
  EXPECT_FALSE(wait("a", notifier_.version("a"), microseconds(1)));
  std::stop_source source;
  std::thread stopper([&] { source.request_stop(); });
  EXPECT_FALSE(wait("a", notifier_.version("a"), hours(1), source.get_token()));
  stopper.join();
  EXPECT_FALSE(wait("a", notifier_.version("a"), hours(1), source.get_token()));
}

// A key that is forgotten and comes back must not begin below what a waiter has seen.
TEST_F(NotifierTest, ForgetWakesAndNeverTurnsTheVersionBack) {
  for (int i = 0; i < 5; ++i) notifier_.notify("a");
  const std::uint64_t seen = notifier_.version("a");
  notifier_.forget("a");
  EXPECT_GT(notifier_.version("a"), seen);
  EXPECT_TRUE(wait("a", seen, hours(1)));
  const std::uint64_t after = notifier_.version("a");
  notifier_.notify("a");
  EXPECT_TRUE(wait("a", after, hours(1)));
  notifier_.forget("never seen");
}

Task<void> wait_forever(Notifier& notifier, std::uint64_t seen, std::atomic<int>& woken) {
  if (co_await notifier.wait_beyond("a", seen, hours(10), {})) ++woken;
}

TEST_F(NotifierTest, WakesEveryWaiter) {
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> woken{0};
    const std::uint64_t seen = notifier_.version("a");
    Gate gate;
    for (int i = 0; i < 50; ++i)
      gate.spawn(runtime_.next_loop(), wait_forever(notifier_, seen, woken));
    if (round % 2 == 0) {
      notifier_.notify("a");
    } else {
      notifier_.notify("a");
      notifier_.forget("a");
    }
    gate.close();  // Hangs when one is not woken.
    EXPECT_EQ(woken, 50);
  }
}

// Two sides hand a number to and fro. Every step needs the other side's notify(), and the time-out
// is far longer than the test may take: one lost wake-up and it hangs.
Task<void> play(Notifier& notifier, std::atomic<int>& number, int parity, int last,
                std::string mine, std::string theirs) {
  while (true) {
    const std::uint64_t seen = notifier.version(mine);
    const int now = number.load();
    if (now >= last) co_return;
    if (now % 2 == parity) {
      number.store(now + 1);
      notifier.notify(theirs);
      continue;
    }
    co_await notifier.wait_beyond(mine, seen, hours(1), {});
  }
}

TEST_F(NotifierTest, LosesNoWakeUp) {
  constexpr int kLast = 5000;
  Gate gate;
  std::vector<std::unique_ptr<std::atomic<int>>> numbers;
  for (int game = 0; game < 8; ++game) {
    std::atomic<int>& number = *numbers.emplace_back(std::make_unique<std::atomic<int>>(0));
    const std::string even = "even" + std::to_string(game);
    const std::string odd = "odd" + std::to_string(game);
    gate.spawn(runtime_.next_loop(), play(notifier_, number, 0, kLast, even, odd));
    gate.spawn(runtime_.next_loop(), play(notifier_, number, 1, kLast, odd, even));
  }
  gate.close();
  for (const auto& number : numbers) EXPECT_GE(*number, kLast);
}

Task<void> wait_briefly(Notifier& notifier, std::stop_token stop, std::atomic<int>& ended) {
  co_await notifier.wait_beyond("a", notifier.version("a"), microseconds(30), stop);
  ++ended;
}

// Notify, time-out and stop at the same moment: each wait ends exactly once.
TEST_F(NotifierTest, EverythingAtOnce) {
  std::atomic<int> ended{0};
  for (int round = 0; round < 300; ++round) {
    std::stop_source source;
    Gate gate;
    for (int i = 0; i < 6; ++i) {
      gate.spawn(runtime_.next_loop(), wait_briefly(notifier_, source.get_token(), ended));
    }
    notifier_.notify("a");
    source.request_stop();
    gate.close();
  }
  EXPECT_EQ(ended, 1800);
}

}  // namespace
}  // namespace penstock
