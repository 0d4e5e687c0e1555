// Streams: records, iterators, life cycle, retention. Expectations: documented, or as tested by
// Alternator against AWS; sizes recorded from AWS.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "services/dynamodb/iterator.h"
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
  const ShardIterator iterator{"arn:aws:dynamodb:r:a:table/t/stream/l", 77,
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
