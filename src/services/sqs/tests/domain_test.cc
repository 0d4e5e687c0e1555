// The pure parts: names, receipts, digests, deduplication, attributes, policies.
#include <gtest/gtest.h>

#include "services/sqs/attributes.h"
#include "services/sqs/deduplication.h"
#include "services/sqs/keys.h"
#include "services/sqs/message.h"
#include "services/sqs/move_task.h"
#include "services/sqs/policy.h"
#include "services/sqs/queue.h"
#include "services/sqs/receipt.h"

namespace penstock::sqs {
namespace {

// Documented: 1 to 80 letters, digits, hyphens and underscores; .fifo counts.
TEST(SqsNames, FollowTheRules) {
  struct Case {
    std::string name;
    bool standard, fifo;
  };
  const Case cases[] = {
      {"a", true, false},
      {"a-b_C9", true, false},
      {std::string(80, 'x'), true, false},
      {std::string(81, 'x'), false, false},
      {"", false, false},
      {"a.b", false, false},
      {"a.fifo", false, true},
      {".fifo", false, false},
      {std::string(75, 'x') + ".fifo", false, true},
      {std::string(76, 'x') + ".fifo", false, false},
      {"a.b.fifo", false, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(is_queue_name(c.name, false), c.standard);
    EXPECT_EQ(is_queue_name(c.name, true), c.fifo);
  }
}

// Deduced: any host, and paths before the account (as some endpoints have them).
TEST(SqsNames, UrlsNameAccountAndQueue) {
  const QueueAddress wanted{"000000000000", "q"};
  EXPECT_EQ(parse_queue_url("http://localhost:4566/000000000000/q"), wanted);
  EXPECT_EQ(parse_queue_url("https://sqs.us-east-1.amazonaws.com/000000000000/q"), wanted);
  EXPECT_EQ(parse_queue_url("http://h/queue/us-east-1/000000000000/q/"), wanted);
  EXPECT_EQ(parse_queue_url("/000000000000/q"), wanted);
  for (const char* bad :
       {"", "q", "http://h", "http://h/q", "http://h/12/q", "http://h/000000000000/"}) {
    EXPECT_FALSE(parse_queue_url(bad)) << bad;
  }
}

TEST(SqsNames, ArnsComeBack) {
  const QueueName name{{"000000000000", "eu-west-1"}, "q.fifo"};
  EXPECT_EQ(parse_queue_arn(queue_arn(name.place, name.name)), name);
  for (const char* bad :
       {"", "q", "arn:aws:sqs:eu-west-1:1:q", "arn:aws:sns:eu-west-1:000000000000:q",
        "arn:aws:sqs:eu-west-1:000000000000:a b", "arn:aws-cn:sqs:eu-west-1:000000000000:q"}) {
    EXPECT_FALSE(parse_queue_arn(bad)) << bad;
  }
}

TEST(SqsReceipts, ComeBackAndAreChecked) {
  const Receipt receipt{7, {1'700'000'000'000, 9}, 0xFEDCBA9876543210};
  const std::string handle = format_receipt(receipt);
  EXPECT_EQ(parse_receipt(handle), receipt);
  for (std::size_t i = 0; i + 4 < handle.size(); ++i) {
    std::string wrong = handle;
    wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(parse_receipt(wrong).has_value()) << i;
  }
  EXPECT_FALSE(parse_receipt(""));
  EXPECT_FALSE(parse_receipt(std::string(10'000, 'A')));
}

// Documented: 20 digits, growing.
TEST(SqsReceipts, SequenceNumbersGrowAsText) {
  EXPECT_EQ(sequence_text(1).size(), 20U);
  EXPECT_LT(sequence_text(9), sequence_text(10));
  EXPECT_LT(sequence_text(999'999), sequence_text(1'000'000));
}

// Recorded on AWS (digests of these very attributes).
TEST(SqsMessages, DigestsOfAttributes) {
  EXPECT_EQ(md5_of_attributes({{"Foo", {"String", "Bar"}}}), "ae7155c6026991b6d54b11589678bf9c");
  EXPECT_EQ(md5_of_attributes({{"General", {"String", "Kenobi"}},
                               {"Hello", {"String", "There"}},
                               {"Help.Me", {"String", "Me"}}}),
            "4c360f3fdafd970e05fae2f149d997f5");
  EXPECT_EQ(md5_of_attributes(
                {{"attr1",
                  {"Binary", std::string("traceparent\x1e") +
                                 "00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01"}}}),
            "8cbe4db156db8a94db8b801b7addb984");
}

TEST(SqsMessages, ComeBack) {
  const Message message{"id",
                        std::string("bo\0dy", 5),
                        {{"n", {"Binary.x", "v"}}},
                        "sender",
                        "trace",
                        "group",
                        "dedup",
                        "arn"};
  const auto decoded = decode_message(encode_message(message));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, message);
  EXPECT_FALSE(decode_message("").has_value());
  EXPECT_FALSE(decode_message(encode_message(message) + "x").has_value());
}

// Documented: #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.
TEST(SqsMessages, Characters) {
  for (const char* good : {"\t\n\r ", "\u00e4", "\uFFFD", "\U0010FFFF", "\uE000"}) {
    EXPECT_TRUE(is_message_text(good)) << good;
  }
  for (const std::string bad :
       {std::string("\0", 1), std::string("\x01"), std::string("\x1f"), std::string("\xEF\xBF\xBE"),
        std::string("\xEF\xBF\xBF"), std::string("\xFF"), std::string("\xED\xA0\x80")}) {
    EXPECT_FALSE(is_message_text(bad));
  }
}

// Recorded: names, All, .*, and prefixes.
TEST(SqsMessages, AttributesAreChosen) {
  const MessageAttributes all = {{"Hello", {}}, {"Help.Me", {}}, {"General", {}}};
  const auto chosen = [&](std::vector<std::string> names) {
    return select_attributes(all, names).size();
  };
  EXPECT_EQ(chosen({}), 0U);
  EXPECT_EQ(chosen({"All"}), 3U);
  EXPECT_EQ(chosen({".*"}), 3U);
  EXPECT_EQ(chosen({"Hel.*"}), 2U);
  EXPECT_EQ(chosen({"Help"}), 0U);
  EXPECT_EQ(chosen({"Hello", "nothing"}), 1U);
}

// Documented: five minutes, from the first message.
TEST(SqsDeduplication, WindowOfFiveMinutes) {
  Deduplication window;
  const auto key = deduplication_key("a", "");
  EXPECT_NE(key, deduplication_key("a", "group"));
  window.add(key, {{1000, 1}, "m"});
  window.advance(1000 + kDeduplicationMillis - 1);
  ASSERT_NE(window.find(key), nullptr);
  EXPECT_EQ(window.find(key)->message_id, "m");
  window.advance(1000 + kDeduplicationMillis);
  EXPECT_EQ(window.find(key), nullptr);
  EXPECT_EQ(window.size(), 0U);
}

struct AttributeCase {
  bool fifo;
  Attributes given;
  std::string code;  // Empty: accepted.
};

// Documented ranges; codes recorded where test_sqs.py says so.
TEST(SqsAttributes, AreChecked) {
  const std::string arn = "arn:aws:sqs:us-east-1:000000000000:dlq";
  const AttributeCase cases[] = {
      {false, {{"DelaySeconds", "0"}}, ""},
      {false, {{"DelaySeconds", "900"}}, ""},
      {false, {{"DelaySeconds", "901"}}, "InvalidAttributeValue"},
      {false, {{"DelaySeconds", "-1"}}, "InvalidAttributeValue"},
      {false, {{"DelaySeconds", " 1"}}, "InvalidAttributeValue"},
      {false, {{"DelaySeconds", ""}}, "InvalidAttributeValue"},
      {false, {{"MaximumMessageSize", "1024"}}, ""},
      {false, {{"MaximumMessageSize", "1048576"}}, ""},
      {false, {{"MaximumMessageSize", "1048577"}}, "InvalidAttributeValue"},
      {false, {{"MessageRetentionPeriod", "1209600"}}, ""},
      {false, {{"MessageRetentionPeriod", "1209601"}}, "InvalidAttributeValue"},
      {false, {{"VisibilityTimeout", "43200"}}, ""},
      {false, {{"VisibilityTimeout", "43201"}}, "InvalidAttributeValue"},
      {false, {{"ReceiveMessageWaitTimeSeconds", "20"}}, ""},
      {false, {{"KmsDataKeyReusePeriodSeconds", "59"}}, "InvalidAttributeValue"},
      {false, {{"SqsManagedSseEnabled", "perhaps"}}, "InvalidAttributeValue"},
      {false, {{"Policy", "{"}}, "InvalidAttributeValue"},
      {false, {{"Policy", "{}"}}, ""},
      {false, {{"Policy", ""}}, ""},
      {false, {{"DeduplicationScope", "queue"}}, "InvalidAttributeName"},
      {true, {{"DeduplicationScope", "queue"}}, ""},
      {true, {{"DeduplicationScope", "all"}}, "InvalidAttributeValue"},
      {true, {{"FifoThroughputLimit", "perMessageGroupId"}}, "InvalidAttributeValue"},
      {true,
       {{"FifoThroughputLimit", "perMessageGroupId"}, {"DeduplicationScope", "messageGroup"}},
       ""},
      {true, {{"FifoQueue", "true"}}, ""},
      {true, {{"FifoQueue", "false"}}, "InvalidAttributeValue"},
      {false,
       {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + arn + R"(","maxReceiveCount":3})"}},
       ""},
      {false,
       {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + arn + R"(","maxReceiveCount":"3"})"}},
       ""},
      {false,
       {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + arn + R"(","maxReceiveCount":0})"}},
       "InvalidParameterValueException"},
      {false,
       {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + arn + R"(","maxReceiveCount":1001})"}},
       "InvalidParameterValueException"},
      {false,
       {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + arn + R"("})"}},
       "InvalidParameterValueException"},
      {false, {{"RedrivePolicy", ""}}, ""},
      {false, {{"RedriveAllowPolicy", R"({"redrivePermission":"denyAll"})"}}, ""},
      {false,
       {{"RedriveAllowPolicy", R"({"redrivePermission":"byQueue"})"}},
       "InvalidParameterValueException"},
      {false,
       {{"RedriveAllowPolicy",
         R"({"redrivePermission":"byQueue","sourceQueueArns":[")" + arn + R"("]})"}},
       ""},
      {false,
       {{"RedriveAllowPolicy", R"({"redrivePermission":"all"})"}},
       "InvalidParameterValueException"},
  };
  for (const AttributeCase& c : cases) {
    SCOPED_TRACE(c.given.begin()->first + " " + c.given.begin()->second);
    QueueConfig config;
    config.fifo = c.fifo;
    const auto applied = apply_attributes(config, c.given, Purpose::kSet);
    EXPECT_EQ(applied ? "" : applied.error().code, c.code);
  }
}

TEST(SqsAttributes, RedrivePoliciesAreShownInOneForm) {
  QueueConfig config;
  ASSERT_TRUE(apply_attributes(
      config,
      {{"RedrivePolicy",
        R"({ "maxReceiveCount" : "5", "deadLetterTargetArn":"arn:aws:sqs:r:000000000000:d"})"}},
      Purpose::kSet));
  EXPECT_EQ(config.redrive_policy,
            R"({"deadLetterTargetArn":"arn:aws:sqs:r:000000000000:d","maxReceiveCount":5})");
  EXPECT_EQ(config.receives_max, 5U);
}

TEST(SqsAttributes, RedriveTargets) {
  QueueConfig source, target;
  source.place = target.place = {"000000000000", "r"};
  source.name = "s";
  target.name = "t";
  source.dead_letter_arn = target.arn();
  EXPECT_FALSE(check_redrive_target(source, nullptr));
  EXPECT_TRUE(check_redrive_target(source, &target));
  target.redrive_allow_policy = R"({"redrivePermission":"denyAll"})";
  EXPECT_FALSE(check_redrive_target(source, &target));
  target.redrive_allow_policy =
      R"({"redrivePermission":"byQueue","sourceQueueArns":[")" + source.arn() + R"("]})";
  EXPECT_TRUE(check_redrive_target(source, &target));
  target.fifo = true;
  EXPECT_FALSE(check_redrive_target(source, &target));
}

// Recorded: the form of the statement, and both refusals.
TEST(SqsPolicies, PermissionsComeAndGo) {
  const std::string arn = "arn:aws:sqs:r:111111111111:q";
  const auto one = with_permission("", arn, {"a", {"668614515564"}, {"ReceiveMessage"}});
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(*one, R"({"Version":"2008-10-17","Id":")" + arn +
                      R"(/SQSDefaultPolicy","Statement":[{"Sid":"a","Effect":"Allow","Principal":)"
                      R"({"AWS":"arn:aws:iam::668614515564:root"},"Action":"SQS:ReceiveMessage",)"
                      R"("Resource":")" +
                      arn + R"("}]})");
  EXPECT_FALSE(with_permission(*one, arn, {"a", {"668614515564"}, {"SendMessage"}}));
  const auto two = with_permission(*one, arn, {"b", {"111111111111"}, {"*"}});
  ASSERT_TRUE(two.has_value());
  const auto left = without_permission(*two, "b");
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(*left, *one);
  EXPECT_EQ(without_permission(*one, "a").value_or("?"), "");
  EXPECT_EQ(without_permission(*one, "c").error().message,
            "Value c for parameter Label is invalid. Reason: can't find label.");
  EXPECT_FALSE(with_permission("", arn, {"a", {"668614515564"}, {"CreateQueue"}}));
  EXPECT_FALSE(with_permission("", arn, {"a b", {"668614515564"}, {"SendMessage"}}));
  EXPECT_FALSE(with_permission("", arn, {"a", {"12"}, {"SendMessage"}}));
}

TEST(SqsMoveTasks, HandlesComeBack) {
  MoveTask task;
  task.id = "i";
  task.source_arn = "arn:aws:sqs:r:000000000000:q";
  const auto named = parse_move_task_handle(move_task_handle(task));
  ASSERT_TRUE(named.has_value());
  EXPECT_EQ(named->id, task.id);
  EXPECT_EQ(named->source_arn, task.source_arn);
  EXPECT_FALSE(parse_move_task_handle("nonsense"));
}

// The order of keys is that of the messages; ranges end where they say.
TEST(SqsKeys, OrderAndRanges) {
  const MessageKey early{5, 9}, late{6, 1};
  EXPECT_LT(state_key(1, early), state_key(1, late));
  EXPECT_LT(state_key(1, late), state_key(2, early));
  EXPECT_EQ(parse_position_key(state_key(1, early)), early);
  const KeyRange until = state_keys(1, 5);
  EXPECT_LE(until.begin, state_key(1, early));
  EXPECT_LT(state_key(1, early), until.end);
  EXPECT_GE(state_key(1, late), until.end);
  EXPECT_FALSE(parse_position_key("x"));
}

}  // namespace
}  // namespace penstock::sqs
