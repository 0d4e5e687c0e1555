// The hop of a pipe under bad conditions: targets that fail, hang or refuse, enrichments, and
// dead-letter queues.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/pipes/tests/harness.h"

namespace penstock::pipes {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kHopFunctionArn = "arn:aws:lambda:us-east-1:000000000000:function:f";
constexpr const char* kHopQueueArn = "arn:aws:sqs:us-east-1:000000000000:q";
constexpr const char* kHopDeadArn = "arn:aws:sqs:us-east-1:000000000000:dead";

// To a function instead of the stream.
api::CreatePipeRequest to_function() {
  api::CreatePipeRequest request = Harness::request();
  request.target = kHopFunctionArn;
  request.target_parameters.reset();
  return request;
}

api::PipeSourceDynamoDBStreamParameters& source_of(api::CreatePipeRequest& request) {
  return *request.source_parameters->dynamo_db_stream_parameters;
}

// The numbers of the events in an array of them.
std::vector<int> numbers_in(const std::string& payload) {
  std::vector<int> numbers;
  constexpr std::string_view kHead = R"("eventID":"event)";
  for (std::size_t at = payload.find(kHead); at != payload.npos; at = payload.find(kHead, at + 1)) {
    numbers.push_back(std::stoi(payload.substr(at + kHead.size())));
  }
  return numbers;
}

TEST(Hop, AFunctionGetsTheBatchAsAnArray) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 3, h.clock.now());
  std::vector<std::string> payloads;
  h.others.lambda.answer = [&](const std::string&, protocol::AnyShape& input) {
    EXPECT_EQ(input.as<lambda::api::InvocationRequest>().invocation_type, "RequestResponse");
    payloads.push_back(payload_of(input));
    return protocol::ApiResult<protocol::AnyShape>(returned("null"));
  };
  ASSERT_TRUE(h.create(to_function()).has_value());
  ASSERT_TRUE(h.wait_for_counters({3, 3, 0, 0}));
  ASSERT_EQ(payloads.size(), 1U);
  EXPECT_EQ(payloads[0].substr(0, 2), "[{");
  EXPECT_EQ(numbers_in(payloads[0]), upto(3));
  EXPECT_EQ(h.others.lambda.principal(), "arn:aws:sts::000000000000:assumed-role/pipe/p");
}

// Documented: the lowest of the failed items and all behind it come again.
TEST(Hop, APartialBatchResponseSaysWhereToGoOn) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 5, h.clock.now());
  std::vector<std::vector<int>> batches;
  h.others.lambda.answer = [&](const std::string&, protocol::AnyShape& input) {
    batches.push_back(numbers_in(payload_of(input)));
    return protocol::ApiResult<protocol::AnyShape>(
        returned(batches.size() > 1 ? "" : R"({"batchItemFailures":[{"itemIdentifier":"event5"},
                                               {"itemIdentifier":"event3"}]})"));
  };
  ASSERT_TRUE(h.create(to_function()).has_value());
  ASSERT_TRUE(h.wait_for_counters({5, 5, 0, 0}));
  EXPECT_THAT(batches, ElementsAre(upto(5), std::vector<int>{3, 4, 5}));
}

// A function that fails for one record: bisected, retried, and the record's place is told to the
// dead-letter queue, which refuses at first.
TEST(Hop, PoisonEndsInTheDeadLetterQueue) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 8, h.clock.now());
  std::vector<int> delivered;
  h.others.lambda.answer = [&](const std::string&, protocol::AnyShape& input) {
    const std::vector<int> numbers = numbers_in(payload_of(input));
    if (std::find(numbers.begin(), numbers.end(), 5) != numbers.end()) {
      return protocol::ApiResult<protocol::AnyShape>(function_failed("poison"));
    }
    delivered.insert(delivered.end(), numbers.begin(), numbers.end());
    return protocol::ApiResult<protocol::AnyShape>(returned("{}"));
  };
  FakeQueue queue;
  queue.refuse_next = 2;
  h.others.sqs.answer = queue.answer();
  auto request = to_function();
  source_of(request).maximum_retry_attempts = 1;
  source_of(request).on_partial_batch_item_failure = "AUTOMATIC_BISECT";
  source_of(request).dead_letter_config.emplace().arn = kHopDeadArn;
  ASSERT_TRUE(h.create(request).has_value());
  ASSERT_TRUE(h.wait_for_counters({8, 7, 0, 1}));
  EXPECT_EQ(delivered, (std::vector<int>{1, 2, 3, 4, 6, 7, 8}));
  ASSERT_EQ(queue.bodies.size(), 1U);
  EXPECT_THAT(queue.bodies[0],
              HasSubstr(R"("partnerResourceArn":"arn:aws:pipes:us-east-1:000000000000:pipe/p",)"
                        R"("condition":"RetryAttemptsExhausted"})"));
  EXPECT_THAT(queue.bodies[0],
              HasSubstr(R"("DDBStreamBatchInfo":{"shardId":"shard-a","startSequenceNumber":"5",)"
                        R"("endSequenceNumber":"5",)"));
  const auto failed = failures(*h.service, {h.context.account, h.context.region}, "p", 10);
  ASSERT_EQ(failed->size(), 1U);
  EXPECT_EQ(failed->at(0).event_id, "event5");
  EXPECT_EQ(failed->at(0).reason, "RetryAttemptsExhausted: Unhandled: poison");
}

