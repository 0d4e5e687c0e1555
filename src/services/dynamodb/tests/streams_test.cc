// Streams: records, iterators, life cycle, retention. Expectations: documented, or as tested by
// Alternator against AWS; sizes recorded from AWS.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "services/dynamodb/iterator.h"
#include "services/dynamodb/retention.h"
#include "services/dynamodb/tests/harness.h"

namespace penstock::dynamodb {
namespace {

// The text of a string member in JSON, the first or the last one of that name.
std::string member(const std::string& json, const std::string& name, bool last = false) {
  const std::string mark = "\"" + name + "\":\"";
  const std::size_t at = last ? json.rfind(mark) : json.find(mark);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + mark.size();
  return json.substr(begin, json.find('"', begin) - begin);
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

struct Reader {
  Harness& harness;
  std::string arn, shard;

  explicit Reader(Harness& h) : harness(h) {
    arn = member(h.call("DescribeTable", R"({"TableName":"tbl"})"), "LatestStreamArn");
    shard = member(describe(), "ShardId");
  }
  std::string describe() {
    return harness.call_streams("DescribeStream", R"({"StreamArn":")" + arn + R"("})");
  }
  std::string iterator(const std::string& type, const std::string& sequence = "") {
    const std::string number = sequence.empty() ? "" : R"(,"SequenceNumber":")" + sequence + "\"";
    return harness.call_streams("GetShardIterator", R"({"StreamArn":")" + arn + R"(","ShardId":")" +
                                                        shard + R"(","ShardIteratorType":")" +
                                                        type + "\"" + number + "}");
  }
  std::string read(const std::string& iterator_reply, int limit = 1000) {
    return harness.call_streams("GetRecords", R"({"ShardIterator":")" +
                                                  member(iterator_reply, "ShardIterator") +
                                                  R"(","Limit":)" + std::to_string(limit) + "}");
  }
};

TEST(Streams, RecordEveryChangeOnceAndInOrder) {
  Harness harness;
  harness.create();
  Reader reader(harness);
  harness.put(R"({"h":{"S":"a"},"n":{"N":"1"}})");
  harness.put(R"({"n":{"N":"1.0"},"h":{"S":"a"}})");  // Nothing changes: no record.
  harness.call(
      "UpdateItem",
      R"({"TableName":"tbl","Key":{"h":{"S":"a"}},"UpdateExpression":"SET n = :n","ExpressionAttributeValues":{":n":{"N":"2"}}})");
  harness.call("DeleteItem", R"({"TableName":"tbl","Key":{"h":{"S":"nope"}}})");
  harness.call("DeleteItem", R"({"TableName":"tbl","Key":{"h":{"S":"a"}}})");
  const std::string records = reader.read(reader.iterator("TRIM_HORIZON"));
  EXPECT_EQ(count(records, R"("eventID")"), 3U) << records;
  EXPECT_NE(
      records.find(
          R"("eventName":"INSERT","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"eu-west-1","dynamodb":{"ApproximateCreationDateTime":1700000000,"Keys":{"h":{"S":"a"}},"NewImage":{"h":{"S":"a"},"n":{"N":"1"}},"SequenceNumber":"100000000000000000001","SizeBytes":7,"StreamViewType":"NEW_AND_OLD_IMAGES"}})"),
      std::string::npos)
      << records;
  EXPECT_NE(
      records.find(
          R"("Keys":{"h":{"S":"a"}},"NewImage":{"h":{"S":"a"},"n":{"N":"2"}},"OldImage":{"h":{"S":"a"},"n":{"N":"1"}},"SequenceNumber":"100000000000000000002")"),
      std::string::npos)
      << records;
  EXPECT_NE(records.find(R"("eventName":"REMOVE")"), std::string::npos);
  EXPECT_EQ(count(records, "userIdentity"), 0U);
  EXPECT_EQ(member(records, "eventID").size(), 32U);
}

