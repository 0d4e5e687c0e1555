// Resource policies and contributor insights. Texts, canonical form and revisions were measured on
// AWS in 2026, or are asserted by moto's tests, which are run against AWS.
#include "services/dynamodb/resource_policy.h"

#include <gtest/gtest.h>

#include <vector>

#include "services/dynamodb/tests/harness.h"

namespace penstock::dynamodb {
namespace {

const std::string kArn = "arn:aws:dynamodb:eu-west-1:123456789012:table/tbl";
const std::string kInvalid = "ValidationException: One or more parameter values were invalid: ";
const std::string kNotFound =
    "PolicyNotFoundException: Resource-based policy not found for the provided ResourceArn: ";

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string policy_of(const std::string& action) {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":")" +
         action + R"(","Resource":"*"}]})";
}

std::string put_policy(Harness& harness, const std::string& policy, const std::string& more = "",
                       const std::string& arn = kArn) {
  return harness.call("PutResourcePolicy",
                      R"({"ResourceArn":")" + arn + R"(","Policy":)" + quoted(policy) + more + "}");
}
std::string on_policy(Harness& harness, const std::string& operation, const std::string& arn = kArn,
                      const std::string& more = "") {
  return harness.call(operation, R"({"ResourceArn":")" + arn + "\"" + more + "}");
}
std::string revision_in(const std::string& reply) {
  const std::size_t at = reply.find(R"("RevisionId":")") + 14;
  return reply.substr(at, reply.find('"', at) - at);
}

TEST(ResourcePolicy, HasOneForm) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({ "Statement": {"Resource":["*"],"Action":["dynamodb:GetItem"],"Principal":{"AWS":["123456789012","arn:aws:iam::123456789012:root"]},"Effect":"allow","Sid":"s"} })",
       R"({"Version":"2008-10-17","Statement":[{"Sid":"s","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"dynamodb:GetItem","Resource":"*"}]})"},
      {R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":["dynamodb:*","dynamodb:PutItem"],"Resource":"*","Condition":{"Bool": {"aws:SecureTransport": "false"}}}]})",
       R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":["dynamodb:*","dynamodb:PutItem"],"Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]})"},
  };
  for (const auto& [document, expected] : cases) {
    const auto canonical = canonical_policy(document, false);
    ASSERT_TRUE(canonical.has_value()) << canonical.error().message;
    EXPECT_EQ(*canonical, expected);
    EXPECT_EQ(canonical_policy(*canonical, false).value_or(""), expected);
  }
}

