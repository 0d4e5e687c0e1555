// The rules of retrying a batch. Evidence: AWS's documentation of stream sources for Lambda and
// Pipes (retries, bisecting, partial batch responses); where it is silent, deduced and said so.
#include <gmock/gmock.h>

#include <algorithm>

#include "stream/tests/harness.h"

namespace penstock::stream {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

// Batches of ten records, 1 to 10, delivered to a target that answers as told.
class DeliveryTest : public testing::Test {
 protected:
  bool run(RetryRules rules, Answer answer) {
    rules.pause_first = std::chrono::milliseconds(1);
    rules.pause_max = std::chrono::milliseconds(2);
    FakeConsumer consumer(sink, "a", "w", std::move(answer), {});
    std::vector<Item> batch;
    for (int i = 1; i <= 10; ++i) {
      kinesis::api::Record raw;
      raw.sequence_number = std::to_string(i);
      raw.partition_key = "k";
      raw.approximate_arrival_timestamp = clock.now() - seconds(i <= old ? 100 : 0);
      Item& item = batch.emplace_back();
      item.record = to_record(std::move(raw), "a");
      item.shaped = consumer.admit(item.record).shaped;
    }
    Delivery delivery(consumer, rules, clock, stats, {}, stop.get_token());
    const bool done = block_on(runtime.loop(0), delivery.run(batch));
    for (const Item& item : batch) fates.push_back(item.fate);
    return done;
  }
  static bool has(const std::vector<int>& numbers, int number) {
    return std::ranges::find(numbers, number) != numbers.end();
  }