TEST(Streams, IteratorsStartWhereAsked) {
  Harness harness;
  harness.create();
  Reader reader(harness);
  for (const char* h : {"a", "b", "c"}) harness.put(std::string(R"({"h":{"S":")") + h + R"("}})");
  const std::string latest = reader.iterator("LATEST");
  EXPECT_EQ(count(reader.read(latest), "eventID"), 0U);
  const std::string first = reader.read(reader.iterator("TRIM_HORIZON"), 2);
  EXPECT_EQ(count(first, "eventID"), 2U);
  const std::string second = member(first, "SequenceNumber", true);
  EXPECT_EQ(count(reader.read(reader.iterator("AT_SEQUENCE_NUMBER", second)), "eventID"), 2U);
  EXPECT_EQ(count(reader.read(reader.iterator("AFTER_SEQUENCE_NUMBER", second)), "eventID"), 1U);
  const std::string next = R"({"ShardIterator":")" + member(first, "NextShardIterator") + "\"}";
  EXPECT_EQ(member(harness.call_streams("GetRecords", next), "S", true), "c");
  harness.put(R"({"h":{"S":"d"}})");
  EXPECT_EQ(member(reader.read(latest), "S"), "d");
  EXPECT_TRUE(reader.iterator("AT_SEQUENCE_NUMBER").starts_with("ValidationException"));
  EXPECT_TRUE(reader.iterator("LATEST", second).starts_with("ValidationException"));
  EXPECT_TRUE(reader.iterator("AT_SEQUENCE_NUMBER", "12345678901234567890x")
                  .starts_with("ValidationException"));
  EXPECT_TRUE(harness.call_streams("GetRecords", R"({"ShardIterator":"nonsense"})")
                  .starts_with("ValidationException"));
  harness.clock.advance(std::chrono::minutes(16));
  EXPECT_TRUE(reader.read(latest).starts_with("ExpiredIteratorException"));
  reader.shard += "0";
  EXPECT_TRUE(reader.iterator("LATEST").starts_with("ResourceNotFoundException"));
}

TEST(Streams, AreTrimmedAfterADay) {
  Harness harness;
  harness.create();
  Reader reader(harness);
  harness.put(R"({"h":{"S":"old"}})");
  const std::string first = member(reader.read(reader.iterator("TRIM_HORIZON")), "SequenceNumber");
  harness.clock.advance(std::chrono::hours(25));
  harness.put(R"({"h":{"S":"new"}})");
  const std::string stale = reader.iterator("TRIM_HORIZON");
  ASSERT_TRUE(trim(*harness.service).has_value());
  EXPECT_TRUE(reader.read(stale).starts_with("TrimmedDataAccessException"));
  EXPECT_TRUE(
      reader.iterator("AT_SEQUENCE_NUMBER", first).starts_with("TrimmedDataAccessException"));
  const std::string records = reader.read(reader.iterator("TRIM_HORIZON"));
  EXPECT_EQ(count(records, "eventID"), 1U);
  EXPECT_EQ(member(records, "S"), "new");
  // Numbers go on after a restart, even when all records are gone.
  harness.clock.advance(std::chrono::hours(25));
  ASSERT_TRUE(trim(*harness.service).has_value());
  harness.reopen();
  harness.put(R"({"h":{"S":"later"}})");
  EXPECT_EQ(member(reader.read(reader.iterator("TRIM_HORIZON")), "SequenceNumber"),
            "100000000000000000003");
}

TEST(Streams, EndWhenDisabledAndStayReadable) {
  Harness harness;
  harness.create();
  Reader reader(harness);
  harness.put(R"({"h":{"S":"a"}})");
  EXPECT_EQ(
      harness.call(
          "UpdateTable",
          R"({"TableName":"tbl","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"}})"),
      "ValidationException: Table already has an enabled stream: TableName: tbl");
  ASSERT_NE(harness
                .call("UpdateTable",
                      R"({"TableName":"tbl","StreamSpecification":{"StreamEnabled":false}})")
                .find("UPDATING"),
            std::string::npos);
  harness.put(R"({"h":{"S":"unseen"}})");
  const std::string old = reader.describe();
  EXPECT_EQ(member(old, "StreamStatus"), "DISABLED");
  EXPECT_EQ(member(old, "EndingSequenceNumber"), "100000000000000000001");
  const std::string records = reader.read(reader.iterator("TRIM_HORIZON"));
  EXPECT_EQ(count(records, "eventID"), 1U);
  EXPECT_EQ(count(records, "NextShardIterator"), 0U) << records;

  harness.clock.advance(std::chrono::seconds(5));
  harness.call(
      "UpdateTable",
      R"({"TableName":"tbl","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"}})");
  Reader again(harness);
  EXPECT_NE(again.arn, reader.arn);
  harness.put(R"({"h":{"S":"b"},"n":{"N":"1"}})");
  const std::string keys_only = again.read(again.iterator("TRIM_HORIZON"));
  EXPECT_EQ(count(keys_only, "eventID"), 1U);
  EXPECT_EQ(count(keys_only, "Image"), 0U);
  EXPECT_EQ(count(harness.call_streams("ListStreams", R"({"TableName":"tbl"})"), "StreamLabel"),
            2U);

  harness.call("DeleteTable", R"({"TableName":"tbl"})");
  EXPECT_EQ(member(again.describe(), "StreamStatus"), "DISABLED");
  EXPECT_EQ(count(again.read(again.iterator("TRIM_HORIZON")), "eventID"), 1U);
  harness.clock.advance(std::chrono::hours(25));
  ASSERT_TRUE(trim(*harness.service).has_value());
  EXPECT_EQ(again.describe(), "ResourceNotFoundException: Requested resource not found: Stream: " +
                                  again.arn + " not found");
}