TEST(Hop, OldRecordsAreToldToTheDeadLetterQueue) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 2, h.clock.now());
  h.clock.advance(std::chrono::seconds(61));
  FakeQueue queue;
  h.others.sqs.answer = queue.answer();
  auto request = Harness::request();
  source_of(request).maximum_record_age_in_seconds = 60;
  source_of(request).dead_letter_config.emplace().arn = kHopDeadArn;
  ASSERT_TRUE(h.create(request).has_value());
  ASSERT_TRUE(h.wait_for_counters({2, 0, 0, 2}));
  ASSERT_EQ(queue.bodies.size(), 1U);
  EXPECT_THAT(queue.bodies[0], HasSubstr(R"("condition":"RecordAgeExceeded")"));
  EXPECT_THAT(queue.bodies[0], HasSubstr(R"("batchSize":2)"));
}

// Recorded wording of the reason.
TEST(Hop, APipeDoesNotStartWithoutItsDeadLetterQueue) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.others.sqs.answer = [](const std::string&, protocol::AnyShape&) {
    return protocol::ApiResult<protocol::AnyShape>(
        protocol::refuse("AccessDeniedException", "no", 403));
  };
  auto request = Harness::request();
  source_of(request).dead_letter_config.emplace().arn = kHopDeadArn;
  ASSERT_TRUE(h.create(request).has_value());
  EXPECT_EQ(h.settled(), "CREATE_FAILED");
  EXPECT_EQ(h.describe()->state_reason,
            "Input parameter is invalid from the request due to : Error occurred while sending "
            "message to SQS queue: arn:aws:sqs:us-east-1:000000000000:dead");
}

// A call that is never answered ends with the execution; what is tried again is not doubled in a
// stream that knows its producers.
TEST(Hop, ATargetThatHangsIsGivenFiveMinutes) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 2, h.clock.now());
  h.others.lambda.hangs = true;
  std::vector<std::vector<int>> batches;
  h.others.lambda.answer = [&](const std::string&, protocol::AnyShape& input) {
    batches.push_back(numbers_in(payload_of(input)));
    return protocol::ApiResult<protocol::AnyShape>(returned(""));
  };
  FakeQueue queue;
  h.others.sqs.answer = queue.answer();
  auto request = to_function();
  source_of(request).maximum_retry_attempts = 0;
  source_of(request).dead_letter_config.emplace().arn = kHopDeadArn;
  ASSERT_TRUE(h.create(request).has_value());
  ASSERT_TRUE(h.others.lambda.wait_for_calls(1));
  EXPECT_EQ(h.others.sqs.calls(), 2);  // The checks at the start.
  h.clock.advance(std::chrono::seconds(301));
  ASSERT_TRUE(h.wait_for_counters({2, 0, 0, 2}));
  EXPECT_THAT(
      h.service->registry.find({h.context.account, h.context.region}, "p")->stats.last_error(),
      HasSubstr("5 minutes"));
  h.others.lambda.release();
  h.stream.put("shard-a", 1, h.clock.now());
  ASSERT_TRUE(h.wait_for_counters({3, 1, 0, 2}));
}

TEST(Hop, AnEnrichmentTakesThePlaceOfTheBatch) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 4, h.clock.now());
  std::vector<std::string> asked;
  h.others.lambda.answer = [&](const std::string&, protocol::AnyShape& input) {
    asked.push_back(payload_of(input));
    if (asked.size() == 1)
      return protocol::ApiResult<protocol::AnyShape>(function_failed("not yet"));
    return protocol::ApiResult<protocol::AnyShape>(returned(
        R"([{"eventID":"event1","k":"a"},{"eventID":"event1","k":"b"},{"eventID":"event3","k":"c"}])"));
  };
  auto request = Harness::request("$.k");
  request.enrichment = kHopFunctionArn;
  request.enrichment_parameters.emplace().input_template = R"({"id": <$.eventID>})";
  request.target_parameters->input_template = R"({"made": <$.k>})";
  ASSERT_TRUE(h.create(request).has_value());
  ASSERT_TRUE(h.target.wait_for(3));
  ASSERT_TRUE(h.wait_for_counters({4, 4, 0, 0}));
  EXPECT_EQ(asked.back(), R"([{"id":"event1"},{"id":"event2"},{"id":"event3"},{"id":"event4"}])");
  const auto records = h.target.records();
  EXPECT_EQ(records[0].data, R"({"made":"a"})");
  EXPECT_EQ(records[1].key, "b");
  EXPECT_EQ(records[2].key, "c");
  EXPECT_EQ(records.size(), 3U);
}