  Runtime runtime{{.loops = 1, .blocking_threads = 1}};
  SimClock clock;
  FakeSink sink;
  ReaderStats stats;
  std::stop_source stop;
  std::vector<Fate> fates;
  int old = 0;  // So many records are 100 seconds old.
};

TEST_F(DeliveryTest, FaultsAreNotCounted) {
  int calls = 0;
  EXPECT_TRUE(run({.retries_max = 0}, [&](auto&) -> std::optional<Outcome> {
    if (++calls <= 5) return Outcome::of({"InternalFailure", "x", 500});
    return std::nullopt;
  }));
  EXPECT_EQ(sink.numbers(), numbers_upto(10));
  EXPECT_EQ(stats.target_errors, 5U);
}

TEST_F(DeliveryTest, ErrorsOfTheCustomerUseUpTheRetries) {
  EXPECT_TRUE(
      run({.retries_max = 2}, [](auto&) { return Outcome::of({"AccessDeniedException", "no"}); }));
  EXPECT_THAT(sink.sizes(), ElementsAre(10, 10, 10));
  EXPECT_THAT(sink.reasons(), testing::Each("RetryAttemptsExhausted 10"));
  EXPECT_THAT(fates, testing::Each(Fate::kFailed));
}

TEST_F(DeliveryTest, BisectingHalvesDownToSingleRecordsWithACountEach) {
  EXPECT_TRUE(run({.retries_max = 1, .bisect = true},
                  [](const std::vector<int>& numbers) -> std::optional<Outcome> {
                    if (has(numbers, 5)) return Outcome::refused("ValidationException: poison");
                    return std::nullopt;
                  }));
  // 10 → 1-5 → 1-2, 3-5 → 3, 4-5 → 4, 5 (twice), then 6-10. Halving does not count as a retry.
  EXPECT_THAT(sink.sizes(), ElementsAre(10, 5, 2, 3, 1, 2, 1, 1, 1, 5));
  EXPECT_THAT(sink.numbers(), ElementsAre(1, 2, 3, 4, 6, 7, 8, 9, 10));
  EXPECT_THAT(sink.reasons(), ElementsAre("RetryAttemptsExhausted 1"));
}

TEST_F(DeliveryTest, APartialResponseIsRetriedFromItsLowestFailure) {
  int calls = 0;
  EXPECT_TRUE(run({.retries_max = 3}, [&](auto& numbers) -> std::optional<Outcome> {
    ++calls;
    if (calls == 1) return Outcome::failed_from(3, "item 4");
    if (calls == 2) return Outcome::failed_from(2, "item 6");
    EXPECT_EQ(numbers.front(), 6);
    return std::nullopt;
  }));
  EXPECT_THAT(sink.sizes(), ElementsAre(10, 7, 5));
  EXPECT_EQ(sink.numbers(), numbers_upto(10));
}

TEST_F(DeliveryTest, APartialResponseThatRepeatsUsesUpTheRetries) {
  EXPECT_TRUE(run({.retries_max = 1}, [](const std::vector<int>& numbers) {
    const auto four = std::ranges::find(numbers, 4);
    return Outcome::failed_from(static_cast<std::size_t>(four - numbers.begin()), "item 4");
  }));
  EXPECT_THAT(sink.numbers(), ElementsAre(1, 2, 3));
  EXPECT_THAT(sink.sizes(), ElementsAre(10, 7));
  EXPECT_EQ(sink.given_up().size(), 7U);
}

TEST_F(DeliveryTest, BisectingCutsWhereAPartialResponseSays) {
  EXPECT_TRUE(run({.retries_max = 0, .bisect = true},
                  [](const std::vector<int>& numbers) -> std::optional<Outcome> {
                    const auto four = std::ranges::find(numbers, 4);
                    if (four == numbers.end()) return std::nullopt;
                    return Outcome::failed_from(static_cast<std::size_t>(four - numbers.begin()),
                                                "item 4");
                  }));
  // 1-10 cut at 4; 4-10 halved: 4-6, then 4 alone, which is given up, 5-6 and 7-10.
  EXPECT_THAT(sink.sizes(), ElementsAre(10, 7, 3, 1, 2, 4));
  EXPECT_THAT(sink.numbers(), ElementsAre(1, 2, 3, 5, 6, 7, 8, 9, 10));
}

TEST_F(DeliveryTest, OnlyFailedItemsAreSentAgain) {
  int calls = 0;
  EXPECT_TRUE(run({.retries_max = 0}, [&](auto&) -> std::optional<Outcome> {
    if (++calls == 1) return Outcome::items_failed({8, 9}, false, "throttled");
    return std::nullopt;
  }));
  EXPECT_THAT(sink.sizes(), ElementsAre(10, 2));
  EXPECT_EQ(sink.numbers(), numbers_upto(10));
}

TEST_F(DeliveryTest, OldRecordsAreNotSent) {
  old = 4;
  EXPECT_TRUE(run({.age_max = seconds(60)}, {}));
  EXPECT_THAT(sink.sizes(), ElementsAre(6));
  EXPECT_THAT(sink.reasons(), testing::Each("RecordAgeExceeded 4"));
}

TEST_F(DeliveryTest, RecordsGrowOldWhileTheyAreRetried) {
  EXPECT_TRUE(run({.age_max = seconds(60)}, [this](auto&) -> std::optional<Outcome> {
    clock.advance(seconds(25));
    return Outcome::fault("ThrottlingException: slow down");
  }));
  EXPECT_THAT(sink.sizes(), ElementsAre(10, 10, 10));
  EXPECT_EQ(sink.given_up().size(), 10U);
}

TEST_F(DeliveryTest, StopsBetweenAttempts) {
  int calls = 0;
  EXPECT_FALSE(run({}, [&](auto& numbers) -> std::optional<Outcome> {
    if (++calls == 3) stop.request_stop();
    return Outcome::items_failed({numbers.size() - 1}, false, "throttled");
  }));
  EXPECT_EQ(std::ranges::count(fates, Fate::kDelivered), 9);
  EXPECT_EQ(fates.back(), Fate::kPending);
}

}  // namespace
}  // namespace penstock::stream
