// Workers that share a stream. What must hold is this module's own contract (lease_share.h,
// leases.h); the rules of sharing are those that the Kinesis Client Library documents.
#include <gmock/gmock.h>

#include "stream/tests/harness.h"

namespace penstock::stream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

std::vector<std::string> shards_in(const std::vector<Lease>& leases) {
  std::vector<std::string> shards;
  for (const Lease& lease : leases) shards.push_back(lease.shard);
  return shards;
}

const std::vector<std::string> kFour = {"a", "b", "c", "d"};

TEST(LeasePlan, AWorkerThatIsAloneTakesAll) {
  LeasePlan plan("w1", seconds(10));
  plan.observe({}, seconds(0));
  EXPECT_EQ(shards_in(plan.to_take(kFour, {}, seconds(0))), kFour);
  EXPECT_EQ(plan.to_take(kFour, {}, seconds(0))[0].term, 0U);
}

TEST(LeasePlan, StealsOneAtATimeUntilTheSharesAreFair) {
  LeasePlan plan("w2", seconds(10));
  std::vector<Lease> leases;
  for (const std::string& shard : kFour) leases.push_back({shard, "w1", 1, 1});
  plan.observe(leases, seconds(0));
  EXPECT_THAT(shards_in(plan.to_take(kFour, {}, seconds(1))), ElementsAre("d"));
  EXPECT_THAT(shards_in(plan.to_take(kFour, {{"d", {}}}, seconds(1))), ElementsAre("c"));
  EXPECT_THAT(plan.to_take(kFour, {{"d", {}}, {"c", {}}}, seconds(1)), testing::IsEmpty());
}

TEST(LeasePlan, TakesOverWhatIsNoLongerRenewed) {
  LeasePlan plan("w2", seconds(10));
  const std::vector<Lease> still = {{"a", "w1", 1, 7}, {"b", "w1", 1, 7}};
  plan.observe(still, seconds(0));
  EXPECT_EQ(plan.to_take({"a", "b"}, {}, seconds(9)).size(), 1U);    // Its share.
  plan.observe({{"a", "w1", 1, 8}, {"b", "w1", 1, 7}}, seconds(9));  // w1 renewed one of them.
  EXPECT_FALSE(plan.available("a", seconds(12)));
  EXPECT_TRUE(plan.available("b", seconds(12)));
  EXPECT_THAT(shards_in(plan.to_take({"a", "b"}, {}, seconds(12))), ElementsAre("b"));
  EXPECT_EQ(plan.to_take({"a", "b"}, {}, seconds(12))[0].beat, 7U);
  plan.observe({{"a", "w1", 1, 8}, {"b", "", 1, 8}}, seconds(13));
  EXPECT_TRUE(plan.available("b", seconds(13)));  // Released.
}

TEST(LeaseTable, ComparesAndSwaps) {
  Harness h;
  StoreLeaseTable table(h.runtime, *h.store, "reader");
  const auto run = [&](auto task) { return block_on(h.runtime.loop(0), std::move(task)); };
  ASSERT_TRUE(run(table.list()).has_value());
  const Lease none{.shard = "a"};
  const auto first = run(table.take(none, "w1"));
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->term, 1U);
  EXPECT_FALSE(run(table.take(none, "w2"))->has_value());  // It was quicker.
  const auto renewed = run(table.renew({**first}));
  ASSERT_EQ(renewed->size(), 1U);
  EXPECT_FALSE(run(table.take(**first, "w2"))->has_value());  // It has a new beat.
  const auto second = run(table.take(renewed->front(), "w2"));
  ASSERT_TRUE(second && *second);
  EXPECT_EQ((*second)->term, 2U);
  EXPECT_TRUE(run(table.renew({**first}))->empty());

  // A late checkpoint is refused, and nothing of it is written.
  const PositionSpace space = PositionSpace::of_reader("reader");
  storage::Batch late;
  put_position(late, space, "a", {.sequence = "9"});
  EXPECT_EQ(run(table.checkpoint(**first, std::move(late))).error().kind, ErrorKind::kConflict);
  storage::Batch good;
  put_begun(good, space);
  put_position(good, space, "a", {.sequence = "5"});
  ASSERT_TRUE(run(table.checkpoint(**second, std::move(good))).has_value());
  ASSERT_TRUE(h.store->commit_blocking({}).has_value());
  EXPECT_EQ(h.positions().at("a").sequence, "5");

  // Another process finds them as they were.
  StoreLeaseTable again(h.runtime, *h.store, "reader");
  const auto listed = run(again.list());
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->front().owner, "w2");
  EXPECT_EQ(listed->front().term, 2U);
  ASSERT_TRUE(run(again.release(listed->front(), false)).has_value());
  EXPECT_EQ(run(again.list())->front().owner, "");
}

