// Shards that are split and merged while they are written and read: what readers, writers and
// producers see, also after a restart and a crash. Documented behaviour unless said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "base/crash_points.h"
#include "services/kinesis/tests/harness.h"

namespace penstock::kinesis {
namespace {

constexpr const char* kHalf = "170141183460469231731687303715884105728";

TEST(Shards, AClosedShardEndsAndNamesItsChildren) {
  Harness h;
  h.create("orders");
  ASSERT_TRUE(h.put("orders", "k", "a").has_value());
  const std::string latest = h.iterator("orders", "0", "LATEST");
  ASSERT_EQ(h.split("orders", "0", kHalf), "");
  const auto after = h.put("orders", "k", "b");
  EXPECT_NE(after->shard_id, "shardId-000000000000");

  const auto page = h.get(h.iterator("orders", "0", "TRIM_HORIZON"));
  ASSERT_EQ(page->records.size(), 1U);
  EXPECT_LT(page->records[0].sequence_number, after->sequence_number);
  EXPECT_FALSE(page->next_shard_iterator.has_value());
  EXPECT_EQ(page->millis_behind_latest, 0);
  ASSERT_TRUE(page->child_shards.has_value());
  ASSERT_EQ(page->child_shards->size(), 2U);
  const api::ChildShard& upper = page->child_shards->at(1);
  EXPECT_EQ(upper.shard_id, "shardId-000000000002");
  EXPECT_EQ(upper.parent_shards, std::vector<std::string>{"shardId-000000000000"});
  EXPECT_EQ(upper.hash_key_range.starting_hash_key, kHalf);
  // An older iterator at the end, and the types that point there.
  const std::string last = page->records[0].sequence_number;
  const api::Shard parent = h.shards("orders").at(0);
  for (const std::string& iterator :
       {latest, h.iterator("orders", "0", "LATEST"),
        h.iterator("orders", "0", "AFTER_SEQUENCE_NUMBER", last),
        h.iterator("orders", "0", "AT_SEQUENCE_NUMBER",
                   parent.sequence_number_range.ending_sequence_number)}) {
    const auto end = h.get(iterator);
    EXPECT_TRUE(end->records.empty());
    EXPECT_FALSE(end->next_shard_iterator.has_value());
    EXPECT_EQ(end->child_shards->size(), 2U);
  }
}

TEST(Shards, ListShowsParentsAndEnds) {
  Harness h;
  h.create("orders", 2);
  ASSERT_EQ(h.merge("orders", "0", "1"), "");
  ASSERT_EQ(h.split("orders", "2", kHalf), "");
  const std::vector<api::Shard> shards = h.shards("orders");
  ASSERT_EQ(shards.size(), 5U);
  EXPECT_EQ(shards[2].parent_shard_id, "shardId-000000000000");
  EXPECT_EQ(shards[2].adjacent_parent_shard_id, "shardId-000000000001");
  EXPECT_TRUE(shards[2].sequence_number_range.ending_sequence_number.has_value());
  EXPECT_EQ(shards[4].parent_shard_id, "shardId-000000000002");
  EXPECT_FALSE(shards[4].adjacent_parent_shard_id.has_value());
  EXPECT_FALSE(shards[4].sequence_number_range.ending_sequence_number.has_value());
  h.reopen();
  const std::vector<api::Shard> again = h.shards("orders");
  ASSERT_EQ(again.size(), 5U);
  for (std::size_t i = 0; i < again.size(); ++i) {
    EXPECT_EQ(again[i].parent_shard_id, shards[i].parent_shard_id);
    EXPECT_EQ(again[i].sequence_number_range.starting_sequence_number,
              shards[i].sequence_number_range.starting_sequence_number);
    EXPECT_EQ(again[i].sequence_number_range.ending_sequence_number,
              shards[i].sequence_number_range.ending_sequence_number);
  }
}

TEST(Shards, PagesOfAFilteredList) {
  Harness h;
  h.create("orders", 3);
  ASSERT_EQ(h.merge("orders", "0", "1"), "");
  api::ListShardsInput input;
  input.stream_name = "orders";
  input.max_results = 1;
  input.shard_filter = api::ShardFilter{"AT_LATEST", std::nullopt, std::nullopt};
  const auto first = h.run(list_shards(*h.service, h.context, input));
  ASSERT_EQ(first->shards->size(), 1U);
  EXPECT_EQ(first->shards->at(0).shard_id, "shardId-000000000002");
  api::ListShardsInput next;
  next.next_token = first->next_token;
  const auto second = h.run(list_shards(*h.service, h.context, next));
  ASSERT_EQ(second->shards->size(), 1U);
  EXPECT_EQ(second->shards->at(0).shard_id, "shardId-000000000003");
  EXPECT_FALSE(second->next_token.has_value());
}

TEST(Shards, AreForgottenWhenTheirRecordsAre) {
  Harness h;
  h.create("orders");
  ASSERT_TRUE(h.put("orders", "k", "old").has_value());
  const std::string iterator = h.iterator("orders", "0", "TRIM_HORIZON");
  h.clock.advance(std::chrono::hours(1));
  ASSERT_EQ(h.split("orders", "0", kHalf), "");
  h.clock.advance(std::chrono::hours(24) - std::chrono::seconds(1));
  h.keep_retention();
  EXPECT_EQ(h.shards("orders").size(), 3U);  // Empty, but not yet past the retention.
  EXPECT_EQ(h.contents("orders", "0"), "");
  h.clock.advance(std::chrono::seconds(1));
  h.keep_retention();
  for (int round = 0; round < 2; ++round) {
    const std::vector<api::Shard> left = h.shards("orders");
    ASSERT_EQ(left.size(), 2U);
    EXPECT_EQ(left[0].shard_id, "shardId-000000000001");
    EXPECT_EQ(left[0].parent_shard_id, "shardId-000000000000");
    h.reopen();
  }
  api::GetShardIteratorInput input;
  input.stream_name = "orders";
  input.shard_id = "0";
  input.shard_iterator_type = "TRIM_HORIZON";
  EXPECT_EQ(h.run(get_shard_iterator(*h.service, h.context, input)).error().message,
            "Shard shardId-000000000000 in stream orders under account 000000000000 does not "
            "exist");
  // Numbers of shards are not used again.
  ASSERT_EQ(h.split("orders", "1", "1000"), "");
  EXPECT_EQ(h.shards("orders").back().shard_id, "shardId-000000000004");
}

TEST(Shards, ReadersDoNotSeeWhatIsPastTheRetention) {
  Harness h;
  h.create("orders");
  ASSERT_TRUE(h.put("orders", "k", "a").has_value());
  h.clock.advance(std::chrono::hours(1));
  ASSERT_TRUE(h.put("orders", "k", "b").has_value());
  h.clock.advance(std::chrono::hours(23));
  EXPECT_EQ(h.contents("orders"), "a b");
  h.clock.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(h.contents("orders"), "b");  // Though nothing was erased by now.
  h.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(h.contents("orders"), "");
}

TEST(Shards, ADecreasedRetentionTrimsAtOnce) {
  Harness h;
  h.create("orders");
  api::IncreaseStreamRetentionPeriodInput longer;
  longer.stream_name = "orders";
  longer.retention_period_hours = 72;
  ASSERT_TRUE(h.run(increase_stream_retention_period(*h.service, h.context, longer)).has_value());
  const auto first = h.put("orders", "k", "a");
  ASSERT_EQ(h.split("orders", "0", kHalf), "");
  h.clock.advance(std::chrono::hours(30));
  ASSERT_TRUE(h.put("orders", "k", "b").has_value());
  EXPECT_EQ(h.contents("orders", "0"), "a");
  api::DecreaseStreamRetentionPeriodInput shorter;
  shorter.stream_name = "orders";
  shorter.retention_period_hours = 24;
  ASSERT_TRUE(h.run(decrease_stream_retention_period(*h.service, h.context, shorter)).has_value());
  EXPECT_EQ(h.shards("orders").size(), 2U);
  longer.retention_period_hours = 72;
  ASSERT_TRUE(h.run(increase_stream_retention_period(*h.service, h.context, longer)).has_value());
  EXPECT_EQ(h.shards("orders").size(), 2U);  // What is gone does not come back.
}

TEST(Shards, WaitersAtTheEndOfAShardAreWoken) {
  Harness h;
  h.create("orders");
  protocol::Arrivals& arrivals = h.service->arrivals;
  const std::string key = protocol::arrivals_key(
      "arn:aws:kinesis:us-east-1:000000000000:stream/orders", "shardId-000000000000");
  const std::uint64_t seen = arrivals.version(key);
  ASSERT_EQ(h.split("orders", "0", kHalf), "");
  EXPECT_TRUE(
      block_on(h.runtime.loop(0), arrivals.wait_beyond(key, seen, std::chrono::seconds(60), {})));
}

TEST(Shards, ARepeatAfterReshardingIsDropped) {
  Harness h;
  h.create("orders", 2);
  const auto first = h.produce("pipe", 1, 20);
  ASSERT_TRUE(first.has_value());
  const auto expect_dropped = [&] {
    const auto repeated = h.produce("pipe", 1, 20);
    ASSERT_TRUE(repeated.has_value());
    EXPECT_EQ(h.all("orders").size(), 20U);
    // The answer names a record that there is, in the shard that has it.
    EXPECT_LE(first->records[19].sequence_number, repeated->records[19].sequence_number);
    EXPECT_EQ(first->records[19].shard_id, repeated->records[19].shard_id);
  };
  ASSERT_EQ(h.split("orders", "0", "85070591730234615865843651857942052864"), "");
  expect_dropped();
  ASSERT_EQ(h.merge("orders", "3", "1"), "");
  expect_dropped();
  h.reopen();
  expect_dropped();
  ASSERT_EQ(h.scale("orders", 3), "");
  expect_dropped();
  h.reopen();
  expect_dropped();
  ASSERT_TRUE(h.produce("pipe", 15, 30).has_value());
  EXPECT_EQ(h.all("orders").size(), 30U);
}

TEST(Shards, ANumberForOrderingMayComeFromTheParent) {
  Harness h;
  h.create("orders");
  const auto parent = h.put("orders", "k", "a");
  ASSERT_EQ(h.split("orders", "0", kHalf), "");
  api::PutRecordInput input;
  input.stream_name = "orders";
  input.partition_key = "k";
  input.sequence_number_for_ordering = parent->sequence_number;
  const auto child = h.run(put_record(*h.service, h.context, input));
  ASSERT_TRUE(child.has_value()) << child.error().message;
  EXPECT_LT(parent->sequence_number, child->sequence_number);
}

TEST(Shards, OnDemandStreamsAreNotReshardedByHand) {
  Harness h;
  api::CreateStreamInput input;
  input.stream_name = "orders";
  input.stream_mode_details = api::StreamModeDetails{"ON_DEMAND"};
  ASSERT_TRUE(h.run(create_stream(*h.service, h.context, input)).has_value());
  EXPECT_THAT(h.split("orders", "0", "1000"), testing::StartsWith("ValidationException"));
  EXPECT_THAT(h.merge("orders", "0", "1"), testing::StartsWith("ValidationException"));
  EXPECT_THAT(h.scale("orders", 5), testing::StartsWith("ValidationException"));
}

// Four writers while shards are split and merged under them: nothing is lost, nothing is there
// twice, and each key's records are in order along parents and children.
TEST(Shards, WritersDoNotNoticeResharding) {
  Harness h;
  h.create("orders", 2);
  std::vector<std::thread> writers;
  for (int t = 0; t < 4; ++t) {
    writers.emplace_back([&h, t] {
      for (int batch = 0; batch < 30; ++batch) {
        const int first = batch * 10 + 1;
        const std::string who = "p" + std::to_string(t);
        ASSERT_TRUE(h.produce(who, first, first + 9).has_value());
        ASSERT_TRUE(h.produce(who, first, first + 9).has_value());
      }
    });
  }
  for (int round = 0; round < 8; ++round) {
    ASSERT_EQ(h.scale("orders", round % 2 == 0 ? 4 : 3), "");
  }
  for (std::thread& writer : writers) writer.join();
  std::map<std::string, std::string> last;
  std::set<std::string> found;
  for (const api::Record& record : h.all("orders")) {
    EXPECT_TRUE(found.insert(record.data.bytes).second) << record.data.bytes;
    EXPECT_LT(last[record.partition_key], record.data.bytes);
    last[record.partition_key] = record.data.bytes;
  }
  EXPECT_EQ(found.size(), 1200U);
}

TEST(Shards, ACrashLeavesTheShardsBeforeOrAfter) {
  for (const char* point : {"kinesis.reshard", "commit.before_write", "commit.after_write"}) {
    SCOPED_TRACE(point);
    std::string path = (std::filesystem::temp_directory_path() / "kinesis-XXXXXX").string();
    ASSERT_NE(mkdtemp(path.data()), nullptr);
    const pid_t child = fork();
    if (child == 0) {
      auto* const h = new Harness(path);  // Never destroyed: the process is to die.
      h->create("orders", 2);
      if (!h->produce("pipe", 1, 9)) _exit(1);
      arm_crash_point(point);
      h->merge("orders", "0", "1");
      _exit(2);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    ASSERT_EQ(WEXITSTATUS(status), 137);
    Harness h(path);
    const std::size_t shards = h.shards("orders").size();
    EXPECT_EQ(shards, std::string_view(point) == "commit.after_write" ? 3U : 2U);
    ASSERT_TRUE(h.produce("pipe", 1, 12).has_value());
    EXPECT_EQ(h.all("orders").size(), 12U);
    EXPECT_EQ(h.merge("orders", "0", "1") == "", shards == 2);
    ASSERT_TRUE(h.produce("pipe", 1, 15).has_value());
    EXPECT_EQ(h.all("orders").size(), 15U);
  }
}

}  // namespace
}  // namespace penstock::kinesis
