// The pure parts: paths, patterns, templates, states, and the form of events.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>
#include <vector>

#include "services/pipes/event.h"
#include "services/pipes/json_path.h"
#include "services/pipes/kafka_source.h"
#include "services/pipes/pipe.h"
#include "services/pipes/transform.h"

namespace penstock::pipes {
namespace {

using testing::HasSubstr;

struct Document {
  explicit Document(std::string_view json) : text(json) {
    EXPECT_EQ(parser.parse(text).get(root), simdjson::SUCCESS) << json;
  }
  simdjson::padded_string text;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
};

constexpr std::string_view kOrder =
    R"({"eventID":"e1","eventName":"INSERT","n":5,"list":[{"a":1,"b":"x"},{"a":2,"b":"y"}],)"
    R"("dynamodb":{"Keys":{"pk":{"S":"o-1"}},"NewImage":{"pk":{"S":"o-1"},"total":{"N":"12"}}},)"
    R"("empty":[],"yes":true,"none":null,"text":"say \"hi\""})";

TEST(JsonPath, FollowsNamesAndIndices) {
  Document order(kOrder);
  struct Case {
    std::string_view path;
    std::optional<std::string> text;
  };
  const std::vector<Case> cases = {
      {"$.eventID", "e1"},
      {"$.dynamodb.Keys.pk.S", "o-1"},
      {"$.n", "5"},
      {"$.list[1].b", "y"},
      {"$.list[*].a", "[1,2]"},
      {"$.dynamodb.Keys", R"({"pk":{"S":"o-1"}})"},
      {"$.missing", std::nullopt},
      {"$.list[7].a", std::nullopt},
      {"$.eventID.deeper", std::nullopt},
  };
  for (const Case& c : cases) {
    const auto path = parse_json_path(c.path);
    ASSERT_TRUE(path.has_value()) << c.path;
    EXPECT_EQ(to_string(*path), c.path);
    EXPECT_EQ(evaluate_to_text(*path, order.root), c.text) << c.path;
  }
}

TEST(JsonPath, RefusesWhatTheModelsPatternRefuses) {
  for (const std::string_view path : {"", "eventID", "$eventID", "$.", "$..a", "$.a[", "$.a[x]",
                                      "$.a[-1]", "$['a']", "$.a b", "$.a[1:2]"}) {
    EXPECT_FALSE(parse_json_path(path).has_value()) << path;
  }
}

TEST(PipeStates, PassThroughTheirTransitions) {
  using S = PipeState;
  using E = PipeEvent;
  EXPECT_EQ(next_state(S::kCreating, E::kRunning), S::kRunning);
  EXPECT_EQ(next_state(S::kCreating, E::kStopped), S::kStopped);
  EXPECT_EQ(next_state(S::kCreating, E::kFailed), S::kCreateFailed);
  EXPECT_EQ(next_state(S::kRunning, E::kStop), S::kStopping);
  EXPECT_EQ(next_state(S::kStopping, E::kStopped), S::kStopped);
  EXPECT_EQ(next_state(S::kStopped, E::kStart), S::kStarting);
  EXPECT_EQ(next_state(S::kStarting, E::kFailed), S::kStartFailed);
  EXPECT_EQ(next_state(S::kStartFailed, E::kStart), S::kStarting);
  EXPECT_EQ(next_state(S::kRunning, E::kUpdate), S::kUpdating);
  EXPECT_EQ(next_state(S::kCreateFailed, E::kDelete), S::kDeleting);
  // No request is taken while a pipe passes from one state to another, and no end without a
  // beginning.
  for (int i = 0; i < kPipeStateCount; ++i) {
    const auto state = static_cast<S>(i);
    for (const E request : {E::kStart, E::kStop, E::kUpdate, E::kDelete}) {
      if (is_transition(state)) EXPECT_FALSE(next_state(state, request).has_value());
    }
    for (const E end : {E::kRunning, E::kStopped, E::kFailed}) {
      if (!is_transition(state)) EXPECT_FALSE(next_state(state, end).has_value());
    }
    for (int event = 0; event < kPipeEventCount; ++event) {
      const auto next = next_state(state, static_cast<E>(event));
      if (next) EXPECT_NE(*next, state);
    }
  }
}

TEST(Positions, SortAsNumbers) {
  const std::vector<std::string> numbers = {
      "0", "9", "10", "99", "100", "700000000000888747038", "1700000000000888747038"};
  for (std::size_t i = 0; i + 1 < numbers.size(); ++i) {
    EXPECT_LT(ordered_position(numbers[i]), ordered_position(numbers[i + 1]));
  }
  EXPECT_EQ(ordered_position("007"), ordered_position("7"));
}

