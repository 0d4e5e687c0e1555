// Event loops, the blocking pool, timers and sleeps.
#include "async/executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stop_token>
#include <thread>
#include <vector>

#include "async/gate.h"

namespace penstock {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;

Task<Executor*> where() { co_return Executor::current_or_null(); }

Task<bool> hop_and_back(Executor& home, Executor& away) {
  bool right = &Executor::current() == &home;
  co_await hop_to(away);
  right = right && &Executor::current() == &away;
  co_await hop_to(home);
  co_return right && &Executor::current() == &home;
}

Task<bool> block_and_return(Runtime& runtime) {
  Executor* const home = &Executor::current();
  const std::thread::id loop_thread = std::this_thread::get_id();
  const auto [pool_thread, pool_executor] = co_await run_blocking(
      runtime, [] { return std::pair(std::this_thread::get_id(), Executor::current_or_null()); });
  bool ran = false;
  co_await run_blocking(runtime, [&ran] { ran = true; });
  co_return ran&& pool_thread != loop_thread&& pool_executor == nullptr &&
      &Executor::current() == home&& std::this_thread::get_id() == loop_thread;
}

Task<void> sleep_counted(microseconds delay, std::stop_token stop, std::atomic<int>& woken) {
  co_await sleep_for(delay, stop);
  ++woken;
}

TEST(Executor, KnowsWhereItRuns) {
  Runtime runtime({.loops = 3});
  ASSERT_EQ(runtime.loop_count(), 3U);
  EXPECT_EQ(Executor::current_or_null(), nullptr);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(block_on(runtime.loop(i), where()), &runtime.loop(i));
  EXPECT_TRUE(block_on(runtime.loop(0), hop_and_back(runtime.loop(0), runtime.loop(1))));
}

TEST(Executor, NextLoopGoesRound) {
  Runtime runtime({.loops = 2});
  Executor* const first = &runtime.next_loop();
  Executor* const second = &runtime.next_loop();
  EXPECT_NE(first, second);
  EXPECT_EQ(&runtime.next_loop(), first);
}

TEST(Executor, BlockingWorkComesHome) {
  Runtime runtime({.loops = 2, .blocking_threads = 2});
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(block_on(runtime.next_loop(), block_and_return(runtime)));
  }
}

TEST(Executor, BlockingWorkQueuedAtTheEndStillRuns) {
  std::atomic<int> ran{0};
  {
    Runtime runtime({.loops = 1, .blocking_threads = 2});
    for (int i = 0; i < 50; ++i) {
      runtime.block([&runtime, &ran] {
        ++ran;
        runtime.block([&ran] { ++ran; });  // Also from the pool itself, while it stops.
      });
    }
  }
  EXPECT_EQ(ran, 100);
}

// As many jobs as threads wait for each other: they must all have a thread.
TEST(Executor, TheBlockingPoolUsesAllItsThreads) {
  constexpr int kThreads = 4;
  Runtime runtime({.loops = 1, .blocking_threads = kThreads});
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> arrived{0};
    std::atomic<int> left{0};
    for (int i = 0; i < kThreads; ++i) {
      runtime.block([&] {
        ++arrived;
        while (arrived < kThreads) std::this_thread::yield();
        ++left;
      });
    }
    while (left < kThreads) std::this_thread::yield();
  }
}

Task<void> record(std::vector<int>& order, int number) {
  order.push_back(number);
  co_return;
}

struct Parked {
  std::vector<std::coroutine_handle<>>& handles;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) const { handles.push_back(handle); }
  void await_resume() const noexcept {}
};

Task<void> park_and_record(std::vector<std::coroutine_handle<>>& handles, std::vector<int>& order,
                           int number) {
  co_await Parked{handles};
  co_await record(order, number);
}

TEST(Executor, ResumesAllInOrder) {
  Runtime runtime({.loops = 1});
  std::vector<std::coroutine_handle<>> handles;
  std::vector<int> order;
  Gate gate;
  for (int i = 0; i < 5; ++i) gate.spawn(runtime.loop(0), park_and_record(handles, order, i));
  block_on(runtime.loop(0), where());  // The loop is in order: all are parked now.
  runtime.loop(0).resume_all(handles);
  gate.close();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(Executor, TimersFireInOrderAndCanBeDropped) {
  Runtime runtime({.loops = 1});
  std::vector<int> fired;
  std::atomic<bool> done{false};
  runtime.loop(0).post([&] {
    Executor& loop = Executor::current();
    loop.post_after(milliseconds(6), [&] {
      fired.push_back(3);
      done = true;
    });
    loop.post_after(milliseconds(3), [&] { fired.push_back(2); });
    loop.post_after(milliseconds(-5), [&] { fired.push_back(1); });
    loop.timer_after(milliseconds(1), [&] { fired.push_back(99); }).reset();
  });
  while (!done) std::this_thread::yield();
  EXPECT_EQ(fired, (std::vector<int>{1, 2, 3}));
}

TEST(Sleep, EndsByTimeByStopAndAtOnce) {
  Runtime runtime({.loops = 2});
  std::atomic<int> woken{0};
  Gate gate;
  gate.spawn(runtime.loop(0), sleep_counted(microseconds(500), {}, woken));
  while (woken < 1) std::this_thread::yield();

  std::stop_source source;
  for (int i = 0; i < 100; ++i) {
    gate.spawn(runtime.next_loop(), sleep_counted(microseconds::max(), source.get_token(), woken));
  }
  source.request_stop();  // Before, while and after they fall asleep.
  gate.close();
  EXPECT_EQ(woken, 101);

  block_on(runtime.loop(0), sleep_for(hours(1), source.get_token()));  // Stopped already.
}

// The timer and the stop race; whoever is second must do nothing.
TEST(Sleep, TimerAndStopAtTheSameMoment) {
  Runtime runtime({.loops = 2});
  std::atomic<int> woken{0};
  for (int round = 0; round < 300; ++round) {
    std::stop_source source;
    Gate gate;
    for (int i = 0; i < 4; ++i) {
      gate.spawn(runtime.next_loop(), sleep_counted(microseconds(50), source.get_token(), woken));
    }
    while (woken < round * 4 + round % 4) std::this_thread::yield();
    source.request_stop();
    gate.close();
  }
  EXPECT_EQ(woken, 1200);
}

}  // namespace
}  // namespace penstock
