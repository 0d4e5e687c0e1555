// The contract of storage/store.h: order, visibility, reads, scans, snapshots, reopening, failing
// disks.
#include "storage/store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <optional>
#include <thread>

#include "async/executor.h"
#include "async/gate.h"
#include "async/turns.h"
#include "storage/internal.h"
#include "storage/tests/faulty_env.h"
#include "storage/tests/scratch.h"

namespace penstock::storage {
namespace {

using testing::erase;
using testing::FaultyEnv;
using testing::options_at;
using testing::Pairs;
using testing::put;
using testing::scanned;
using testing::Scratch;

std::unique_ptr<Store> open_at(const std::string& directory, FaultyEnv* env = nullptr) {
  Result<std::unique_ptr<Store>> store = detail::open_with_env(options_at(directory), env);
  EXPECT_TRUE(store.has_value()) << store.error().message;
  return std::move(*store);
}

std::optional<std::string> get(const Store& store, std::string_view key,
                               Family family = Family::kItems) {
  return store.get(family, key).value();
}
std::optional<std::string> latest(const Store& store, std::string_view key) {
  return store.latest(Family::kItems, key).value();
}

Task<Status> await(Commit commit) { co_return co_await commit.durable(); }

class StoreTest : public ::testing::Test {
 protected:
  Status wait(Commit commit) { return block_on(runtime_.next_loop(), await(std::move(commit))); }
  Scratch scratch_;
  Runtime runtime_{{.loops = 2}};
};

TEST_F(StoreTest, WritesReadsAndErases) {
  const auto store = open_at(scratch_.path());
  EXPECT_EQ(get(*store, "a"), std::nullopt);
  ASSERT_TRUE(store->commit_blocking(put("a", "1")));
  EXPECT_EQ(get(*store, "a"), "1");
  EXPECT_EQ(get(*store, "a", Family::kMeta), std::nullopt);  // Families are apart.
  ASSERT_TRUE(wait(store->submit(erase("a"))));
  EXPECT_EQ(get(*store, "a"), std::nullopt);
  ASSERT_TRUE(block_on(runtime_.loop(0), store->commit(put("a", ""))));
  EXPECT_EQ(get(*store, "a"), "");
}

TEST_F(StoreTest, ABatchIsAppliedInOrderAndTheLastWriteWins) {
  const auto store = open_at(scratch_.path());
  Batch batch;
  batch.put(Family::kItems, "a", "1");
  batch.erase(Family::kItems, "a");
  batch.put(Family::kItems, "a", "2");
  batch.put(Family::kItems, "b", "1");
  batch.erase(Family::kItems, "b");
  ASSERT_TRUE(store->commit_blocking(std::move(batch)));
  EXPECT_EQ(get(*store, "a"), "2");
  EXPECT_EQ(get(*store, "b"), std::nullopt);
}

TEST_F(StoreTest, NothingIsVisibleBeforeItIsSynced) {
  FaultyEnv env;
  const auto store = open_at(scratch_.path(), &env);
  ASSERT_TRUE(store->commit_blocking(put("a", "old")));
  env.hold_syncs();
  const Commit first = store->submit(put("a", "new"));
  env.await_held_sync();
  // Written, not synced.
  EXPECT_EQ(get(*store, "a"), "old");
  EXPECT_EQ(scanned(*store, Family::kItems, "", ""), (Pairs{{"a", "old"}}));
  const Snapshot snapshot = store->snapshot();
  EXPECT_EQ(store->get(Family::kItems, "a", &snapshot).value(), "old");
  EXPECT_EQ(latest(*store, "a"), "new");
  EXPECT_FALSE(first.durable().await_ready());
  // Waits behind it.
  const Commit second = store->submit(erase("a"));
  EXPECT_EQ(latest(*store, "a"), std::nullopt);
  const Commit third = store->submit(put("b", "1"));
  EXPECT_EQ(latest(*store, "b"), "1");
  EXPECT_EQ(get(*store, "b"), std::nullopt);

  env.release_syncs();
  ASSERT_TRUE(wait(third));
  EXPECT_TRUE(first.durable().await_ready());  // Earlier ones are never later.
  EXPECT_TRUE(second.durable().await_ready());
  EXPECT_EQ(get(*store, "a"), std::nullopt);
  EXPECT_EQ(latest(*store, "a"), std::nullopt);
  EXPECT_EQ(get(*store, "b"), "1");
  EXPECT_EQ(store->get(Family::kItems, "a", &snapshot).value(), "old");
}

TEST_F(StoreTest, WhatWaitsIsMergedIntoOneSync) {
  FaultyEnv env;
  const auto store = open_at(scratch_.path(), &env);
  env.hold_syncs();
  const Commit first = store->submit(put("first", "1"));
  env.await_held_sync();
  const std::uint64_t syncs = env.syncs();
  std::vector<Commit> commits;
  for (int i = 0; i < 100; ++i) commits.push_back(store->submit(put(fmt::format("{}", i), "1")));
  env.release_syncs();
  for (const Commit& commit : commits) ASSERT_TRUE(wait(commit));
  EXPECT_EQ(env.syncs(), syncs + 2);
  EXPECT_EQ(store->stats().commits, 101U);
  EXPECT_EQ(store->stats().writes, 2U);
}

TEST_F(StoreTest, AGroupIsNoLargerThanItsLimit) {
  FaultyEnv env;
  StoreOptions options = options_at(scratch_.path());
  options.commit_bytes_max = 4000;
  const auto store = std::move(detail::open_with_env(options, &env).value());
  env.hold_syncs();
  std::vector<Commit> commits{store->submit(put("first", "1"))};
  env.await_held_sync();
  for (int i = 0; i < 10; ++i) {
    commits.push_back(store->submit(put(fmt::format("{}", i), std::string(1800, 'x'))));
  }
  commits.push_back(
      store->submit(put("big", std::string(100'000, 'x'))));  // Alone, but not refused.
  env.release_syncs();
  for (const Commit& commit : commits) ASSERT_TRUE(wait(commit));
  EXPECT_EQ(store->stats().writes, 1U + 5U + 1U);
}

TEST_F(StoreTest, AnEmptyBatchIsABarrier) {
  FaultyEnv env;
  const auto store = open_at(scratch_.path(), &env);
  ASSERT_TRUE(store->commit_blocking({}));
  EXPECT_EQ(store->stats().writes, 0U);
  env.hold_syncs();
  const Commit write = store->submit(put("a", "1"));
  env.await_held_sync();
  const Commit barrier = store->submit({});
  EXPECT_FALSE(barrier.durable().await_ready());
  env.release_syncs();
  ASSERT_TRUE(wait(barrier));
  EXPECT_TRUE(write.durable().await_ready());
}

TEST_F(StoreTest, APatientBatchGoesWithTheNextOne) {
  StoreOptions options = options_at(scratch_.path());
  options.patience_ms = 3'600'000;
  auto store = *Store::open(options);
  Batch patient = put("position", "7");
  patient.set_patient();
  (void)store->submit(patient);
  EXPECT_EQ(latest(*store, "position"), "7");
  ASSERT_TRUE(store->commit_blocking(put("a", "1")));
  EXPECT_EQ(get(*store, "position"), "7");  // Submitted before, so durable before.
  EXPECT_EQ(store->stats().writes, 1U);
  (void)store->submit(patient);
  store.reset();  // Closing waits for nothing.
  EXPECT_EQ(get(*open_at(scratch_.path()), "position"), "7");
}

TEST_F(StoreTest, APatientBatchDoesNotWaitForEver) {
  const auto store = open_at(scratch_.path());
  for (const char* key : {"first", "second"}) {
    Batch patient = put(key, "7");
    patient.set_patient();
    ASSERT_TRUE(wait(store->submit(std::move(patient))));
    EXPECT_EQ(get(*store, key), "7");
  }
}

TEST_F(StoreTest, AfterAFailedSyncItIsReadOnly) {
  FaultyEnv env;
  const auto store = open_at(scratch_.path(), &env);
  ASSERT_TRUE(store->commit_blocking(put("a", "old")));
  env.hold_syncs();
  const Commit doomed = store->submit(put("a", "new"));
  env.await_held_sync();
  const Commit behind = store->submit(put("b", "new"));
  env.fail_syncs();
  env.release_syncs();
  EXPECT_EQ(wait(doomed).error().kind, ErrorKind::kIo);
  EXPECT_EQ(wait(behind).error().kind, ErrorKind::kIo);
  EXPECT_EQ(store->commit_blocking(put("c", "new")).error().kind, ErrorKind::kIo);
  EXPECT_EQ(wait(store->submit({})).error().kind, ErrorKind::kIo);
  EXPECT_TRUE(store->stats().failed);
  // What was acknowledged can still be read, what was not cannot.
  EXPECT_EQ(get(*store, "a"), "old");
  EXPECT_EQ(latest(*store, "a"), "old");
  EXPECT_EQ(latest(*store, "b"), std::nullopt);
}

TEST_F(StoreTest, RefusesMoreThanMayBePending) {
  FaultyEnv env;
  StoreOptions options = options_at(scratch_.path());
  options.pending_bytes_max = 10'000;
  const auto store = std::move(detail::open_with_env(options, &env).value());
  env.hold_syncs();
  const Commit first = store->submit(put("a", std::string(4000, 'x')));
  const Commit second = store->submit(put("b", std::string(4000, 'x')));
  const Commit refused = store->submit(put("c", std::string(4000, 'x')));
  EXPECT_EQ(wait(refused).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(latest(*store, "c"), std::nullopt);
  env.release_syncs();
  ASSERT_TRUE(wait(second));
  // The room comes back with the acknowledgement, or just after it.
  Status again = fail(ErrorKind::kLimit, "");
  while (!again && again.error().kind == ErrorKind::kLimit) {
    again = store->commit_blocking(put("c", std::string(4000, 'x')));
  }
  EXPECT_TRUE(again);
  EXPECT_FALSE(store->stats().failed);
}

TEST_F(StoreTest, ScansRangesBothWays) {
  const auto store = open_at(scratch_.path());
  Batch batch;
  for (const char* key : {"a", "b", "c", "d"}) batch.put(Family::kRecords, key, key);
  ASSERT_TRUE(store->commit_blocking(std::move(batch)));
  const auto keys = [&](std::string_view begin, std::string_view end, bool reverse) {
    std::string found;
    for (const auto& pair : scanned(*store, Family::kRecords, begin, end, {.reverse = reverse})) {
      found += pair.first;
    }
    return found;
  };
  struct Case {
    std::string_view begin, end, forward, backward;
  };
  for (const Case& c :
       {Case{"", "", "abcd", "dcba"}, Case{"b", "d", "bc", "cb"}, Case{"b", "", "bcd", "dcb"},
        Case{"", "c", "ab", "ba"}, Case{"c", "c", "", ""}, Case{"d", "a", "", ""},
        Case{"bb", "cc", "c", "c"}, Case{"e", "", "", ""}}) {
    EXPECT_EQ(keys(c.begin, c.end, false), c.forward);
    EXPECT_EQ(keys(c.begin, c.end, true), c.backward);
  }
  int seen = 0;
  ASSERT_TRUE(store->scan(Family::kRecords, "", "", [&](std::string_view, std::string_view) {
    return ++seen == 2 ? Next::kStop : Next::kContinue;
  }));
  EXPECT_EQ(seen, 2);
}

TEST_F(StoreTest, ErasesRanges) {
  const auto store = open_at(scratch_.path());
  Batch batch;
  for (const char* key : {"a", "b", "c", "d"}) batch.put(Family::kRecords, key, "1");
  ASSERT_TRUE(store->commit_blocking(std::move(batch)));
  Batch trim;
  trim.erase_range(Family::kRecords, "b", "d");
  trim.erase_range(Family::kRecords, "z", "y");  // Backwards: nothing.
  trim.put(Family::kRecords, "c", "2");          // Later in the batch: stays.
  ASSERT_TRUE(store->commit_blocking(std::move(trim)));
  EXPECT_EQ(scanned(*store, Family::kRecords, "", ""), (Pairs{{"a", "1"}, {"c", "2"}, {"d", "1"}}));
}

TEST_F(StoreTest, ASnapshotStaysAndOutlivesTheStoreSafely) {
  auto store = open_at(scratch_.path());
  ASSERT_TRUE(store->commit_blocking(put("a", "1")));
  std::optional<Snapshot> snapshot = store->snapshot();
  ASSERT_TRUE(store->commit_blocking(put("a", "2")));
  ASSERT_TRUE(store->commit_blocking(put("b", "2")));
  EXPECT_EQ(scanned(*store, Family::kItems, "", "", {.snapshot = &*snapshot}), (Pairs{{"a", "1"}}));
  const Snapshot copy = *snapshot;
  snapshot.reset();
  EXPECT_EQ(store->get(Family::kItems, "a", &copy).value(), "1");
  store.reset();
}

TEST_F(StoreTest, ReopensWithEverythingSubmittedBeforeClosing) {
  for (const Durability durability :
       {Durability::kAlways, Durability::kInterval, Durability::kNone}) {
    const std::string directory =
        fmt::format("{}/{}/deep", scratch_.path(), static_cast<int>(durability));
    StoreOptions options = options_at(directory);
    options.durability = durability;
    {
      const auto store = std::move(Store::open(options).value());
      for (int i = 0; i < 500; ++i) {
        (void)store->submit(
            put(fmt::format("{:03}", i), std::string(20'000, 'x')));  // Past the flush at close.
      }
    }
    const auto store = std::move(Store::open(options).value());
    EXPECT_EQ(scanned(*store, Family::kItems, "", "").size(), 500U);
    EXPECT_GT(store->approximate_bytes(Family::kItems), 0U);
  }
}

TEST_F(StoreTest, OneProcessAtATime) {
  const auto store = open_at(scratch_.path());
  const auto second = Store::open(options_at(scratch_.path()));
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().kind, ErrorKind::kUnavailable);
}

TEST_F(StoreTest, SyncsInTheBackgroundAtIntervals) {
  FaultyEnv env;
  StoreOptions options = options_at(scratch_.path());
  options.durability = Durability::kInterval;
  options.interval_ms = 1;
  auto store = std::move(detail::open_with_env(options, &env).value());
  env.hold_syncs();
  ASSERT_TRUE(store->commit_blocking(put("a", "1")));  // Answered although the sync is held.
  env.await_held_sync();                               // And it is synced without being asked.
  env.fail_syncs();
  env.release_syncs();
  while (!store->stats().failed) std::this_thread::yield();
  EXPECT_EQ(store->commit_blocking(put("b", "1")).error().kind, ErrorKind::kIo);
}

TEST_F(StoreTest, WhatWasAcknowledgedSurvivesAPowerCut) {
  FaultyEnv env;
  int acknowledged = 0;
  {
    const auto store = open_at(scratch_.path(), &env);
    std::atomic<bool> cut{false};
    std::thread writer([&] {
      while (!cut.load()) {
        if (!store->commit_blocking(put(fmt::format("{:06}", acknowledged), "1"))) break;
        ++acknowledged;
      }
    });
    while (store->stats().commits < 200) std::this_thread::yield();
    env.fail_syncs();  // Appends still reach the file, and are cut off below.
    writer.join();
  }
  env.forget_unsynced();
  const auto store = open_at(scratch_.path());
  EXPECT_EQ(scanned(*store, Family::kItems, "", "").size(), static_cast<std::size_t>(acknowledged));
  ASSERT_TRUE(store->commit_blocking(put("after", "1")));
}

// The newest log that has something in it.
std::filesystem::path newest_log(const std::string& directory) {
  std::filesystem::path newest;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() != ".log" || entry.file_size() == 0) continue;
    newest = std::max(newest, entry.path());
  }
  return newest;
}

// A torn last record was never acknowledged. It is cut off, and stays harmless below what is logged
// later: the torn log is read again at every start until its data is flushed.
TEST_F(StoreTest, ATornTailIsCutAndLaterCommitsSurviveIt) {
  std::vector<std::string> expected;
  for (int life = 0; life < 4; ++life) {
    {
      const auto store = open_at(scratch_.path());
      std::vector<std::string> found;
      for (const auto& pair : scanned(*store, Family::kItems, "", "")) found.push_back(pair.first);
      ASSERT_EQ(found, expected);
      for (int i = 0; i < 5; ++i) {
        expected.push_back(fmt::format("{}-{}", life, i));
        ASSERT_TRUE(store->commit_blocking(put(expected.back(), "1")));
      }
      ASSERT_TRUE(store->commit_blocking(put("torn", std::string(100, 'x'))));
    }
    const std::filesystem::path log = newest_log(scratch_.path());
    std::filesystem::resize_file(log, std::filesystem::file_size(log) - 50);
  }
}

TEST_F(StoreTest, RefusesAFormatItDoesNotKnow) {
  {
    const auto store = open_at(scratch_.path());
    ASSERT_TRUE(store->commit_blocking(put(std::string("\0format\0\1", 9), "\x7F", Family::kMeta)));
  }
  const auto store = Store::open(options_at(scratch_.path()));
  ASSERT_FALSE(store.has_value());
  EXPECT_EQ(store.error().kind, ErrorKind::kCorrupt);
}

struct Counters {
  Store& store;
  Turns turns{64};
  std::atomic<int> failures{0};
};

// The pattern of every read-modify-write: the turn is left before the disk has answered.
Task<void> increment(Counters& counters, std::string key, int times) {
  for (int i = 0; i < times; ++i) {
    Turns::Turn turn = co_await counters.turns.enter(hash_bytes(key));
    const auto value = counters.store.latest(Family::kItems, key);
    const int next = value.value() ? std::stoi(**value) + 1 : 1;
    const Commit commit = counters.store.submit(put(key, fmt::format("{}", next)));
    turn.leave();
    if (!co_await commit.durable()) ++counters.failures;
  }
}

TEST_F(StoreTest, ReadModifyWriteUnderATurnLosesNothing) {
  constexpr int kWriters = 32;
  constexpr int kTimes = 50;
  constexpr int kKeys = 3;
  const auto store = open_at(scratch_.path());
  Counters counters{.store = *store};
  Gate gate;
  for (int i = 0; i < kWriters; ++i) {
    for (int key = 0; key < kKeys; ++key) {
      gate.spawn(runtime_.next_loop(), increment(counters, fmt::format("key{}", key), kTimes));
    }
  }
  gate.close();
  EXPECT_EQ(counters.failures, 0);
  for (int key = 0; key < kKeys; ++key) {
    EXPECT_EQ(get(*store, fmt::format("key{}", key)), fmt::format("{}", kWriters * kTimes));
  }
}

// Blind writes of one key from many threads: the pending value must be the one that ends up
// durable.
TEST_F(StoreTest, PendingAndDurableAgreeOnTheLastWrite) {
  const auto store = open_at(scratch_.path());
  for (int round = 0; round < 50; ++round) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 5; ++i)
          (void)store->submit(put("k", fmt::format("{}-{}-{}", round, t, i)));
      });
    }
    for (std::thread& thread : threads) thread.join();
    const auto pending = latest(*store, "k");
    ASSERT_TRUE(store->commit_blocking({}));
    EXPECT_EQ(get(*store, "k"), pending);
  }
}

}  // namespace
}  // namespace penstock::storage
