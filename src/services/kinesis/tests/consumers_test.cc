// Registered consumers. Documented: ARNs, states, limits and error codes. Recorded: the words for a
// consumer that is not ACTIVE; other wordings are ours.
#include "services/kinesis/tests/consumers.h"

#include <gtest/gtest.h>

#include "services/kinesis/consumer.h"

namespace penstock::kinesis {
namespace {

protocol::ApiResult<api::ListStreamConsumersOutput> list_consumers(
    Harness& h, std::string_view stream, std::optional<int> limit = {},
    std::optional<std::string> token = {}) {
  api::ListStreamConsumersInput input;
  input.stream_arn = arn_of(h, stream);
  input.max_results = limit;
  input.next_token = std::move(token);
  return h.run(list_stream_consumers(*h.service, h.context, std::move(input)));
}

TEST(Consumers, AreArnsWithTheirSecond) {
  const std::string stream = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
  EXPECT_EQ(consumer_arn(stream, "c", 17), stream + "/consumer/c:17");
  const auto parsed = parse_consumer_arn(stream + "/consumer/c.d-e_f:17");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->stream.name, "s");
  EXPECT_EQ(parsed->name, "c.d-e_f");
  EXPECT_EQ(parsed->created_seconds, 17);
  for (const char* bad : {"", "/consumer/c", "/consumer/:1", "/consumer/c:", "/consumer/c:x",
                          "/consumer/c:99999999999999999999", "/consumer/c:-1"}) {
    EXPECT_FALSE(parse_consumer_arn(stream + bad).has_value()) << bad;
  }
  EXPECT_FALSE(parse_consumer_arn("arn:aws:kinesis:us-east-1:000000000000:x/s/consumer/c:1"));
}

TEST(Consumers, AreRegisteredAndOutliveARestart) {
  Harness h;
  h.create("s");
  const auto made = register_consumer(h, "s", "c", {{"a", "b"}});
  ASSERT_TRUE(made.has_value()) << error_of(made);
  EXPECT_EQ(made->consumer.consumer_status, "CREATING");
  const std::string arn = made->consumer.consumer_arn;
  EXPECT_EQ(arn, arn_of(h, "s") + "/consumer/c:" + std::to_string(h.clock.now().seconds()));
  for (int round = 0; round < 2; ++round) {
    const auto shown = h.run(describe_stream_consumer(
        *h.service, h.context, {.stream_arn = arn_of(h, "s"), .consumer_name = "c"}));
    ASSERT_TRUE(shown.has_value()) << error_of(shown);
    EXPECT_EQ(shown->consumer_description.consumer_status, "ACTIVE");
    EXPECT_EQ(shown->consumer_description.consumer_arn, arn);
    EXPECT_EQ(shown->consumer_description.stream_arn, arn_of(h, "s"));
    const auto summary =
        h.run(describe_stream_summary(*h.service, h.context, {.stream_name = "s"}));
    EXPECT_EQ(summary->stream_description_summary.consumer_count, 1);
    const auto tags = h.run(list_tags_for_resource(*h.service, h.context, {.resource_arn = arn}));
    ASSERT_TRUE(tags.has_value()) << error_of(tags);
    ASSERT_EQ(tags->tags->size(), 1U);
    EXPECT_EQ(tags->tags->at(0).key, "a");
    h.reopen();
  }
}

TEST(Consumers, AreRefused) {
  Harness h;
  h.create("s");
  ASSERT_TRUE(register_consumer(h, "s", "c").has_value());
  EXPECT_EQ(error_of(register_consumer(h, "s", "c")),
            "ResourceInUseException: Consumer c under stream s already exists for account "
            "000000000000.");
  EXPECT_EQ(error_of(register_consumer(h, "absent", "c")),
            "ResourceNotFoundException: Stream absent under account 000000000000 not found.");
  for (int i = 1; i < 20; ++i) {
    ASSERT_TRUE(register_consumer(h, "s", "c" + std::to_string(i)).has_value());
  }
  EXPECT_TRUE(error_of(register_consumer(h, "s", "more")).starts_with("LimitExceededException: "));
  std::map<std::string, std::string> tags;
  for (int i = 0; i < 51; ++i) tags["k" + std::to_string(i)] = "v";
  h.create("t");
  EXPECT_TRUE(error_of(register_consumer(h, "t", "c", tags)).starts_with("InvalidArgument"));
  EXPECT_TRUE(
      error_of(register_consumer(h, "t", "c", {{"a", "*"}})).starts_with("InvalidArgument"));
}

TEST(Consumers, AreListedPageByPage) {
  Harness h;
  h.create("s");
  h.create("t");
  for (const char* name : {"b", "c", "a"}) ASSERT_TRUE(register_consumer(h, "s", name).has_value());
  const auto first = list_consumers(h, "s", 2);
  ASSERT_TRUE(first.has_value());
  ASSERT_EQ(first->consumers->size(), 2U);
  EXPECT_EQ(first->consumers->at(0).consumer_name, "a");
  ASSERT_TRUE(first->next_token.has_value());
  const auto second = list_consumers(h, "s", 2, first->next_token);
  ASSERT_EQ(second->consumers->size(), 1U);
  EXPECT_EQ(second->consumers->at(0).consumer_name, "c");
  EXPECT_FALSE(second->next_token.has_value());
  EXPECT_EQ(list_consumers(h, "t")->consumers->size(), 0U);
  EXPECT_EQ(error_of(list_consumers(h, "t", 2, first->next_token)),
            "InvalidArgumentException: Invalid NextToken.");
  h.clock.advance(std::chrono::seconds(301));
  EXPECT_TRUE(
      error_of(list_consumers(h, "s", 2, first->next_token)).starts_with("ExpiredNextToken"));
}

TEST(Consumers, AreFoundByWhatAgrees) {
  Harness h;
  h.create("s");
  const std::string arn = register_consumer(h, "s", "c")->consumer.consumer_arn;
  using Input = api::DescribeStreamConsumerInput;
  const std::string stream = arn_of(h, "s");
  struct Row {
    Input input;
    std::string error;
  };
  const std::string later = stream + "/consumer/c:1";
  const Row rows[] = {
      {{.consumer_arn = arn}, "none"},
      {{.stream_arn = stream, .consumer_name = "c", .consumer_arn = arn}, "none"},
      {{.stream_arn = stream, .consumer_name = "c"}, "none"},
      {{}, "InvalidArgumentException"},
      {{.stream_arn = stream}, "InvalidArgumentException"},
      {{.consumer_name = "c"}, "InvalidArgumentException"},
      {{.consumer_name = "d", .consumer_arn = arn}, "InvalidArgumentException"},
      {{.stream_arn = arn_of(h, "t"), .consumer_arn = arn}, "InvalidArgumentException"},
      {{.stream_arn = stream, .consumer_name = "d"}, "ResourceNotFoundException"},
      {{.stream_arn = arn_of(h, "t"), .consumer_name = "c"}, "ResourceNotFoundException"},
      {{.consumer_arn = later}, "ResourceNotFoundException"},  // Another second.
  };
  for (const Row& row : rows) {
    const auto reply = h.run(describe_stream_consumer(*h.service, h.context, row.input));
    EXPECT_EQ(error_of(reply).substr(0, row.error.size()), row.error);
  }
}

TEST(Consumers, AreDeregisteredAndGoWithTheirStream) {
  Harness h;
  h.create("s");
  const std::string first = register_consumer(h, "s", "c")->consumer.consumer_arn;
  ASSERT_TRUE(h.run(deregister_stream_consumer(*h.service, h.context, {.consumer_arn = first}))
                  .has_value());
  EXPECT_TRUE(
      error_of(h.run(deregister_stream_consumer(*h.service, h.context, {.consumer_arn = first})))
          .starts_with("ResourceNotFoundException: Consumer c with creation timestamp "));
  h.clock.advance(std::chrono::seconds(1));
  const std::string second = register_consumer(h, "s", "c")->consumer.consumer_arn;
  EXPECT_NE(second, first);

  EXPECT_TRUE(error_of(h.run(delete_stream(*h.service, h.context, {.stream_name = "s"})))
                  .starts_with("ResourceInUseException"));
  ASSERT_TRUE(h.run(delete_stream(*h.service, h.context,
                                  {.stream_name = "s", .enforce_consumer_deletion = true}))
                  .has_value());
  h.create("s");
  EXPECT_EQ(list_consumers(h, "s")->consumers->size(), 0U);
  h.reopen();
  EXPECT_EQ(list_consumers(h, "s")->consumers->size(), 0U);
}

TEST(Consumers, HaveTags) {
  Harness h;
  h.create("s");
  const std::string arn = register_consumer(h, "s", "c", {{"a", "1"}})->consumer.consumer_arn;
  ASSERT_TRUE(h.run(tag_resource(*h.service, h.context,
                                 {.tags = {{"a", "2"}, {"b", "3"}}, .resource_arn = arn}))
                  .has_value());
  ASSERT_TRUE(h.run(untag_resource(*h.service, h.context, {.tag_keys = {"b"}, .resource_arn = arn}))
                  .has_value());
  h.reopen();
  const auto tags = h.run(list_tags_for_resource(*h.service, h.context, {.resource_arn = arn}));
  ASSERT_EQ(tags->tags->size(), 1U);
  EXPECT_EQ(tags->tags->at(0).value, "2");
  const auto of_stream =
      h.run(list_tags_for_resource(*h.service, h.context, {.resource_arn = arn_of(h, "s")}));
  EXPECT_EQ(of_stream->tags->size(), 0U);
}

}  // namespace
}  // namespace penstock::kinesis