TEST(ResourcePolicy, IsRefusedWithAwsWording) {
  const std::string bad = "One or more parameter values were invalid: Invalid policy document: ";
  const std::string allow = R"("Effect":"Allow","Principal":{"AWS":"123456789012"})";
  const std::string rest = R"("Action":"dynamodb:GetItem","Resource":"*")";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"{not json", bad + "This policy contains invalid Json"},
      {"", bad + "This policy contains invalid Json"},
      {R"({"Statement":[]})", bad + "Could not parse the policy: Statement is empty!"},
      {R"({"Statement":[{)" + allow + R"(,"Action":"dynamodb:GetItem"}]})",
       bad + "Missing required field Resource"},
      {R"({"Statement":[{"Effect":"Allow",)" + rest + "}]}",
       bad + "Missing required field Principal"},
      {R"({"Statement":[{)" + allow +
           R"(,"Action":["dynamodb:GetRecords","dynamodb:DescribeStream"],"Resource":"*"}]})",
       bad + "The following action names are invalid: \"dynamodb:GetRecords\", "
             "\"dynamodb:DescribeStream\""},
      {R"({"Statement":[{"Sid":"a",)" + allow + "," + rest + R"(},{"Sid":"a",)" + allow + "," +
           rest + "}]}",
       bad + "The Statement Ids in the policy are not unique"},
      {R"({"Statement":[{"Effect":"Allow","Principal":"*",)" + rest + "}]}",
       "Resource-based policy grants unbounded access in one or more elements. Please revise the "
       "policy to ensure least-privilege form of access"},
      {R"({"Statement":[{"Effect":"Allow","Principal":7,)" + rest + "}]}",
       "Invalid principal in policy document."},
      {policy_of("dynamodb:GetItem") + std::string(20'480, ' '),
       "One or more parameter values were invalid: Maximum policy size of 20480 bytes exceeded"},
  };
  for (const auto& [document, expected] : cases) {
    const auto canonical = canonical_policy(document, false);
    ASSERT_FALSE(canonical.has_value()) << document;
    EXPECT_EQ(canonical.error().message, expected);
  }
  const std::string policy = policy_of("dynamodb:GetItem");
  EXPECT_TRUE(canonical_policy(policy + std::string(20'480 - policy.size(), ' '), false));
  EXPECT_TRUE(canonical_policy(policy_of("dynamodb:GetRecords"), true));
  EXPECT_FALSE(canonical_policy(policy, true));
}

TEST(ResourcePolicy, HasRevisions) {
  Harness harness;
  harness.create();
  EXPECT_EQ(on_policy(harness, "GetResourcePolicy"), kNotFound + kArn);
  EXPECT_EQ(on_policy(harness, "DeleteResourcePolicy"), "{}");
  EXPECT_EQ(on_policy(harness, "DeleteResourcePolicy", kArn, R"(,"ExpectedRevisionId":"1")"),
            kNotFound + kArn);
  const std::string first = revision_in(
      put_policy(harness, policy_of("dynamodb:*"), R"(,"ExpectedRevisionId":"NO_POLICY")"));
  EXPECT_EQ(revision_in(put_policy(harness, " " + policy_of("dynamodb:*"))), first);
  EXPECT_EQ(put_policy(harness, policy_of("dynamodb:*"), R"(,"ExpectedRevisionId":"NO_POLICY")"),
            kNotFound +
                "Requested policy update expecting none to be present for table tbl, but a "
                "policy exists with revision id " +
                first + ".");
  const std::string second = revision_in(put_policy(harness, policy_of("dynamodb:PutItem"),
                                                    R"(,"ExpectedRevisionId":")" + first + "\""));
  EXPECT_GT(second, first);
  const std::string stale = kNotFound + "Requested update for policy with revision id " + first +
                            ", but the policy associated to target table tbl has revision id " +
                            second + ".";
  const std::string expecting = R"(,"ExpectedRevisionId":")" + first + "\"";
  EXPECT_EQ(put_policy(harness, policy_of("dynamodb:GetItem"), expecting), stale);
  EXPECT_EQ(on_policy(harness, "DeleteResourcePolicy", kArn, expecting), stale);
  harness.reopen();
  EXPECT_EQ(
      on_policy(harness, "GetResourcePolicy"),
      R"({"Policy":)" +
          quoted(
              R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"dynamodb:PutItem","Resource":"*"}]})") +
          R"(,"RevisionId":")" + second + "\"}");
  EXPECT_EQ(on_policy(harness, "DeleteResourcePolicy"), R"({"RevisionId":")" + second + "\"}");
  EXPECT_EQ(on_policy(harness, "GetResourcePolicy"), kNotFound + kArn);
}

TEST(ResourcePolicy, IsOfATableOrAStream) {
  Harness harness;
  harness.create();
  const std::string described = harness.call("DescribeTable", R"({"TableName":"tbl"})");
  const std::size_t at = described.find(R"("LatestStreamArn":")") + 19;
  const std::string stream = described.substr(at, described.find('"', at) - at);
  EXPECT_FALSE(
      revision_in(put_policy(harness, policy_of("dynamodb:GetRecords"), "", stream)).empty());
  EXPECT_EQ(on_policy(harness, "GetResourcePolicy"), kNotFound + kArn);
  EXPECT_TRUE(on_policy(harness, "GetResourcePolicy", stream).starts_with(R"({"Policy")"));
  const std::string place = "arn:aws:dynamodb:eu-west-1:123456789012:";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"tbl", kInvalid + "ARNs must start with 'arn:': tbl"},
      {"arn:aws:s3:::b", kInvalid + "Provided Arn is not a DynamoDB resource arn: arn:aws:s3:::b"},
      {place + "table/nope",
       "ResourceNotFoundException: Requested resource not found: Table: nope not found"},
      {kArn + "/index/gsi", kInvalid +
                                "Invalid resource arn provided, only table or stream is "
                                "accepted. Provided resource arn: " +
                                kArn + "/index/gsi"},
      {kArn + "/backup/0170",
       kInvalid + "Provided Arn is not a DynamoDB resource arn: " + kArn + "/backup/0170"},
      {"arn:aws:dynamodb:us-east-1:123456789012:table/tbl",
       kInvalid + "Invalid resource Arn: arn:aws:dynamodb:us-east-1:123456789012:table/tbl"},
      {"arn:aws:dynamodb:eu-west-1:999999999999:table/tbl",
       "ValidationException: This action is only supported by accounts that match the resource "
       "owner\u2019s account."},
  };
  for (const auto& [arn, expected] : cases) {
    EXPECT_EQ(on_policy(harness, "GetResourcePolicy", arn), expected);
    EXPECT_EQ(on_policy(harness, "DeleteResourcePolicy", arn), expected);
    EXPECT_EQ(put_policy(harness, policy_of("dynamodb:*"), "", arn), expected);
  }
  harness.call("DeleteTable", R"({"TableName":"tbl"})");
  EXPECT_EQ(on_policy(harness, "GetResourcePolicy", stream), kNotFound + stream);
}