TEST(LeaseTable, SaysThatTheStoreDoesNotTakeACheckpoint) {
  Harness h;
  h.store.reset();
  h.store = storage::Store::open({.directory = h.directory, .pending_bytes_max = 64 << 10}).value();
  StoreLeaseTable table(h.runtime, *h.store, "reader");
  const auto run = [&](auto task) { return block_on(h.runtime.loop(0), std::move(task)); };
  const auto lease = run(table.take({.shard = "a"}, "w1"));
  ASSERT_TRUE(lease && *lease);
  storage::Batch large;
  large.put(storage::Family::kPositions, "k", std::string(64 << 10, ' '));
  EXPECT_EQ(run(table.checkpoint(**lease, std::move(large))).error().kind, ErrorKind::kLimit);
}

std::shared_ptr<LeaseTable> table_of(Harness& h) {
  return std::make_shared<StoreLeaseTable>(h.runtime, *h.store, "reader");
}

std::map<std::string, int> owners(Harness& h, LeaseTable& table) {
  std::map<std::string, int> count;
  for (const Lease& lease : *block_on(h.runtime.loop(0), table.list())) {
    if (!lease.owner.empty() && !lease.shard.empty()) ++count[lease.owner];
  }
  return count;
}

TEST(Workers, ShareAStreamAndTakeOverFromOneThatLeaves) {
  Harness h;
  for (const std::string& shard : kFour) h.source.add_shard(shard);
  for (const std::string& shard : kFour) h.put(shard, 20);
  const auto table = table_of(h);
  auto first = h.worker("w1", table);
  ASSERT_TRUE(h.sink.wait_for(80));
  EXPECT_EQ(owners(h, *table), (std::map<std::string, int>{{"w1", 4}}));
  auto second = h.worker("w2", table);
  ASSERT_TRUE(Harness::wait_until(
      [&] { return owners(h, *table) == std::map<std::string, int>{{"w1", 2}, {"w2", 2}}; }));
  for (const std::string& shard : kFour) h.put(shard, 20);
  ASSERT_TRUE(h.sink.wait_for(160));
  std::set<std::string> workers;
  for (const auto& taken : h.sink.taken()) workers.insert(taken.worker);
  EXPECT_THAT(workers, ElementsAre("w1", "w2"));
  first->stop();  // It gives its leases back.
  ASSERT_TRUE(Harness::wait_until(
      [&] { return owners(h, *table) == std::map<std::string, int>{{"w2", 4}}; }));
  for (const std::string& shard : kFour) h.put(shard, 20);
  ASSERT_TRUE(h.sink.wait_for(240));
  EXPECT_EQ(h.sink.taken().size(), 240U);
  EXPECT_TRUE(h.wait_for_counters({240, 240, 0, 0}));
}