TEST(Hop, AnEmptyEnrichmentSkipsTheTarget) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 4, h.clock.now());
  h.others.lambda.answer = [](const std::string&, protocol::AnyShape&) {
    return protocol::ApiResult<protocol::AnyShape>(returned("[]"));
  };
  auto request = Harness::request();
  request.enrichment = kHopFunctionArn;
  ASSERT_TRUE(h.create(request).has_value());
  ASSERT_TRUE(h.wait_for_counters({4, 4, 0, 0}));
  EXPECT_EQ(h.target.calls(), 0);
}

// Documented: an array larger than the target's batch does not reach the target.
TEST(Hop, AnEnrichmentMayNotReturnMoreThanTheTargetTakes) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 1, h.clock.now());
  h.others.lambda.answer = [](const std::string&, protocol::AnyShape&) {
    std::string many = "[";
    for (int i = 0; i < 11; ++i) many += i == 0 ? "{}" : ",{}";
    return protocol::ApiResult<protocol::AnyShape>(returned(many + "]"));
  };
  FakeQueue queue;
  h.others.sqs.answer = queue.answer();
  auto request = Harness::request();
  request.target = kHopQueueArn;
  request.target_parameters.reset();
  request.enrichment = kHopFunctionArn;
  source_of(request).batch_size = 10;
  source_of(request).maximum_retry_attempts = 0;
  ASSERT_TRUE(h.create(request).has_value());
  ASSERT_TRUE(h.wait_for_counters({1, 0, 0, 1}));
  EXPECT_EQ(h.others.sqs.calls(), 0);
}

TEST(Hop, AQueueGetsAMessageForEachEvent) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 12, h.clock.now());
  FakeQueue queue;
  h.others.sqs.answer = queue.answer();
  auto request = Harness::request();
  request.target = kHopQueueArn;
  request.target_parameters.emplace().input_template = "<$.eventID>";
  source_of(request).batch_size = 10;
  ASSERT_TRUE(h.create(request).has_value());
  ASSERT_TRUE(h.wait_for_counters({12, 12, 0, 0}));
  ASSERT_EQ(queue.bodies.size(), 12U);
  EXPECT_EQ(queue.bodies[0], "\"event1\"");
}

// Steps at the level TRACE, in their order, with the data of the execution.
TEST(Hop, TheLogShowsEachStep) {
  Harness h;
  h.stream.add_shard("shard-a");
  h.stream.put("shard-a", 1, h.clock.now());
  h.others.lambda.answer = [](const std::string&, protocol::AnyShape&) {
    return protocol::ApiResult<protocol::AnyShape>(returned("\"done\""));
  };
  std::vector<std::string> lines;
  bool made = false;
  h.others.logs.answer = [&](const std::string& operation,
                             protocol::AnyShape& input) -> protocol::ApiResult<protocol::AnyShape> {
    if (operation == "CreateLogStream") {
      made = true;
      return protocol::AnyShape::of(logs::api::CreateLogStreamOutput{});
    }
    if (!made) return protocol::refuse("ResourceNotFoundException", "no stream");
    auto& request = input.as<logs::api::PutLogEventsRequest>();
    EXPECT_EQ(request.log_group_name, "/aws/vendedlogs/pipes/p");
    for (auto& event : request.log_events) lines.push_back(event.message);
    return protocol::AnyShape::of(logs::api::PutLogEventsResponse{});
  };
  auto request = to_function();
  auto& log = request.log_configuration.emplace();
  log.level = "TRACE";
  log.include_execution_data = {{"ALL"}};
  log.cloudwatch_logs_log_destination.emplace().log_group_arn =
      "arn:aws:logs:us-east-1:000000000000:log-group:/aws/vendedlogs/pipes/p";
  ASSERT_TRUE(h.create(request).has_value());
  ASSERT_TRUE(h.others.logs.wait_until([&] { return lines.size() >= 6; }));
  std::vector<std::string> steps;
  for (const std::string& line : lines) {
    constexpr std::string_view kType = R"("messageType":")";
    const std::size_t at = line.find(kType) + kType.size();
    steps.push_back(line.substr(at, line.find('"', at) - at));
  }
  EXPECT_THAT(steps, ElementsAre("ExecutionStarted", "TargetStageEntered",
                                 "TargetInvocationStarted", "TargetInvocationSucceeded",
                                 "TargetStageSucceeded", "ExecutionSucceeded"));
  EXPECT_THAT(lines[0], HasSubstr(R"("payload":"[{\"eventID\":\"event1\")"));
  EXPECT_THAT(lines[3], HasSubstr(R"("awsResponse":"{\"StatusCode\":200)"));
}

}  // namespace
}  // namespace penstock::pipes
