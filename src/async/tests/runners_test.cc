// Runners: what is listed, what is begun again, what ends.
#include "async/runners.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

namespace penstock {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;

class RunnersTest : public ::testing::Test {
 protected:
  void TearDown() override { gate_.close(); }

  void wait_for(const std::atomic<int>& count, int least) {
    for (int seen = count; seen < least; seen = count) count.wait(seen);
  }

  std::atomic<int> runs_{0};
  Runtime runtime_{{.loops = 2}};
  Gate gate_;
  Runners& runners_ = runtime_.runners();
};

Task<Status> run_until_stopped(std::atomic<int>& runs, std::stop_token stop) {
  ++runs;
  runs.notify_all();
  co_await sleep_for(std::chrono::hours(1), stop);
  co_return Status();
}

Task<Status> fail_once(std::atomic<int>& runs, std::stop_token stop) {
  if (runs++ == 0) {
    runs.notify_all();
    co_return fail(ErrorKind::kIo, "the disk is on fire");
  }
  runs.notify_all();
  co_await sleep_for(std::chrono::hours(1), stop);
  co_return Status();
}

Task<Status> end_well(std::atomic<int>& runs) {
  ++runs;
  runs.notify_all();
  co_return Status();
}

TEST_F(RunnersTest, ListsWhatRunsUntilItsGateCloses) {
  ASSERT_TRUE(runners_.start(gate_, runtime_.next_loop(), "a",
                             [&] { return run_until_stopped(runs_, gate_.stop_token()); }));
  ASSERT_TRUE(runners_.start(gate_, runtime_.next_loop(), "b",
                             [&] { return run_until_stopped(runs_, gate_.stop_token()); }));
  wait_for(runs_, 2);
  EXPECT_THAT(runners_.list(),
              ElementsAre(Field(&RunnerView::name, "a"), Field(&RunnerView::name, "b")));
  gate_.close();
  EXPECT_THAT(runners_.list(), IsEmpty());
}

TEST_F(RunnersTest, BeginsFailedWorkAgainAndTellsWhy) {
  ASSERT_TRUE(runners_.start(gate_, runtime_.next_loop(), "unlucky",
                             [&] { return fail_once(runs_, gate_.stop_token()); }));
  wait_for(runs_, 2);  // The second run comes after the pause.
  const std::vector<RunnerView> list = runners_.list();
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].failures, 1U);
  EXPECT_EQ(list[0].last_error, "the disk is on fire");
}

TEST_F(RunnersTest, RepeatsAtItsInterval) {
  ASSERT_TRUE(runners_.start_every(gate_, runtime_.next_loop(), "tick",
                                   std::chrono::milliseconds(1), [&] { return end_well(runs_); }));
  wait_for(runs_, 3);
  EXPECT_EQ(runners_.list().size(), 1U);
}

TEST_F(RunnersTest, StartsNothingInAClosedGate) {
  gate_.close();
  EXPECT_FALSE(
      runners_.start(gate_, runtime_.next_loop(), "late", [&] { return end_well(runs_); }));
  EXPECT_THAT(runners_.list(), IsEmpty());
  EXPECT_EQ(runs_, 0);
}

}  // namespace
}  // namespace penstock
