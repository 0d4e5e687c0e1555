// Event source mappings as values: rules, descriptions, storage, events and filters. How an
// expectation is known is said at each table.
#include "services/lambda/mapping.h"

#include <gtest/gtest.h>

#include "services/lambda/mapping_check.h"
#include "services/lambda/mapping_event.h"
#include "services/lambda/mapping_store.h"

namespace penstock::lambda {
namespace {

const Place kPlace{"000000000000", "us-east-1"};
const std::string kStreamArn = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
const std::string kTableArn =
    "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-11-22T00:00:00.000";
const std::string kQueueArn = "arn:aws:sqs:us-east-1:000000000000:q";
const Timestamp kNow = Timestamp::from_seconds(std::int64_t{1'700'000'000});

api::CreateEventSourceMappingRequest request_for(const std::string& source) {
  api::CreateEventSourceMappingRequest input;
  input.function_name = "f";
  input.event_source_arn = source;
  if (source != kQueueArn && source != kQueueArn + ".fifo") input.starting_position = "LATEST";
  return input;
}

Mapping full_mapping(Mapping::Source source) {
  Mapping m;
  m.place = kPlace;
  m.uuid = "00000000-0000-4000-8000-000000000001";
  m.source = source;
  m.source_arn = source == Mapping::Source::kSqs ? kQueueArn : kStreamArn;
  m.function = "f";
  m.qualifier = "3";
  m.enabled = false;
  m.batch_size = 7;
  m.window_seconds = 8;
  m.filters = {"{\"a\":[1]}", "{\"b\":[2]}"};
  m.partial_failures = true;
  m.tags = {{"t", "v"}};
  m.modified = kNow;
  if (source == Mapping::Source::kSqs) {
    m.concurrency_max = 9;
    return m;
  }
  m.start = "AT_TIMESTAMP";
  m.start_time = Timestamp::from_seconds(std::int64_t{1'600'000'000});
  m.parallelization = 2;
  m.age_seconds_max = 60;
  m.retries_max = 0;
  m.bisect = true;
  m.on_failure = kQueueArn;
  return m;
}

TEST(Mapping, IsStoredAndLoaded) {
  for (const auto source : {Mapping::Source::kSqs, Mapping::Source::kKinesis}) {
    const Mapping mapping = full_mapping(source);
    const std::string value = encode_mapping(mapping);
    const auto loaded = decode_mapping(mapping_key(mapping), value);
    ASSERT_TRUE(loaded.has_value());
    EXPECT_EQ(encode_mapping(*loaded), value);
    EXPECT_EQ(mapping_key(*loaded), mapping_key(mapping));
    EXPECT_EQ(loaded->start_time, mapping.start_time);
    EXPECT_EQ(loaded->concurrency_max, mapping.concurrency_max);
    EXPECT_EQ(loaded->filters, mapping.filters);
    EXPECT_FALSE(decode_mapping(mapping_key(mapping), value.substr(0, value.size() - 1)));
    EXPECT_FALSE(decode_mapping(mapping_key(mapping), value + "x"));
    EXPECT_FALSE(decode_mapping("x" + mapping_key(mapping), value));
  }
}

// Recorded: which members there are.
TEST(Mapping, IsDescribed) {
  const auto queue = describe_mapping(full_mapping(Mapping::Source::kSqs), MappingState::kDisabling,
                                      std::string("OK"));
  EXPECT_EQ(queue.state, "Disabling");
  EXPECT_EQ(queue.state_transition_reason, "USER_INITIATED");
  EXPECT_EQ(queue.function_arn, "arn:aws:lambda:us-east-1:000000000000:function:f:3");
  EXPECT_EQ(queue.event_source_mapping_arn,
            "arn:aws:lambda:us-east-1:000000000000:event-source-mapping:"
            "00000000-0000-4000-8000-000000000001");
  EXPECT_EQ(queue.scaling_config->maximum_concurrency, 9);
  EXPECT_FALSE(queue.last_processing_result || queue.destination_config || queue.starting_position);
  const auto stream = describe_mapping(full_mapping(Mapping::Source::kKinesis),
                                       MappingState::kEnabled, std::string("OK"));
  EXPECT_EQ(stream.last_processing_result, "OK");
  EXPECT_EQ(stream.destination_config->on_failure->destination, kQueueArn);
  EXPECT_EQ(stream.state_transition_reason, "User action");
}

TEST(Mapping, ArnsAreParsed) {
  EXPECT_EQ(mapping_uuid(kPlace, "arn:aws:lambda:us-east-1:000000000000:event-source-mapping:u"),
            "u");
  for (const char* const other : {"arn:aws:lambda:eu-west-1:000000000000:event-source-mapping:u",
                                  "arn:aws:lambda:us-east-1:000000000000:function:u", "u", ""}) {
    EXPECT_FALSE(mapping_uuid(kPlace, other)) << other;
  }
  EXPECT_EQ(queue_url(kQueueArn), "http://localhost/000000000000/q");
}

// Documented defaults and edges; deduced where test_lambda_mappings.py says so.
TEST(MappingCheck, DefaultsAndEdges) {
  auto made = mapping_of(kPlace, kNow, request_for(kStreamArn));
  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_EQ(made->batch_size, 100);
  EXPECT_EQ(made->retries_max, -1);
  made = mapping_of(kPlace, kNow, request_for(kTableArn));
  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_EQ(made->source, Mapping::Source::kDynamodb);
  made = mapping_of(kPlace, kNow, request_for(kQueueArn));
  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_EQ(made->batch_size, 10);

  auto input = request_for(kStreamArn);
  input.starting_position = "AT_TIMESTAMP";
  input.starting_position_timestamp = kNow;
  EXPECT_TRUE(mapping_of(kPlace, kNow, input));
  input.starting_position_timestamp = kNow + std::chrono::seconds(1);
  EXPECT_FALSE(mapping_of(kPlace, kNow, input));
  input = request_for(kQueueArn);
  input.batch_size = 11;
  EXPECT_FALSE(mapping_of(kPlace, kNow, input));
  input.maximum_batching_window_in_seconds = 1;
  EXPECT_TRUE(mapping_of(kPlace, kNow, input));
  input.event_source_arn = kQueueArn + ".fifo";
  EXPECT_FALSE(mapping_of(kPlace, kNow, input));
}

TEST(MappingCheck, ChangesKeepWhatTheyDoNotName) {
  const Mapping before = full_mapping(Mapping::Source::kKinesis);
  const auto same = changed_mapping(before, {});
  ASSERT_TRUE(same.has_value());
  EXPECT_EQ(encode_mapping(*same), encode_mapping(before));
  api::UpdateEventSourceMappingRequest input;
  input.destination_config.emplace();
  input.filter_criteria.emplace();
  input.enabled = true;
  const auto changed = changed_mapping(before, input);
  ASSERT_TRUE(changed.has_value());
  EXPECT_TRUE(changed->enabled && changed->on_failure.empty() && changed->filters.empty());
  EXPECT_EQ(changed->retries_max, 0);
}

MappingFilters filters_for(Mapping::Source source, std::string pattern) {
  Mapping mapping;
  mapping.source = source;
  mapping.filters = {std::move(pattern)};
  auto made = MappingFilters::make(mapping);
  CHECK(made.has_value());
  return std::move(*made);
}

// Documented: the tables of "Filtering with Kinesis" and "Filtering with Amazon SQS".
TEST(MappingFilters, SeeWhatIsInside) {
  const EventSource source{kStreamArn, "us-east-1", "arn:aws:iam::000000000000:role/r"};
  struct Case {
    Mapping::Source kind;
    std::string pattern, data;
    bool passes;
  };
  using enum Mapping::Source;
  const Case cases[] = {
      {kKinesis, R"({"data":{"n":[1]}})", R"({"n":1})", true},
      {kKinesis, R"({"data":{"n":[1]}})", R"({"n":2})", false},
      {kKinesis, R"({"data":{"n":[1]}})", "plain", false},
      {kKinesis, R"({"data":{"n":[{"exists":false}]}})", "plain", false},
      {kKinesis, R"({"partitionKey":["k"]})", "plain", true},
      {kKinesis, R"({"partitionKey":["other"]})", R"({"n":1})", false},
      {kSqs, R"({"body":{"n":[1]}})", R"({"n":1})", true},
      {kSqs, R"({"body":{"n":[1]}})", "plain", false},
      {kSqs, R"({"body":["plain"]})", "plain", true},
      {kSqs, R"({"body":["plain"]})", R"({"n":1})", false},
      {kSqs, R"({"body":[{"prefix":"pl"}]})", "plain", true},
      {kSqs, R"({"messageId":["m"]})", R"({"n":1})", true},
  };
  for (const Case& c : cases) {
    const MappingFilters filters = filters_for(c.kind, c.pattern);
    bool passes = false;
    if (c.kind == kKinesis) {
      kinesis::api::Record record;
      record.partition_key = "k";
      record.sequence_number = "1";
      record.data = Blob{c.data};
      passes = filters.pass(source, record, "shardId-000000000000:1");
    } else {
      sqs::api::Message message;
      message.message_id = "m";
      message.body = c.data;
      passes = filters.pass(source, message);
    }
    EXPECT_EQ(passes, c.passes) << c.pattern << " " << c.data;
  }
}

// Recorded: names and order of the members.
TEST(MappingEvent, Forms) {
  const EventSource source{kStreamArn, "us-east-1", "arn:aws:iam::000000000000:role/r"};
  kinesis::api::Record record;
  record.partition_key = "k";
  record.sequence_number = "7";
  record.data = Blob{"hello"};
  record.approximate_arrival_timestamp = Timestamp::from_millis(1'700'000'000'125);
  EXPECT_EQ(kinesis_event(source, record, "shardId-000000000000:7"),
            R"({"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"k","sequenceNumber":"7",)"
            R"("data":"aGVsbG8=","approximateArrivalTimestamp":1700000000.125},)"
            R"("eventSource":"aws:kinesis","eventVersion":"1.0",)"
            R"("eventID":"shardId-000000000000:7","eventName":"aws:kinesis:record",)"
            R"("invokeIdentityArn":"arn:aws:iam::000000000000:role/r","awsRegion":"us-east-1",)"
            R"("eventSourceARN":"arn:aws:kinesis:us-east-1:000000000000:stream/s"})");
  sqs::api::Message message;
  message.message_id = "m";
  message.receipt_handle = "r";
  message.body = "b\"";
  message.md5_of_body = "x";
  message.attributes = std::map<std::string, std::string>{{"SenderId", "s"}};
  EXPECT_EQ(queue_event({kQueueArn, "us-east-1", ""}, message),
            R"({"messageId":"m","receiptHandle":"r","body":"b\"","attributes":{"SenderId":"s"},)"
            R"("messageAttributes":{},"md5OfBody":"x","eventSource":"aws:sqs",)"
            R"("eventSourceARN":"arn:aws:sqs:us-east-1:000000000000:q","awsRegion":"us-east-1"})");
  EXPECT_EQ(records_payload({"{\"a\":1}", "{}"}), R"({"Records":[{"a":1},{}]})");
}

}  // namespace
}  // namespace penstock::lambda
