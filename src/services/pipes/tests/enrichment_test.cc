// What enrichments return, the log's records, and the dead-letter message. Pure parts.
#include "services/pipes/enrichment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "services/pipes/dead_letter.h"
#include "services/pipes/pipe_limits.h"
#include "services/pipes/pipe_log.h"

namespace penstock::pipes {
namespace {

using Texts = std::vector<std::string>;
using Indexes = std::optional<std::vector<std::size_t>>;

// Documented: "", {} and [] skip the target; [{}] invokes it with an empty payload; an array takes
// the place of the batch. Deduced: null, and elements that stand alone.
TEST(Enrichment, ElementsOfWhatItReturns) {
  struct Row {
    const char* payload;
    Texts elements;
  };
  const Row rows[] = {
      {"", {}},
      {"\"\"", {}},
      {"{}", {}},
      {" [ ] ", {}},
      {"null", {}},
      {"[{}]", {"{}"}},
      {R"([{"a":[1,2]},{"b":"x,]\"}"} , 3, "t"])",
       {R"({"a":[1,2]})", R"({"b":"x,]\"}"})", "3", "\"t\""}},
      {R"({"a":1.0})", {R"({"a":1.0})"}},  // Numbers keep their spelling.
      {"\"text\"", {"\"text\""}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.payload);
    EXPECT_EQ(enriched_elements(row.payload), row.elements);
  }
}

// Documented: identifiers of failed items "need to be included in any array payload returned by the
// enrichment".
TEST(Enrichment, ElementsAreTracedByTheirIdentifiers) {
  const Texts ids = {"e1", "e2", "e3"};
  EXPECT_EQ(origins_of({R"({"eventID":"e1"})", R"({"eventID":"e3"})"}, ids), (Indexes{{0, 2}}));
  EXPECT_EQ(origins_of({R"({"messageId":"e2"})", R"({"messageId":"e2"})"}, ids), (Indexes{{1, 1}}));
  EXPECT_EQ(origins_of({R"({"eventID":"e2"})", R"({"eventID":"e1"})"}, ids), std::nullopt);
  EXPECT_EQ(origins_of({R"({"eventID":"e4"})"}, ids), std::nullopt);
  EXPECT_EQ(origins_of({R"({"x":1})"}, ids), std::nullopt);
  EXPECT_EQ(origins_of({"7"}, {""}), std::nullopt);
}

// Recorded: a message that a pipe of AWS sent to its dead-letter queue, but for names.
TEST(DeadLetter, IsWrittenAsAwsWritesIt) {
  stream::Item item;
  item.record.sequence = "1";
  item.record.created = Timestamp::from_millis(1687187026620);
  stream::Item* const items[] = {&item};
  EXPECT_EQ(
      dead_letter("arn:aws:pipes:us-east-1:123456789012:pipe/p",
                  stream::Reason::kRetryAttemptsExhausted, Timestamp::from_millis(1687187031498),
                  batch_info_of(items, "arn:aws:kinesis:us-east-1:123456789012:stream/s",
                                "shardId-000000000000", true)),
      R"({"context":{"partnerResourceArn":"arn:aws:pipes:us-east-1:123456789012:pipe/p",)"
      R"("condition":"RetryAttemptsExhausted"},"version":"1.0",)"
      R"("timestamp":"2023-06-19T15:03:51.498Z","KinesisBatchInfo":{)"
      R"("shardId":"shardId-000000000000","startSequenceNumber":"1","endSequenceNumber":"1",)"
      R"("approximateArrivalOfFirstRecord":"2023-06-19T15:03:46.620Z",)"
      R"("approximateArrivalOfLastRecord":"2023-06-19T15:03:46.620Z","batchSize":1,)"
      R"("streamArn":"arn:aws:kinesis:us-east-1:123456789012:stream/s"}})");
}

LogRecord failed_record() {
  LogRecord record;
  record.pipe_arn = "arn:aws:pipes:eu-central-1:123456789012:pipe/p";
  record.at = Timestamp::from_millis(1726151215307);
  record.execution_id = "id";
  record.step = LogStep::kExecutionFailed;
  const CallFailure failure{"lambda", 400, "AccessDenied", "Not allowed to invoke f.", "r"};
  record.error = trouble_of(failure, false, "f");
  return record;
}

// Recorded: members, their order and spelling, of an ExecutionFailed record of AWS.
TEST(PipeLog, RecordsAreWrittenAsAwsWritesThem) {
  EXPECT_EQ(
      to_json(failed_record()),
      R"({"resourceArn":"arn:aws:pipes:eu-central-1:123456789012:pipe/p",)"
      R"("timestamp":1726151215307,"executionId":"id","messageType":"ExecutionFailed",)"
      R"("logLevel":"ERROR","error":{)"
      R"("message":"Target invocation failed with error from Lambda. Not allowed to invoke f.",)"
      R"("httpStatusCode":400,"awsService":"lambda","requestId":"r",)"
      R"("exceptionType":"AccessDenied","resourceArn":"f"}})");
}

// Documented: 256 KB; payload is cut first, then awsRequest, then awsResponse.
TEST(PipeLog, WhatIsTooLongIsCutInTurn) {
  const auto fields = [](const std::string& json) {
    simdjson::dom::parser parser;
    simdjson::dom::element record;
    EXPECT_EQ(parser.parse(json).get(record), simdjson::SUCCESS);
    Texts names;
    simdjson::dom::array array;
    if (record["truncatedFields"].get(array) == simdjson::SUCCESS) {
      for (const auto name : array) names.emplace_back(std::string_view(name));
    }
    return names;
  };
  LogRecord record = failed_record();
  record.payload = std::string(200'000, '"');  // Twice as long in JSON.
  record.request = std::string(100'000, 'q');
  const std::string one = to_json(record);
  EXPECT_LE(one.size(), limits::kPipeLogRecordBytes);
  EXPECT_GT(one.size(), limits::kPipeLogRecordBytes - 64);
  EXPECT_EQ(fields(one), Texts{"payload"});
  record.request = std::string(300'000, 'q');
  record.response = std::string(1'000, 'r');
  const std::string two = to_json(record);
  EXPECT_LE(two.size(), limits::kPipeLogRecordBytes);
  EXPECT_EQ(fields(two), (Texts{"payload", "awsRequest"}));
  EXPECT_NE(two.find(R"("payload":"")"), std::string::npos);
  record.payload.reset();
  record.request = std::string("\xe2\x82\xac") + std::string(300'000, 'q');
  EXPECT_EQ(fields(to_json(record)), Texts{"awsRequest"});
  record.request.reset();
  record.response->clear();
  for (int i = 0; i < 100'000; ++i) *record.response += "\xe2\x82\xac";  // Characters stay whole.
  EXPECT_EQ(fields(to_json(record)), Texts{"awsResponse"});
}

// Documented: the steps of each level.
TEST(PipeLog, EveryStepHasANameAndALevel) {
  std::set<std::string_view> names;
  for (int i = 0; i < kStepCount; ++i) {
    const auto step = static_cast<LogStep>(i);
    names.insert(to_string(step));
    const std::string_view name = to_string(step);
    const bool failed =
        name.ends_with("Failed") || name.ends_with("Throttled") || name.ends_with("Timeout");
    EXPECT_EQ(step_level(step) == LogLevel::kError, failed) << name;
    const bool coarse = name.starts_with("Execution") || name.ends_with("StageEntered") ||
                        name.ends_with("StageSucceeded");
    if (!failed) EXPECT_EQ(step_level(step) == LogLevel::kInfo, coarse) << name;
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kStepCount));
}

}  // namespace
}  // namespace penstock::pipes
