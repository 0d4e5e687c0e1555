// Waiting for new records, told by a notifier or asked for again. How the expectations are known:
// the contract in arrivals.h.
#include "protocol/arrivals.h"

#include <gtest/gtest.h>

#include "async/gate.h"
#include "async/notifier.h"

namespace penstock::protocol {
namespace {

using namespace std::chrono_literals;

struct Waiting {
  Runtime runtime{{.loops = 1, .blocking_threads = 1}};
  bool wait(Arrivals& arrivals, std::uint64_t seen, std::chrono::microseconds timeout,
            std::stop_token stop = {}) {
    return block_on(runtime.loop(0), arrivals.wait_beyond("k", seen, timeout, std::move(stop)));
  }
};

TEST(Arrivals, KeysDoNotMeet) {
  EXPECT_EQ(arrivals_key("arn:a", "shardId-1"), "arn:a/shardId-1");
  EXPECT_NE(arrivals_key("arn:a", "1"), arrivals_key("arn:a/1", ""));
}

TEST(Arrivals, LocalOnesSeeWhatWasNotifiedBefore) {
  Waiting waiting;
  Notifier notifier;
  LocalArrivals arrivals(notifier);
  const std::uint64_t seen = arrivals.version("k");
  EXPECT_FALSE(waiting.wait(arrivals, seen, 0us));
  notifier.notify("k");
  EXPECT_GT(arrivals.version("k"), seen);
  EXPECT_TRUE(waiting.wait(arrivals, seen, 1h));
  EXPECT_FALSE(waiting.wait(arrivals, arrivals.version("k"), 0us));
  notifier.notify("other");
  EXPECT_FALSE(waiting.wait(arrivals, arrivals.version("k"), 0us));
}

TEST(Arrivals, AStopEndsEveryWait) {
  Waiting waiting;
  Notifier notifier;
  std::stop_source stop;
  stop.request_stop();
  LocalArrivals local(notifier);
  EXPECT_FALSE(waiting.wait(local, local.version("k"), 1h, stop.get_token()));
  PollingArrivals polling(1h);
  EXPECT_FALSE(waiting.wait(polling, 0, 2h, stop.get_token()));
}

TEST(Arrivals, PollingSaysMaybeOncePerInterval) {
  Waiting waiting;
  PollingArrivals often(1us);
  EXPECT_EQ(often.version("k"), 0U);
  EXPECT_TRUE(waiting.wait(often, 0, 1h));
  PollingArrivals rarely(1h);
  EXPECT_FALSE(waiting.wait(rarely, 0, 1us));  // The caller's time is over first.
}

}  // namespace
}  // namespace penstock::protocol
