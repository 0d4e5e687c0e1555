// Gate: who may enter, and when it is closed.
#include "async/gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "async/executor.h"

namespace penstock {
namespace {

Task<void> until_stopped(std::stop_token stop, std::atomic<int>& ended) {
  co_await sleep_for(std::chrono::hours(1), stop);
  ++ended;
}

// Says in its destructor whether the gate still counted it.
struct Witness {
  Gate* gate;
  std::atomic<std::size_t>* running_at_end;
  ~Witness() { *running_at_end = gate->running(); }
};

Task<void> carry(std::shared_ptr<Witness>) { co_return; }

Task<void> close_from_loop(Gate& gate, std::atomic<int>& ended, int expected) {
  co_await gate.closed();
  EXPECT_EQ(ended, expected);
}

class GateTest : public ::testing::Test {
 protected:
  Runtime runtime_{{.loops = 2}};
};

TEST_F(GateTest, CloseStopsAndWaitsForAll) {
  std::atomic<int> ended{0};
  Gate gate;
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(gate.spawn(runtime_.next_loop(), until_stopped(gate.stop_token(), ended)));
  }
  gate.close();
  EXPECT_EQ(ended, 100);
  EXPECT_EQ(gate.running(), 0U);
  gate.close();  // Again is fine.
}

TEST_F(GateTest, RefusesAfterClosingAndDropsTheTaskUnstarted) {
  Gate gate;
  gate.close();
  std::atomic<std::size_t> running{99};
  EXPECT_FALSE(gate.spawn(runtime_.next_loop(), carry(std::make_shared<Witness>(&gate, &running))));
  EXPECT_EQ(running, 0U);
  EXPECT_FALSE(gate.enter());
  EXPECT_TRUE(gate.stop_token().stop_requested());
}

TEST_F(GateTest, TheFrameIsGoneBeforeTheGateIsLeft) {
  for (int i = 0; i < 100; ++i) {
    std::atomic<std::size_t> running{99};
    Gate gate;
    gate.spawn(runtime_.next_loop(), carry(std::make_shared<Witness>(&gate, &running)));
    gate.close();
    EXPECT_EQ(running, 1U);
  }
}

TEST_F(GateTest, ClosedFromAnEventLoop) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> ended{0};
    Gate gate;
    for (int i = 0; i < 8; ++i)
      gate.spawn(runtime_.next_loop(), until_stopped(gate.stop_token(), ended));
    block_on(runtime_.loop(0), close_from_loop(gate, ended, 8));
    block_on(runtime_.loop(1), close_from_loop(gate, ended, 8));  // Idle: at once.
  }
}

TEST_F(GateTest, RequestStopDoesNotRefuse) {
  std::atomic<int> ended{0};
  Gate gate;
  gate.request_stop();
  EXPECT_TRUE(gate.spawn(runtime_.next_loop(), until_stopped(gate.stop_token(), ended)));
  gate.close();
  EXPECT_EQ(ended, 1);
}

// Entering, leaving and closing at once: close() returns exactly when nobody is inside.
TEST_F(GateTest, CloseRacesWithEntering) {
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> inside{0};
    auto gate = std::make_unique<Gate>();
    std::atomic<bool> stop{false};
    std::thread visitor([&] {
      while (!stop) {
        if (!gate->enter()) return;
        ++inside;
        --inside;
        gate->leave();
      }
    });
    gate->close();
    EXPECT_EQ(inside, 0);
    stop = true;
    visitor.join();
  }
}

}  // namespace
}  // namespace penstock
