// Registered consumers. Documented: ARNs, states, limits and error codes. Recorded: the words for a
// consumer that is not ACTIVE; other wordings are ours.
#include "services/kinesis/tests/consumers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/kinesis/consumer.h"
#include "services/kinesis/keys.h"
#include "storage/key.h"

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
  for (const char* bad :
       {"", "/consumer/c", "/consumer/:1", "/consumer/c:", "/consumer/c:x",
        "/consumer/c:99999999999999999999", "/consumer/c:-1", "/consumer/c:017"}) {
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

// Documented: the operations take the ARN of a stream or of a consumer.
TEST(Consumers, HavePoliciesOfTheirOwn) {
  Harness h;
  h.create("s");
  const std::string stream = arn_of(h, "s");
  const std::string arn = register_consumer(h, "s", "c")->consumer.consumer_arn;
  const auto policy_of = [&](const std::string& of) {
    const auto reply = h.run(get_resource_policy(*h.service, h.context, {of}));
    return reply ? reply->policy : reply.error().code;
  };
  const auto known = [&](const std::string& of) {
    const auto text = resource_policy(*h.service, of);
    return text ? *text : "none";
  };
  const std::string policy =
      R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"kinesis:*","Resource":"*"}})";
  EXPECT_EQ(policy_of(arn), "{}");
  EXPECT_EQ(h.outcome(put_resource_policy(*h.service, h.context, {arn, {}, policy})), "");
  h.reopen();
  EXPECT_EQ(policy_of(arn), policy);
  EXPECT_EQ(policy_of(stream), "{}");
  EXPECT_EQ(known(arn), policy);
  EXPECT_EQ(known(stream), "");
  EXPECT_EQ(h.outcome(put_resource_policy(*h.service, h.context, {stream, {}, policy + " "})), "");
  EXPECT_EQ(known(stream), policy + " ");
  EXPECT_EQ(h.outcome(delete_resource_policy(*h.service, h.context, {arn})), "");
  EXPECT_EQ(policy_of(arn), "{}");
  EXPECT_EQ(known(arn), "");
  EXPECT_THAT(h.outcome(put_resource_policy(*h.service, h.context, {arn, {}, "nonsense"})),
              testing::StartsWith("InvalidArgumentException"));
  for (const std::string& other : {arn + "1", stream + "/consumer/d:1", stream + "t"}) {
    EXPECT_EQ(policy_of(other), "ResourceNotFoundException");
    EXPECT_THAT(h.outcome(put_resource_policy(*h.service, h.context, {other, {}, policy})),
                testing::StartsWith("ResourceNotFoundException"));
    EXPECT_THAT(h.outcome(delete_resource_policy(*h.service, h.context, {other})),
                testing::StartsWith("ResourceNotFoundException"));
    EXPECT_EQ(known(other), "none");
  }
  EXPECT_EQ(known("arn:aws:kinesis:eu-west-1:1:nonsense"), "none");
}

// Requests that name no ARN are about something all the same.
TEST(Consumers, AreFoundForWhoDecides) {
  Harness h;
  h.create("s", 2);
  const std::string stream = arn_of(h, "s");
  const std::string arn = register_consumer(h, "s", "c")->consumer.consumer_arn;
  ASSERT_TRUE(register_consumer(h, "s", "d"));
  EXPECT_EQ(consumer_of_stream(*h.service, stream, "c"), arn);
  EXPECT_EQ(consumer_of_stream(*h.service, stream, "e"), "");
  EXPECT_EQ(consumer_of_stream(*h.service, "nonsense", "c"), "");
  const auto about = [&](const std::string& token) {
    return stream_of_token(*h.service, h.context.place(), token);
  };
  EXPECT_EQ(about(h.iterator("s", "shardId-000000000000", "TRIM_HORIZON")), stream);
  api::ListShardsInput shards;
  shards.stream_name = "s";
  shards.max_results = 1;
  EXPECT_EQ(about(*h.run(list_shards(*h.service, h.context, shards))->next_token), stream);
  EXPECT_EQ(about(*list_consumers(h, "s", 1)->next_token), stream);
  EXPECT_EQ(about("nonsense"), "");
}

// A consumer that was stored before consumers had policies.
TEST(Consumers, AreReadWithoutAPolicy) {
  Harness h;
  h.create("s");
  const std::uint64_t id = h.service->streams.find(h.context.place(), "s")->id();
  storage::ValueWriter old(1);
  old.u64(id).text("c").i64(17).u64(1).text("a").text("b");
  storage::Batch batch;
  batch.put(storage::Family::kMeta, consumer_key(id, "c"), old.take());
  ASSERT_TRUE(h.store->commit_blocking(std::move(batch)));
  h.reopen();
  const auto consumer = h.service->consumers.find(id, "c");
  ASSERT_NE(consumer, nullptr);
  EXPECT_EQ(consumer->config()->tags.at("a"), "b");
  EXPECT_EQ(consumer->config()->policy, "");
}

}  // namespace
}  // namespace penstock::kinesis
