// Appends that are made once: repeated, overlapping, concurrent, and after a restart.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "services/kinesis/tests/harness.h"

namespace penstock::kinesis {
namespace {

// Records "<first>".."<last>" of one producer, positions being three digits.
protocol::ApiResult<api::PutRecordsOutput> produce(Harness& h, std::string producer, int first,
                                                   int last, std::string key = "k") {
  protocol::Context context = h.context;
  context.producer = protocol::Producer{std::move(producer), {}};
  api::PutRecordsInput input;
  input.stream_name = "orders";
  for (int i = first; i <= last; ++i) {
    const std::string text = std::to_string(1000 + i).substr(1);
    context.producer->positions.push_back(text);
    input.records.push_back({Blob{text}, std::nullopt, key});
  }
  return h.run(put_records(*h.service, context, std::move(input)));
}

TEST(Producer, ARepeatedAppendIsDropped) {
  Harness h;
  h.create("orders");
  const auto first = produce(h, "pipe", 1, 3);
  ASSERT_TRUE(first.has_value());
  const auto repeated = produce(h, "pipe", 1, 3);
  ASSERT_TRUE(repeated.has_value());
  EXPECT_EQ(h.contents("orders"), "001 002 003");
  EXPECT_EQ(*repeated->records[2].sequence_number, *first->records[2].sequence_number);
  EXPECT_EQ(*repeated->records[2].shard_id, "shardId-000000000000");
}

TEST(Producer, AnOverlappingAppendAddsOnlyWhatIsNew) {
  Harness h;
  h.create("orders");
  ASSERT_TRUE(produce(h, "pipe", 1, 3).has_value());
  ASSERT_TRUE(produce(h, "pipe", 2, 5).has_value());
  ASSERT_TRUE(produce(h, "other", 2, 2).has_value());
  EXPECT_EQ(h.contents("orders"), "001 002 003 004 005 002");
}

TEST(Producer, TheWatermarkSurvivesARestart) {
  Harness h;
  h.create("orders");
  ASSERT_TRUE(produce(h, "pipe", 1, 4).has_value());
  h.reopen();
  ASSERT_TRUE(produce(h, "pipe", 3, 6).has_value());
  EXPECT_EQ(h.contents("orders"), "001 002 003 004 005 006");
  const std::vector<ShardProgress> shards = progress(*h.service);
  ASSERT_EQ(shards.size(), 1U);
  EXPECT_EQ(shards[0].records, 6U);
  ASSERT_EQ(shards[0].producers.size(), 1U);
  EXPECT_EQ(shards[0].producers[0].id, "pipe");
  EXPECT_EQ(shards[0].producers[0].position, "006");
}

TEST(Producer, EveryShardHasItsOwnWatermark) {
  Harness h;
  h.create("orders", 2);
  protocol::Context context = h.context;
  context.producer = protocol::Producer{"pipe", {"1", "2"}};
  api::PutRecordsInput input;
  input.stream_name = "orders";
  input.records.push_back({Blob{"a"}, "0", "k"});
  input.records.push_back({Blob{"b"}, "340282366920938463463374607431768211455", "k"});
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(h.run(put_records(*h.service, context, input)).has_value());
  }
  EXPECT_EQ(h.contents("orders", "0"), "a");
  EXPECT_EQ(h.contents("orders", "1"), "b");
}

TEST(Producer, ADeletedStreamForgetsItsProducers) {
  Harness h;
  h.create("orders");
  ASSERT_TRUE(produce(h, "pipe", 1, 3).has_value());
  api::DeleteStreamInput input;
  input.stream_name = "orders";
  ASSERT_TRUE(h.run(delete_stream(*h.service, h.context, input)).has_value());
  h.create("orders");
  ASSERT_TRUE(produce(h, "pipe", 1, 3).has_value());
  EXPECT_EQ(h.contents("orders"), "001 002 003");
}

TEST(Producer, ManyWritersKeepTheOrderOfEachShard) {
  Harness h;
  h.create("orders", 2);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&h, t] {
      for (int batch = 0; batch < 20; ++batch) {
        const int first = batch * 10 + 1;
        ASSERT_TRUE(produce(h, "p" + std::to_string(t), first, first + 9, "key" + std::to_string(t))
                        .has_value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::size_t found = 0;
  for (const char* shard : {"0", "1"}) {
    std::map<std::string, std::string> last;
    std::string previous;
    for (const auto& record : h.get(h.iterator("orders", shard, "TRIM_HORIZON"))->records) {
      EXPECT_LT(previous, record.sequence_number);
      previous = record.sequence_number;
      EXPECT_LT(last[record.partition_key], record.data.bytes);
      last[record.partition_key] = record.data.bytes;
      ++found;
    }
  }
  EXPECT_EQ(found, 800U);
}

}  // namespace
}  // namespace penstock::kinesis
