// Task: values, laziness, ownership of the frame, and a stack that does not grow with awaits.
#include "async/task.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "async/executor.h"
#include "async/gate.h"

namespace penstock {
namespace {

Task<int> value_of(int value) { co_return value; }

Task<std::unique_ptr<int>> boxed(int value) { co_return std::make_unique<int>(value); }

struct Pair {
  int first = 0;
  std::string second;
};
Task<Pair> braced() { co_return {7, "seven"}; }

Task<void> nothing() { co_return; }

Task<int> sum_to(int count) {
  int sum = 0;
  for (int i = 1; i <= count; ++i) sum += co_await value_of(1);
  co_return sum;
}

Task<int> nested(int depth) {
  if (depth == 0) co_return 0;
  co_return 1 + co_await nested(depth - 1);
}

Task<int> hold(std::shared_ptr<int> kept, bool& started) {
  started = true;
  co_return *kept;
}

class TaskTest : public ::testing::Test {
 protected:
  Runtime runtime_{{.loops = 1}};
  Executor& loop_ = runtime_.loop(0);
};

TEST_F(TaskTest, DeliversValues) {
  EXPECT_EQ(block_on(loop_, value_of(42)), 42);
  EXPECT_EQ(*block_on(loop_, boxed(5)), 5);
  EXPECT_EQ(block_on(loop_, braced()).second, "seven");
  block_on(loop_, nothing());
}

TEST_F(TaskTest, ManyAwaitsDoNotGrowTheStack) {
  constexpr int kMany = 1'000'000;  // Far more frames than a stack holds.
  EXPECT_EQ(block_on(loop_, sum_to(kMany)), kMany);
  EXPECT_EQ(block_on(loop_, nested(20'000)), 20'000);
}

TEST_F(TaskTest, IsLazyAndFreesItsFrameWhenDropped) {
  bool started = false;
  const auto kept = std::make_shared<int>(1);
  {
    const Task<int> task = hold(kept, started);
    EXPECT_EQ(kept.use_count(), 2);
  }
  EXPECT_FALSE(started);
  EXPECT_EQ(kept.use_count(), 1);
  EXPECT_EQ(block_on(loop_, hold(kept, started)), 1);
  EXPECT_TRUE(started);
  EXPECT_EQ(kept.use_count(), 1);
}

TEST_F(TaskTest, MovesReplaceTheFrame) {
  bool started = false;
  const auto first = std::make_shared<int>(1);
  const auto second = std::make_shared<int>(2);
  Task<int> task = hold(first, started);
  task = hold(second, started);
  EXPECT_EQ(first.use_count(), 1);
  EXPECT_EQ(block_on(loop_, std::move(task)), 2);
}

}  // namespace
}  // namespace penstock