TEST(Events, AreInTheFormThatPipesDeliver) {
  dynamodbstreams::api::Record record;
  record.event_id = "0123456789abcdef0123456789abcdef";
  record.event_name = "INSERT";
  record.event_version = "1.1";
  record.event_source = "aws:dynamodb";
  record.aws_region = "us-east-1";
  auto& change = record.dynamodb.emplace();
  change.approximate_creation_date_time = Timestamp::from_seconds(std::int64_t{1'700'000'000});
  change.keys.emplace().set("pk", AttributeValue::s("o-1"));
  change.new_image.emplace().set("pk", AttributeValue::s("o-1"));
  change.new_image->set("n", AttributeValue::n("12"));
  change.sequence_number = "100000000000000000001";
  change.size_bytes = 12;
  change.stream_view_type = "NEW_AND_OLD_IMAGES";
  const SourceRecord event = to_event(record, "arn:aws:dynamodb:us-east-1:0:table/t/stream/x");
  // The members and their order are documented; that the text is compact is deduced.
  EXPECT_EQ(
      event.json,
      R"({"eventID":"0123456789abcdef0123456789abcdef","eventName":"INSERT","eventVersion":"1.1",)"
      R"("eventSource":"aws:dynamodb","awsRegion":"us-east-1","dynamodb":{)"
      R"("ApproximateCreationDateTime":1700000000,"Keys":{"pk":{"S":"o-1"}},)"
      R"("NewImage":{"n":{"N":"12"},"pk":{"S":"o-1"}},"SequenceNumber":"100000000000000000001",)"
      R"("SizeBytes":12,"StreamViewType":"NEW_AND_OLD_IMAGES"},)"
      R"("eventSourceARN":"arn:aws:dynamodb:us-east-1:0:table/t/stream/x"})");
}

TEST(Events, OfKinesisShowTheirDataDecodedToFilters) {
  kinesis::api::Record record;
  record.sequence_number = "495";
  record.partition_key = "k";
  record.data.bytes = R"({"total":12})";
  record.approximate_arrival_timestamp = Timestamp::from_millis(1'700'000'000'123);
  const SourceRecord event = to_event(record, "arn:s", "us-east-1", "shardId-0", "arn:r");
  EXPECT_THAT(event.json, HasSubstr(R"("data":"eyJ0b3RhbCI6MTJ9")"));
  EXPECT_THAT(event.json, HasSubstr(R"("approximateArrivalTimestamp":1700000000.123)"));
  EXPECT_THAT(event.json, HasSubstr(R"("eventID":"shardId-0:495")"));
  EXPECT_THAT(event.view, HasSubstr(R"("data":{"total":12})"));
  record.data.bytes = "plain";
  EXPECT_EQ(to_event(record, "arn:s", "us-east-1", "shardId-0", "arn:r").view, "");
}

// What the whole template <event as JSON> makes of it; the rest of the template stays.
std::string rendered(SourceKind kind, const SourceRecord& event) {
  PipeConfig config;
  config.source_kind = kind;
  config.target_settings.block = SqsTarget{};
  config.target_settings.input_template = R"({"e":<aws.pipes.event.json>,"w":1})";
  auto shaped = Transform(config).apply(event, Timestamp{});
  EXPECT_TRUE(shaped && *shaped);
  return shaped && *shaped ? (*shaped)->data : "";
}

// Documented: "available only if the original payload is JSON"; of Kafka that is the value.
TEST(Events, WithoutJsonHaveNoValueAsJson) {
  kinesis::api::Record record;
  record.sequence_number = "495";
  sqs::api::Message message;
  KafkaRecord kafka;
  kafka.key = "plain";
  for (const bool json : {false, true}) {
    const std::string payload = json ? R"({"n":1})" : "plain";
    const auto expected = json ? HasSubstr(R"({"n":1})") : HasSubstr(R"({"w":1})");
    record.data.bytes = payload;
    message.body = payload;
    kafka.value = payload;
    EXPECT_THAT(rendered(SourceKind::kKinesisStream, to_event(record, "arn:s", "r", "s", "arn:r")),
                expected);
    EXPECT_THAT(rendered(SourceKind::kSqsQueue, to_event(message, "arn:q", "r")), expected);
    EXPECT_THAT(rendered(SourceKind::kKafka, to_event(kafka, "b:9092", "t", 0)), expected);
  }
  const dynamodbstreams::api::Record change;  // Always JSON.
  EXPECT_THAT(rendered(SourceKind::kDynamoDbStream, to_event(change, "arn:t")),
              HasSubstr(R"({"e":{)"));
}

}  // namespace
}  // namespace penstock::pipes