void rotate(Harness& harness) {
  const Status rotated = block_on(harness.runtime.next_loop(), rotate_shards(*harness.service));
  ASSERT_TRUE(rotated.has_value()) << rotated.error().message;
}

// Documented: a shard lives about four hours, its child names it as parent, and a closed shard is
// listed as long as its records are kept.
TEST(Streams, GoOnInAChildShard) {
  Harness harness;
  harness.create();
  Reader reader(harness);
  harness.put(R"({"h":{"S":"a"}})");
  harness.put(R"({"h":{"S":"b"}})");
  const std::string open = reader.iterator("LATEST");
  rotate(harness);
  EXPECT_EQ(count(reader.describe(), "ShardId\""), 1U);  // Too young.
  harness.clock.advance(std::chrono::minutes(241));
  rotate(harness);
  harness.put(R"({"h":{"S":"c"}})");
  const std::string parent = reader.shard;
  const std::string both = reader.describe();
  ASSERT_EQ(count(both, "\"ShardId\""), 2U) << both;
  EXPECT_EQ(member(both, "EndingSequenceNumber"), "100000000000000000002");
  EXPECT_EQ(member(both, "StartingSequenceNumber", true), "100000000000000000003");
  EXPECT_EQ(count(both, "EndingSequenceNumber"), 1U);
  EXPECT_EQ(member(both, "ParentShardId"), parent);
  const std::string child = member(both, "ShardId", true);
  EXPECT_GT(child, parent);

  const std::string old_records = reader.read(reader.iterator("TRIM_HORIZON"));
  EXPECT_EQ(count(old_records, "eventID"), 2U);
  EXPECT_EQ(count(old_records, "NextShardIterator"), 0U);
  const std::string first_page = reader.read(reader.iterator("TRIM_HORIZON"), 1);
  EXPECT_EQ(count(first_page, "NextShardIterator"), 1U);
  EXPECT_EQ(count(reader.read(reader.iterator("LATEST")), "NextShardIterator"), 0U);
  reader.shard = child;
  const std::string new_records = reader.read(reader.iterator("TRIM_HORIZON"));
  EXPECT_EQ(count(new_records, "eventID"), 1U);
  EXPECT_EQ(member(new_records, "S"), "c");
  EXPECT_EQ(count(new_records, "NextShardIterator"), 1U);

  const std::string filter = R"("StreamArn":")" + reader.arn + R"(","ShardFilter":)" +
                             R"({"Type":"CHILD_SHARDS","ShardId":")";
  const auto describe = [&](const std::string& json) {
    return harness.call_streams("DescribeStream", json);
  };
  EXPECT_EQ(member(describe("{" + filter + parent + "\"}}"), "ShardId"), child);
  EXPECT_EQ(count(describe("{" + filter + child + "\"}}"), "\"ShardId\""), 0U);
  const std::string page = describe(R"({"Limit":1,"StreamArn":")" + reader.arn + "\"}");
  EXPECT_EQ(member(page, "LastEvaluatedShardId"), parent);
  EXPECT_EQ(count(page, "\"ShardId\""), 1U);
  const std::string rest = describe(R"({"Limit":1,"StreamArn":")" + reader.arn +
                                    R"(","ExclusiveStartShardId":")" + parent + "\"}");
  EXPECT_EQ(member(rest, "ShardId"), child);
  EXPECT_EQ(count(rest, "LastEvaluatedShardId"), 0U);

  harness.reopen();
  EXPECT_EQ(reader.describe(), both);
  harness.clock.advance(std::chrono::hours(24));
  EXPECT_EQ(count(reader.describe(), "\"ShardId\""), 1U);
  EXPECT_EQ(member(reader.describe(), "ParentShardId"), parent);
  EXPECT_TRUE(reader.read(open).starts_with("ExpiredIteratorException"));
  reader.shard = parent;
  EXPECT_TRUE(reader.iterator("TRIM_HORIZON").starts_with("ResourceNotFoundException"));
}

