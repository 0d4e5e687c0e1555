// Policy evaluation. The rules are documented in the IAM user guide (evaluation logic, policy
// elements, condition operators, variables); where a case is deduced from them it says so.
#include "services/iam/evaluate.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/iam/managed_policies.h"

namespace penstock::iam {
namespace {

AccessRequest put_records() {
  return {.action = "kinesis:PutRecords",
          .resource = "arn:aws:kinesis:us-east-1:111122223333:stream/orders",
          .context = {{"aws:principalaccount", "111122223333"},
                      {"aws:requestedregion", "us-east-1"},
                      {"aws:currenttime", "2026-11-22T10:00:00Z"},
                      {"aws:sourceip", "10.1.2.3"},
                      {"aws:epochtime", "1795341600"},
                      {"aws:securetransport", "false"}}};
}

Verdict decide(const std::vector<std::string>& statements) {
  std::vector<std::string> documents;
  for (const std::string& statement : statements) {
    documents.push_back(fmt::format(R"({{"Version":"2012-10-17","Statement":[{}]}})", statement));
  }
  return PolicySet::compile(documents).decide(put_records());
}

constexpr auto kAllowed = Verdict::kAllowed;
constexpr auto kNotAllowed = Verdict::kNotAllowed;

TEST(PolicyEvaluation, FindsActionsAndResources) {
  struct Case {
    std::string_view actions, resources;
    Verdict verdict;
  };
  const Case cases[] = {
      {R"("Action":"kinesis:PutRecords")", R"("Resource":"*")", kAllowed},
      {R"("Action":["kinesis:PutRecord","kinesis:PutRecords"])", R"("Resource":"*")", kAllowed},
      {R"("Action":"KINESIS:putrecords")", R"("Resource":"*")", kAllowed},
      {R"("Action":"kinesis:Put*")", R"("Resource":"*")", kAllowed},
      {R"("Action":"kinesis:PutRecord?")", R"("Resource":"*")", kAllowed},
      {R"("Action":"kinesis:PutRecord")", R"("Resource":"*")", kNotAllowed},
      {R"("Action":"firehose:*")", R"("Resource":"*")", kNotAllowed},
      {R"("Action":"*")", R"("Resource":"arn:aws:kinesis:*:*:stream/orders")", kAllowed},
      {R"("Action":"*")", R"("Resource":"arn:aws:kinesis:*:*:stream/Orders")", kNotAllowed},
      {R"("Action":"*")", R"("Resource":["arn:aws:s3:::b","arn:aws:kinesis:us-east-1:*"])",
       kAllowed},
      {R"("Action":"*")", R"("Resource":"arn:aws:kinesis:us-east-1:111122223333:stream/order")",
       kNotAllowed},
      {R"("NotAction":"kinesis:Get*")", R"("Resource":"*")", kAllowed},
      {R"("NotAction":["kinesis:Put*"])", R"("Resource":"*")", kNotAllowed},
      {R"("Action":"*")", R"("NotResource":"arn:aws:s3:::*")", kAllowed},
      {R"("Action":"*")", R"("NotResource":"arn:aws:kinesis:*")", kNotAllowed},
      {R"("Action":"*")", R"("Resource":"arn:aws:kinesis:*:${aws:PrincipalAccount}:stream/*")",
       kAllowed},
      {R"("Action":"*")", R"("Resource":"arn:aws:kinesis:*:*:stream/${aws:username}")",
       kNotAllowed},
      {R"("Action":"*")", R"("Resource":"arn:aws:kinesis:*:*:stream/${aws:username, 'orders'}")",
       kAllowed},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(decide({fmt::format(R"({{"Effect":"Allow",{},{}}})", c.actions, c.resources)}),
              c.verdict)
        << c.actions << c.resources;
  }
}

TEST(PolicyEvaluation, DenyWins) {
  const std::string allow = R"({"Effect":"Allow","Action":"*","Resource":"*"})";
  const std::string deny = R"({"Effect":"Deny","Action":"kinesis:PutRecords","Resource":"*"})";
  const std::string other = R"({"Effect":"Deny","Action":"kinesis:GetRecords","Resource":"*"})";
  EXPECT_EQ(decide({}), kNotAllowed);
  EXPECT_EQ(decide({allow}), kAllowed);
  EXPECT_EQ(decide({allow, deny}), Verdict::kDenied);
  EXPECT_EQ(decide({deny + "," + allow}), Verdict::kDenied);
  EXPECT_EQ(decide({deny}), Verdict::kDenied);
  EXPECT_EQ(decide({other, allow}), kAllowed);
}

TEST(PolicyEvaluation, DecidesConditions) {
  struct Case {
    std::string_view condition;
    bool met;
  };
  const Case cases[] = {
      {R"({"StringEquals":{"aws:RequestedRegion":"us-east-1"}})", true},
      {R"({"StringEquals":{"AWS:requestedregion":["eu-west-1","us-east-1"]}})", true},
      {R"({"StringEquals":{"aws:RequestedRegion":"eu-west-1"}})", false},
      {R"({"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}})", true},
      {R"({"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","us-east-1"]}})", false},
      {R"({"StringEqualsIgnoreCase":{"aws:RequestedRegion":"US-EAST-1"}})", true},
      {R"({"StringLike":{"aws:RequestedRegion":"us-*"}})", true},
      {R"({"StringNotLike":{"aws:RequestedRegion":"us-*"}})", false},
      {R"({"StringEquals":{"aws:absent":"x"}})", false},
      {R"({"StringEqualsIfExists":{"aws:absent":"x"}})", true},
      {R"({"StringNotEquals":{"aws:absent":"x"}})", true},
      {R"({"ForAllValues:StringEquals":{"aws:absent":"x"}})", true},
      {R"({"ForAnyValue:StringEquals":{"aws:absent":"x"}})", false},
      {R"({"Null":{"aws:absent":"true"}})", true},
      {R"({"Null":{"aws:RequestedRegion":"true"}})", false},
      {R"({"Null":{"aws:RequestedRegion":false}})", true},
      {R"({"Bool":{"aws:SecureTransport":"false"}})", true},
      {R"({"Bool":{"aws:SecureTransport":true}})", false},
      {R"({"NumericLessThan":{"aws:EpochTime":"1800000000"}})", true},
      {R"({"NumericGreaterThanEquals":{"aws:EpochTime":1795341600}})", true},
      {R"({"NumericEquals":{"aws:RequestedRegion":"1"}})", false},
      {R"({"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}})", true},
      {R"({"DateLessThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}})", false},
      {R"({"IpAddress":{"aws:SourceIp":"10.1.0.0/16"}})", true},
      {R"({"IpAddress":{"aws:SourceIp":["10.2.0.0/16","10.1.2.3"]}})", true},
      {R"({"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}})", false},
      {R"({"IpAddress":{"aws:SourceIp":"2001:db8::/32"}})", false},
      {R"({"ArnLike":{"aws:absent":"arn:*"}})", false},
      // All of several must hold.
      {R"({"StringEquals":{"aws:RequestedRegion":"us-east-1","aws:PrincipalAccount":"1"}})", false},
      {R"({"StringEquals":{"aws:RequestedRegion":"us-east-1"},"Bool":{"aws:SecureTransport":"true"}})",
       false},
      // Deduced: what is not understood must not open a door.
      {R"({"StringAlmost":{"aws:RequestedRegion":"us-east-1"}})", false},
  };
  for (const Case& c : cases) {
    const auto with = [&](std::string_view effect) {
      return fmt::format(R"({{"Effect":"{}","Action":"*","Resource":"*","Condition":{}}})", effect,
                         c.condition);
    };
    EXPECT_EQ(decide({with("Allow")}), c.met ? kAllowed : kNotAllowed) << c.condition;
  }
  EXPECT_EQ(
      decide(
          {R"({"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringAlmost":{"a":"b"}}})"}),
      Verdict::kDenied);
}

TEST(PolicyEvaluation, KnowsPoliciesOfAws) {
  const auto full = aws_managed_document("arn:aws:iam::aws:policy/AmazonKinesisFullAccess");
  const auto read = aws_managed_document("arn:aws:iam::aws:policy/AmazonKinesisReadOnlyAccess");
  ASSERT_TRUE(full && read);
  EXPECT_EQ(PolicySet::compile({*full}).decide(put_records()), kAllowed);
  EXPECT_EQ(PolicySet::compile({*read}).decide(put_records()), kNotAllowed);
  EXPECT_FALSE(aws_managed_document("arn:aws:iam::aws:policy/Nothing"));
}

TEST(PolicyEvaluation, TakesGarbageForNothing) {
  for (const char* document : {"", "[]", "{", R"({"Statement":5})", R"({"Statement":[5]})",
                               R"({"Statement":{"Effect":"Allow","Action":"*"}})"}) {
    EXPECT_EQ(PolicySet::compile({document}).decide(put_records()), kNotAllowed) << document;
  }
}

}  // namespace
}  // namespace penstock::iam
