// Partial batch responses, and the batch info of dead-letter messages.
#include <gtest/gtest.h>

#include "protocol/json_writer.h"
#include "stream/batch_info.h"
#include "stream/batch_response.h"

namespace penstock::stream {
namespace {

using Kind = BatchResponse::Kind;

// Documented for event source mappings (complete successes and complete failures, partial ones),
// but for the rows marked otherwise.
TEST(BatchResponse, SaysWhichRecordsFailed) {
  const std::vector<std::string> ids = {"a", "b", "c"};
  struct Row {
    const char* payload;
    Kind expected;
    std::vector<std::size_t> failed;
  };
  const Row rows[] = {
      {"", Kind::kDelivered, {}},
      {"null", Kind::kDelivered, {}},
      {"{}", Kind::kDelivered, {}},
      {R"({"batchItemFailures":[]})", Kind::kDelivered, {}},
      {R"({"batchItemFailures":null})", Kind::kDelivered, {}},
      {R"({"statusCode":200})", Kind::kDelivered, {}},
      {R"({"batchItemFailures":[{"itemIdentifier":"b"}]})", Kind::kItemsFailed, {1}},
      {R"({"batchItemFailures":[{"itemIdentifier":"c"},{"itemIdentifier":"a"},
          {"itemIdentifier":"c"}]})",
       Kind::kItemsFailed,
       {0, 2}},
      {R"({"batchItemFailures":[{"itemIdentifier":""}]})", Kind::kMalformed, {}},
      {R"({"batchItemFailures":[{"itemIdentifier":null}]})", Kind::kMalformed, {}},
      {R"({"batchItemFailures":[{"messageId":"a"}]})", Kind::kMalformed, {}},
      {R"({"batchItemFailures":[{"itemIdentifier":"d"}]})", Kind::kMalformed, {}},
      {R"({"batchItemFailures":["a"]})", Kind::kMalformed, {}},    // Deduced.
      {R"({"batchItemFailures":{"a":1}})", Kind::kMalformed, {}},  // Deduced.
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.payload);
    for (const Expected expected : {Expected::kPerhaps, Expected::kYes}) {
      const BatchResponse response = read_batch_response(row.payload, ids, expected);
      EXPECT_EQ(response.kind, row.expected);
      EXPECT_EQ(response.failed, row.failed);
      EXPECT_EQ(response.problem.empty(), row.expected != Kind::kMalformed);
    }
  }
}

// Deduced: a function that knows nothing of such responses has not said that its batch failed.
TEST(BatchResponse, OtherAnswersAreFailuresOnlyWhereOneWasAskedFor) {
  for (const char* payload : {"\"done\"", "[1]", "17", "not json"}) {
    SCOPED_TRACE(payload);
    EXPECT_EQ(read_batch_response(payload, {}, Expected::kPerhaps).kind, Kind::kDelivered);
    EXPECT_EQ(read_batch_response(payload, {}, Expected::kYes).kind, Kind::kMalformed);
  }
}

// Recorded: the second half of a message that a pipe of AWS sent to its dead-letter queue.
TEST(BatchInfo, IsWrittenAsAwsWritesIt) {
  BatchInfo info{BatchInfo::Stream::kKinesis,
                 "arn:aws:kinesis:us-east-1:123456789012:stream/s",
                 "shardId-000000000000",
                 "1",
                 "1",
                 Timestamp::from_millis(1687187026620),
                 Timestamp::from_millis(1687187026620),
                 1};
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object();
  write_batch_info(json, info);
  json.end_object();
  EXPECT_EQ(
      out,
      R"({"KinesisBatchInfo":{"shardId":"shardId-000000000000","startSequenceNumber":"1",)"
      R"("endSequenceNumber":"1","approximateArrivalOfFirstRecord":"2023-06-19T15:03:46.620Z",)"
      R"("approximateArrivalOfLastRecord":"2023-06-19T15:03:46.620Z","batchSize":1,)"
      R"("streamArn":"arn:aws:kinesis:us-east-1:123456789012:stream/s"}})");
}

// Recorded: arrivals in DynamoDB streams are whole seconds and have no fraction.
TEST(BatchInfo, WholeSecondsHaveNoFraction) {
  EXPECT_EQ(format_instant(Timestamp::from_seconds(std::int64_t{1573690399})),
            "2019-11-14T00:13:19Z");
  EXPECT_EQ(format_instant(Timestamp::from_millis(1573690429717)), "2019-11-14T00:13:49.717Z");
}

}  // namespace
}  // namespace penstock::stream