// Parents before children: every record once and in order, while shards change under the writers.
TEST(Streams, ShardsFollowEachOtherWithoutGapOrRepeat) {
  Harness harness(storage::Durability::kAlways);
  harness.create();
  Reader reader(harness);
  constexpr int kRotations = 5, kThreads = 3, kEach = 60;
  std::atomic<int> written = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&harness, &written, t] {
      for (int i = 0; i < kEach; ++i) {
        harness.put(R"({"h":{"S":"k)" + std::to_string(t) + "-" + std::to_string(i) + R"("}})");
        written.fetch_add(1);
        written.notify_one();
      }
    });
  }
  threads.emplace_back([&harness, &written] {
    for (int i = 1; i <= kRotations; ++i) {
      for (int now = written; now < i * 25; now = written) written.wait(now);
      harness.clock.advance(std::chrono::minutes(241));
      rotate(harness);
    }
  });
  std::uint64_t expected = 1;
  while (expected <= kThreads * kEach) {
    const std::string reply =
        expected == 1 ? reader.iterator("TRIM_HORIZON")
                      : reader.iterator("AFTER_SEQUENCE_NUMBER", sequence_text(expected - 1));
    ASSERT_EQ(member(reply, "ShardIterator").empty(), false) << reply;
    std::string iterator = member(reply, "ShardIterator");
    while (!iterator.empty() && expected <= kThreads * kEach) {
      const std::string page =
          harness.call_streams("GetRecords", R"({"ShardIterator":")" + iterator + "\"}");
      if (page.starts_with("ExpiredIteratorException")) break;  // The clock was moved.
      iterator = member(page, "NextShardIterator");
      const std::string mark = R"("SequenceNumber":")";
      for (std::size_t at = page.find(mark); at != std::string::npos;
           at = page.find(mark, at + 1)) {
        ASSERT_EQ(page.substr(at + mark.size(), 21), sequence_text(expected)) << page;
        ++expected;
      }
    }
    if (!iterator.empty()) continue;
    const std::string next = harness.call_streams(
        "DescribeStream", R"({"StreamArn":")" + reader.arn + R"(","ShardFilter":)" +
                              R"({"Type":"CHILD_SHARDS","ShardId":")" + reader.shard + "\"}}");
    reader.shard = member(next, "ShardId");
    ASSERT_FALSE(reader.shard.empty()) << next;
  }
}

// Readers must never see number N before every smaller one; and every acknowledged write is there.
TEST(Streams, ConcurrentWritersLeaveNoGap) {
  Harness harness(storage::Durability::kAlways);
  harness.create();
  Reader reader(harness);
  constexpr int kThreads = 4, kEach = 60;
  std::vector<std::jthread> writers;
  for (int t = 0; t < kThreads; ++t) {
    writers.emplace_back([&harness, t] {
      for (int i = 0; i < kEach; ++i) {
        harness.put(R"({"h":{"S":"k)" + std::to_string(t) + "-" + std::to_string(i) + R"("}})");
      }
    });
  }
  std::uint64_t expected = 1;
  std::string iterator = member(reader.iterator("TRIM_HORIZON"), "ShardIterator");
  while (expected <= kThreads * kEach) {
    const std::string page =
        harness.call_streams("GetRecords", R"({"ShardIterator":")" + iterator + "\"}");
    iterator = member(page, "NextShardIterator");
    const std::string mark = R"("SequenceNumber":")";
    for (std::size_t at = page.find(mark); at != std::string::npos; at = page.find(mark, at + 1)) {
      ASSERT_EQ(page.substr(at + mark.size(), 21), sequence_text(expected));
      ++expected;
    }
  }
  writers.clear();
  std::size_t logged = 0;
  ASSERT_TRUE(read_changes(*harness.service, reader.arn, 0, [&logged](const LoggedChange& change) {
                EXPECT_EQ(change.event_name, "INSERT");
                ++logged;
                return true;
              }).has_value());
  EXPECT_EQ(logged, std::size_t{kThreads * kEach});
}

TEST(Streams, ArrivalsAreSignalled) {
  Harness harness;
  harness.create();
  Reader reader(harness);
  const std::string key = protocol::arrivals_key(reader.arn, reader.shard);
  const std::uint64_t seen = harness.service->arrivals.version(key);
  harness.put(R"({"h":{"S":"a"}})");
  EXPECT_NE(harness.service->arrivals.version(key), seen);
}

TEST(ShardIterator, SurvivesOnlyUnchanged) {
  const ShardIterator iterator{"arn:aws:dynamodb:r:a:table/t/stream/l", "shardId-1", 77,
                               Timestamp::from_seconds(std::int64_t{5})};
  const std::string text = encode_iterator(iterator);
  const auto decoded = decode_iterator(text);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->next, 77U);
  EXPECT_EQ(decoded->stream_arn, iterator.stream_arn);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(decode_iterator(damaged).has_value()) << i;
  }
}

}  // namespace
}  // namespace penstock::dynamodb
