// ARNs: the forms are documented ("Identify AWS resources with ARNs").
#include "protocol/arn.h"

#include <gtest/gtest.h>

namespace penstock::protocol {
namespace {

TEST(Arn, IsTakenApart) {
  const auto queue = parse_arn("arn:aws:sqs:us-east-1:000000000000:q");
  ASSERT_TRUE(queue);
  EXPECT_EQ(queue->service, "sqs");
  EXPECT_EQ(queue->region, "us-east-1");
  EXPECT_EQ(queue->account, "000000000000");
  EXPECT_EQ(queue->resource, "q");

  const auto bucket = parse_arn("arn:aws:s3:::bucket/key");
  ASSERT_TRUE(bucket);
  EXPECT_EQ(bucket->region + bucket->account, "");
  EXPECT_EQ(bucket->resource, "bucket/key");

  // A resource may have colons: those of functions and log groups do.
  const auto function = parse_arn("arn:aws:lambda:eu-west-1:123456789012:function:f:7");
  ASSERT_TRUE(function);
  EXPECT_EQ(function->resource, "function:f:7");

  for (const char* text : {"", "q", "arn:aws:sqs:us-east-1:000000000000",
                           "arn:aws:sqs:r:a:", "urn:aws:sqs:us-east-1:000000000000:q",
                           "arn:aws-cn:sqs:us-east-1:000000000000:q", "arn::sqs:us-east-1:0:q"}) {
    EXPECT_FALSE(parse_arn(text)) << text;
  }
}

TEST(Arn, OfASessionLeavesThePathOfTheRoleOut) {
  const std::string expected = "arn:aws:sts::123456789012:assumed-role/r/s";
  EXPECT_EQ(session_arn("arn:aws:iam::123456789012:role/r", "s"), expected);
  EXPECT_EQ(session_arn("arn:aws:iam::123456789012:role/a/path/r", "s"), expected);
  EXPECT_EQ(assumed_role_arn("123456789012", "r", "s"), expected);
  EXPECT_EQ(assumed_role_arn("123456789012", "a/path/r", "s"), expected);
  EXPECT_EQ(assumed_role_arn("123456789012", "arn:aws:iam::000000000000:role/r", "s"), expected);
  // Nobody's role: whoever checks permissions sees what it was.
  for (const char* text : {"", "r", "arn:aws:iam::123456789012:user/u"}) {
    EXPECT_EQ(session_arn(text, "s"), text);
  }
}

}  // namespace
}  // namespace penstock::protocol