// Documented: a table's policy is that of its indexes too; streams have their own.
TEST(ResourcePolicy, IsFoundByArn) {
  Harness harness;
  harness.create();
  const std::string described = harness.call("DescribeTable", R"({"TableName":"tbl"})");
  const std::size_t at = described.find(R"("LatestStreamArn":")") + 19;
  const std::string stream = described.substr(at, described.find('"', at) - at);
  const auto known = [&](const std::string& arn) {
    const auto text = resource_policy(*harness.service, arn);
    return text == nullptr ? "none" : *text;
  };
  EXPECT_EQ(known(kArn), "none");
  put_policy(harness, policy_of("dynamodb:GetItem"));
  put_policy(harness, policy_of("dynamodb:GetRecords"), "", stream);
  EXPECT_NE(known(kArn).find("GetItem"), std::string::npos);
  EXPECT_EQ(known(kArn + "/index/any"), known(kArn));
  EXPECT_NE(known(stream).find("GetRecords"), std::string::npos);
  for (const std::string& arn :
       {kArn + "/backup/1", kArn + "/export/1", kArn + "/stream/other", kArn + "s",
        std::string("arn:aws:dynamodb:us-east-1:123456789012:table/tbl"),
        std::string("arn:aws:dynamodb::table/"), std::string("arn:aws:dynamodb:table/tbl"),
        std::string("arn:aws:dynamodb:x"), std::string("tbl"), std::string()}) {
    EXPECT_EQ(known(arn), "none") << arn;
  }
  on_policy(harness, "DeleteResourcePolicy");
  EXPECT_EQ(known(kArn), "none");
}

TEST(ResourcePolicy, ComesWithTheTable) {
  Harness harness;
  const std::string body =
      R"("KeySchema":[{"AttributeName":"h","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"h","AttributeType":"S"}],"BillingMode":"PAY_PER_REQUEST","ResourcePolicy":)";
  EXPECT_TRUE(harness.call("CreateTable", R"({"TableName":"tbl",)" + body + R"("{"})")
                  .ends_with("Invalid policy document: This policy contains invalid Json"));
  EXPECT_TRUE(harness
                  .call("CreateTable",
                        R"({"TableName":"tbl",)" + body + quoted(policy_of("dynamodb:*")) + "}")
                  .starts_with(R"({"TableDescription")"));
  EXPECT_TRUE(on_policy(harness, "GetResourcePolicy").starts_with(R"({"Policy")"));
}

// There is nothing to hold the rules: the state is always disabled, and says so.
TEST(ContributorInsights, StayDisabled) {
  Harness harness;
  harness.create();
  EXPECT_EQ(harness.call("DescribeContributorInsights", R"({"TableName":"tbl"})"),
            R"({"TableName":"tbl","ContributorInsightsStatus":"DISABLED"})");
  EXPECT_EQ(harness.call("UpdateContributorInsights",
                         R"({"TableName":"tbl","ContributorInsightsAction":"DISABLE"})"),
            R"({"TableName":"tbl","ContributorInsightsStatus":"DISABLED"})");
  EXPECT_EQ(harness.call("UpdateContributorInsights",
                         R"({"TableName":"tbl","ContributorInsightsAction":"ENABLE"})"),
            kInvalid + "ContributorInsightsAction ENABLE is not supported by this server");
  EXPECT_EQ(harness.call("ListContributorInsights", R"({"TableName":"tbl"})"),
            R"({"ContributorInsightsSummaries":[]})");
  EXPECT_EQ(harness.call("ListContributorInsights", R"({"TableName":"nope"})"),
            "ResourceNotFoundException: Requested resource not found: Table: nope not found");
  EXPECT_TRUE(
      harness.call("DescribeContributorInsights", R"({"TableName":"tbl","IndexName":"idx"})")
          .starts_with("ResourceNotFoundException"));
}

}  // namespace
}  // namespace penstock::dynamodb
