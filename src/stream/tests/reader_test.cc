// Readers end to end over a stream in memory: order, positions, resharding, batching and bounds.
// Expectations are AWS's documented rules for stream sources, or this module's own invariants.
#include <gmock/gmock.h>

#include <algorithm>

#include "stream/tests/harness.h"

namespace penstock::stream {
namespace {

using std::chrono::seconds;

TEST(Reader, DeliversInOrderAndWakesForNewRecords) {
  Harness h;
  h.source.add_shard("a");
  h.put("a", 250);
  const auto reader = h.reader();
  ASSERT_TRUE(h.sink.wait_for(250));
  h.put("a", 1);
  ASSERT_TRUE(h.sink.wait_for(251));
  EXPECT_EQ(h.sink.numbers(), numbers_upto(251));
  EXPECT_TRUE(h.wait_for_counters({251, 251, 0, 0}));
  for (const std::size_t size : h.sink.sizes()) EXPECT_LE(size, 100U);
}

TEST(Reader, GoesOnWhereItWas) {
  Harness h;
  h.source.add_shard("a");
  h.put("a", 30);
  h.reader()->stop();  // Whatever it got done.
  h.put("a", 30);
  auto reader = h.reader();
  ASSERT_TRUE(h.sink.wait_for(60));
  reader->stop();
  EXPECT_EQ(h.positions().at("a").sequence, "60");
  EXPECT_EQ(h.sink.numbers(), numbers_upto(60));
  EXPECT_EQ(h.counters(), (Counters{60, 60, 0, 0}));
}

TEST(Reader, WhatIsFilteredMovesThePosition) {
  Harness h;
  h.source.add_shard("a");
  h.put("a", 20);
  const auto reader = h.reader({}, {}, [](int number) -> std::optional<Admission> {
    if (number % 2 == 1) return Admission{.fate = Fate::kFiltered};
    return std::nullopt;
  });
  EXPECT_TRUE(h.wait_for_counters({20, 10, 10, 0}));
  h.source.put("a", "k", h.clock.now());  // 21: filtered, with nothing behind it.
  EXPECT_TRUE(h.wait_for_counters({21, 10, 11, 0}));
  EXPECT_EQ(h.positions().at("a").sequence, "21");
}

TEST(Reader, WhatCannotBeShapedIsGivenUpAloneAndInOrder) {
  Harness h;
  h.source.add_shard("a");
  h.put("a", 5);
  LaneRules rules;
  rules.retry.retries_max = 2;
  const auto reader = h.reader(rules, {}, [](int number) -> std::optional<Admission> {
    if (number == 3) return Admission{.bytes = 1, .problem = "no key"};
    return std::nullopt;
  });
  EXPECT_TRUE(h.wait_for_counters({5, 4, 0, 1}));
  EXPECT_EQ(h.sink.numbers(), (std::vector<int>{1, 2, 4, 5}));
  EXPECT_EQ(h.sink.sizes(), (std::vector<std::size_t>{2, 2}));
}

TEST(Reader, ParentsComeBeforeChildren) {
  Harness h;
  h.source.add_shard("a");
  h.source.add_shard("b");
  h.put("a", 3);
  h.put("b", 3);
  const auto reader = h.reader();
  ASSERT_TRUE(h.sink.wait_for(6));
  h.source.add_shard("c", {"a", "b"});  // A merge: both parents first.
  h.put("c", 3);
  h.source.close_shard("a");
  ASSERT_TRUE(Harness::wait_until([&] { return h.positions().at("a").finished; }));
  h.put("b", 1);
  ASSERT_TRUE(h.sink.wait_for(7));
  EXPECT_EQ(h.sink.numbers().back(), 10);
  h.source.close_shard("b");
  ASSERT_TRUE(h.sink.wait_for(10));
  h.source.add_shard("d", {"c"});  // A split of what a merge made.
  h.source.add_shard("e", {"c"});
  h.source.close_shard("c");
  h.put("d", 2);
  h.put("e", 2);
  ASSERT_TRUE(h.sink.wait_for(14));
  EXPECT_TRUE(Harness::wait_until([&] { return h.positions().at("c").finished; }));
}

TEST(Reader, ForgetsShardsThatAreGone) {
  Harness h;
  h.source.add_shard("a");
  h.put("a", 3);
  h.source.close_shard("a");
  h.source.add_shard("b", {"a"});
  auto reader = h.reader();
  ASSERT_TRUE(Harness::wait_until(
      [&] { return h.positions().contains("b") && h.positions().at("a").finished; }));
  reader->stop();
  h.source.drop_shard("a");
  reader = h.reader();
  EXPECT_TRUE(Harness::wait_until([&] { return !h.positions().contains("a"); }));
  h.put("b", 1);
  EXPECT_TRUE(h.sink.wait_for(4));
}

TEST(Reader, LatestIsDecidedOnce) {
  Harness h;
  h.source.add_shard("a");
  h.put("a", 5);
  h.clock.advance(seconds(10));
  auto reader = h.reader({}, {}, {}, "LATEST");
  ASSERT_TRUE(reader->begun());
  reader->stop();  // Nothing was delivered: the place is found again by its time.
  h.clock.advance(seconds(10));
  h.put("a", 2);
  reader = h.reader({}, {}, {}, "LATEST");
  ASSERT_TRUE(h.sink.wait_for(2));
  EXPECT_EQ(h.sink.numbers(), (std::vector<int>{6, 7}));
  h.source.add_shard("b", {"a"});  // What comes later is read from its beginning.
  h.put("b", 2);
  h.source.close_shard("a");
  ASSERT_TRUE(h.sink.wait_for(4));
}

TEST(Reader, ExpiredIteratorsAreRenewed) {
  Harness h;
  h.source.add_shard("a");
  h.put("a", 10);
  const auto reader = h.reader();
  ASSERT_TRUE(h.sink.wait_for(10));
  h.source.expire_next = 1;
  h.put("a", 10);
  ASSERT_TRUE(h.sink.wait_for(20));
  EXPECT_EQ(h.sink.numbers(), numbers_upto(20));
}

TEST(Reader, WhatWasTrimmedIsLeftOut) {
  for (const bool errors : {false, true}) {  // Kinesis goes on silently, DynamoDB says so.
    SCOPED_TRACE(errors);
    Harness h;
    h.source.trims_are_errors = errors;
    h.source.add_shard("a");
    h.put("a", 10);
    auto reader = h.reader();
    ASSERT_TRUE(h.sink.wait_for(10));
    reader->stop();
    h.put("a", 10);
    h.source.trim("a", 15);
    reader = h.reader();
    ASSERT_TRUE(h.sink.wait_for(15));
    EXPECT_EQ(h.sink.numbers().back(), 20);
    EXPECT_EQ(h.sink.numbers()[10], 16);
  }
}

TEST(Reader, AWindowGathersABatch) {
  Harness h;
  h.source.add_shard("a");
  LaneRules rules;
  rules.batch.records_max = 10;
  rules.batch.window = seconds(300);
  const auto reader = h.reader(rules);
  ASSERT_TRUE(reader->begun());
  h.put("a", 14);
  ASSERT_TRUE(h.sink.wait_for(10));
  EXPECT_EQ(h.sink.sizes(), (std::vector<std::size_t>{10}));
  h.clock.advance(seconds(301));
  h.put("a", 1);  // Wakes it; whether it comes along is a matter of luck.
  ASSERT_TRUE(h.sink.wait_for(14));
}

TEST(Reader, APayloadFillsABatch) {
  Harness h;
  h.source.add_shard("a");
  LaneRules rules;
  rules.batch.payload_max = 1'000;
  rules.batch.window = seconds(300);
  const auto reader = h.reader(rules);
  ASSERT_TRUE(reader->begun());
  h.put("a", 7, 300);
  ASSERT_TRUE(h.sink.wait_for(6));
  EXPECT_EQ(h.sink.sizes(), (std::vector<std::size_t>{3, 3}));
}

TEST(Reader, DoesNotReadAheadOfABlockedTarget) {
  Harness h;
  h.source.add_shard("a");
  h.put("a", 3'000, 100);
  LaneRules rules;
  rules.batch.payload_max = 10'000;
  std::atomic<bool> blocked{true};
  const auto reader = h.reader(rules, [&](const std::vector<int>&) -> std::optional<Outcome> {
    if (blocked) return Outcome::fault("InternalFailure: later");
    return std::nullopt;
  });
  ASSERT_TRUE(h.sink.wait_for_calls(3));
  // One page goes in before the bound is seen: 1,000 records.
  EXPECT_LE(h.source.read_total, 1'000U);
  blocked = false;
  ASSERT_TRUE(h.sink.wait_for(3'000));
  EXPECT_EQ(h.sink.numbers(), numbers_upto(3'000));
}

// Per key the order is that of the shard.
void expect_order_per_key(FakeSink& sink) {
  std::map<std::string, int> last;
  for (const auto& taken : sink.taken()) {
    EXPECT_LT(last[taken.key], taken.number);
    last[taken.key] = taken.number;
  }
}

TEST(Reader, SubLanesKeepTheOrderPerKey) {
  Harness h;
  h.source.add_shard("a");
  h.put("a", 2'000);
  LaneRules rules;
  rules.batch.sub_lanes = 4;
  rules.batch.records_max = 20;
  std::atomic<int> calls{0};
  const auto reader = h.reader(rules, [&](const std::vector<int>&) -> std::optional<Outcome> {
    if (++calls % 3 == 0) return Outcome::fault("ThrottlingException: slow down");
    return std::nullopt;
  });
  ASSERT_TRUE(h.sink.wait_for(2'000));
  EXPECT_EQ(h.sink.taken().size(), 2'000U);
  expect_order_per_key(h.sink);
  EXPECT_TRUE(h.wait_for_counters({2'000, 2'000, 0, 0}));
}

TEST(Reader, ABlockedSubLaneHoldsThePositionAndNothingIsRepeated) {
  Harness h;
  h.source.add_shard("a");
  h.put("a", 500);
  LaneRules rules;
  rules.batch.sub_lanes = 5;
  rules.batch.records_max = 10;
  std::atomic<bool> blocked{true};
  const Answer answer = [&](const std::vector<int>& numbers) -> std::optional<Outcome> {
    const bool hit = std::find(numbers.begin(), numbers.end(), 33) != numbers.end();
    if (hit && blocked) return Outcome::fault("InternalFailure: stuck");
    return std::nullopt;
  };
  auto reader = h.reader(rules, answer);
  // The other sub-lanes go on, ahead of the position.
  ASSERT_TRUE(Harness::wait_until([&] { return h.sink.taken().size() >= 250; }));
  reader->stop();
  EXPECT_TRUE(sequence_less(h.positions().at("a").sequence, "33"));
  EXPECT_EQ(h.positions().at("a").lanes, 5U);
  // Another number of sub-lanes, as by an update: what was delivered ahead is not sent under the
  // new producers, which the target does not know.
  rules.batch.sub_lanes = 2;
  blocked = false;
  reader = h.reader(rules, answer);
  ASSERT_TRUE(h.sink.wait_for(500));
  EXPECT_TRUE(h.wait_for_counters({500, 500, 0, 0}));
  EXPECT_EQ(h.sink.taken().size(), 500U);
  expect_order_per_key(h.sink);
  // Then the new number is in use.
  h.put("a", 100);
  ASSERT_TRUE(h.sink.wait_for(600));
  EXPECT_EQ(h.sink.taken().size(), 600U);
  EXPECT_TRUE(Harness::wait_until([&] { return h.positions().at("a").lanes == 2; }));
}

TEST(Reader, WhatWasGivenUpAheadOfThePositionStaysGivenUp) {
  Harness h;
  h.source.add_shard("a");
  h.put("a", 40);
  LaneRules rules;
  rules.batch.sub_lanes = 2;
  rules.batch.records_max = 4;
  rules.retry.retries_max = 0;
  rules.retry.bisect = true;
  std::atomic<bool> blocked{true};
  std::atomic<bool> poisonous{true};
  const Answer answer = [&](const std::vector<int>& numbers) -> std::optional<Outcome> {
    const auto has = [&](int n) { return std::ranges::find(numbers, n) != numbers.end(); };
    if (has(1) && blocked) return Outcome::fault("InternalFailure: stuck");
    if (poisonous && std::ranges::any_of(numbers, [](int n) { return n > 20 && n % 5 == 0; })) {
      return Outcome::refused("ValidationException: poison");
    }
    return std::nullopt;
  };
  auto reader = h.reader(rules, answer);
  ASSERT_TRUE(Harness::wait_until([&] { return !h.sink.given_up().empty(); }));
  reader->stop();
  EXPECT_EQ(h.positions().at("a").sequence, "");
  const std::set<int> before = h.sink.given_up();
  blocked = false;
  poisonous = false;
  reader = h.reader(rules, answer);
  ASSERT_TRUE(h.sink.wait_for(40));
  EXPECT_EQ(h.sink.given_up(), before);
  const auto failed = static_cast<std::uint64_t>(before.size());
  EXPECT_TRUE(h.wait_for_counters({40, 40 - failed, 0, failed}));
}

TEST(Reader, ErrorsOfTheSourceAreRetried) {
  Harness h;
  h.source.gone = true;
  h.source.add_shard("a");
  h.put("a", 3);
  const auto reader = h.reader();
  ASSERT_TRUE(Harness::wait_until(
      [&] { return reader->stats.last_error() == "ResourceNotFoundException: gone"; }));
  EXPECT_GT(reader->stats.source_errors, 0u);
  h.source.gone = false;
  ASSERT_TRUE(h.sink.wait_for(3));
}

}  // namespace
}  // namespace penstock::stream