// A worker that no longer reaches the table, as in a network partition: it delivers what it has,
// but cannot say so.
class CutOff final : public LeaseTable {
 public:
  explicit CutOff(std::shared_ptr<LeaseTable> table) : table_(std::move(table)) {}
  Task<Result<std::vector<Lease>>> list() override {
    if (cut) co_return fail(ErrorKind::kUnavailable, "cut off");
    co_return co_await table_->list();
  }
  Task<Result<std::optional<Lease>>> take(Lease seen, std::string owner) override {
    if (cut) co_return fail(ErrorKind::kUnavailable, "cut off");
    co_return co_await table_->take(std::move(seen), std::move(owner));
  }
  Task<Result<std::vector<Lease>>> renew(std::vector<Lease> held) override {
    if (cut) co_return fail(ErrorKind::kUnavailable, "cut off");
    co_return co_await table_->renew(std::move(held));
  }
  Task<Status> release(Lease held, bool forget) override {
    if (cut) co_return fail(ErrorKind::kUnavailable, "cut off");
    co_return co_await table_->release(std::move(held), forget);
  }
  // These come through, late.
  Task<Status> checkpoint(Lease held, storage::Batch batch) override {
    Status status = co_await table_->checkpoint(std::move(held), std::move(batch));
    if (!status) ++refused;
    co_return status;
  }
  std::atomic<bool> cut{false};
  std::atomic<int> refused{0};

 private:
  const std::shared_ptr<LeaseTable> table_;
};

TEST(Workers, AreReplacedWhenTheyAreSilentAndTheirLateCheckpointsAreRefused) {
  Harness h;
  h.source.add_shard("a");
  h.put("a", 20);
  const auto table = table_of(h);
  const auto cut_off = std::make_shared<CutOff>(table);
  std::atomic<bool> blocked{true};
  LaneRules rules;
  rules.batch.records_max = 5;
  // The first worker hangs in its delivery while it loses the lease.
  auto first = h.worker("w1", cut_off, rules, [&](auto&) -> std::optional<Outcome> {
    if (blocked) return Outcome::fault("InternalFailure: hangs");
    return std::nullopt;
  });
  ASSERT_TRUE(h.sink.wait_for_calls(1));
  cut_off->cut = true;
  auto second = h.worker("w2", table, rules);
  // Time goes by, for the second one only in steps that let it look in between.
  ASSERT_TRUE(Harness::wait_until([&] {
    h.clock.advance(milliseconds(10));
    return h.sink.taken().size() == 20;
  }));
  for (const auto& taken : h.sink.taken()) EXPECT_EQ(taken.worker, "w2");
  blocked = false;  // What the first one sends now, the target has already.
  ASSERT_TRUE(h.wait_for_counters({20, 20, 0, 0}));
  first->stop();
  EXPECT_EQ(h.counters(), (Counters{20, 20, 0, 0}));
  EXPECT_EQ(h.sink.numbers(), numbers_upto(20));
  h.put("a", 5);
  ASSERT_TRUE(h.sink.wait_for(25));
}

TEST(Workers, FollowResharding) {
  Harness h;
  h.source.add_shard("a");
  h.put("a", 30);
  const auto table = table_of(h);
  auto first = h.worker("w1", table);
  auto second = h.worker("w2", table);
  ASSERT_TRUE(h.sink.wait_for(30));
  h.source.add_shard("b", {"a"});
  h.source.add_shard("c", {"a"});
  h.put("b", 30);
  h.put("c", 30);
  h.put("a", 10);
  h.source.close_shard("a");
  // The listing of the other worker is up to a minute old.
  ASSERT_TRUE(Harness::wait_until([&] {
    h.clock.advance(milliseconds(100));
    return h.sink.taken().size() == 100;
  }));
  for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(h.sink.taken()[i].shard, "a");
}

TEST(Workers, ManyBeginOnce) {
  Harness h;
  h.source.add_shard("a");
  h.source.add_shard("b");
  h.put("a", 5);
  h.clock.advance(seconds(5));
  const auto table = table_of(h);
  std::vector<std::unique_ptr<Reader>> workers;
  for (int i = 0; i < 3; ++i) workers.push_back(h.worker("w" + std::to_string(i), table));
  for (const auto& worker : workers) ASSERT_TRUE(worker->begun());
  h.put("b", 5);
  ASSERT_TRUE(h.sink.wait_for(10));
  EXPECT_EQ(h.sink.taken().size(), 10U);
}

}  // namespace
}  // namespace penstock::stream
