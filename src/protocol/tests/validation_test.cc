// Validation: AWS's constraints in AWS's words.
//
// How the expectations are known: the wording with values is DynamoDB's, the wording without is
// Kinesis's, both recorded by emulators that ran against AWS (dynalite, kinesalite); limits are the
// models'. The cut at ten errors is recorded.
#include "protocol/validation.h"

#include <gtest/gtest.h>

#include "gen/dynamodb/model.h"
#include "gen/iam/model.h"
#include "gen/kinesis/model.h"
#include "gen/lambda/model.h"
#include "gen/s3/model.h"

namespace penstock::protocol {
namespace {

template <typename Op>
std::string refusal_of(const typename Op::Input& input,
                       const std::vector<std::string>& missing = {},
                       std::string_view code = "ValidationException") {
  const auto status = validate(Op::kInfo, &input, Missing{missing});
  if (status) return "";
  EXPECT_EQ(status.error().code, code);
  EXPECT_EQ(status.error().status, 400);
  return status.error().message;
}

TEST(Validation, OneError) {
  kinesis::api::CreateStreamInput input;
  input.stream_name = "orders";
  input.shard_count = 1;
  EXPECT_EQ(refusal_of<kinesis::op::CreateStream>(input), "");
  input.shard_count = 0;
  EXPECT_EQ(refusal_of<kinesis::op::CreateStream>(input),
            "1 validation error detected: Value at 'shardCount' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1");
  input.shard_count = 1;
  input.stream_name = "a b";
  EXPECT_EQ(refusal_of<kinesis::op::CreateStream>(input),
            "1 validation error detected: Value at 'streamName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
}

TEST(Validation, SeveralErrorsInOrderOfMembersAndRules) {
  kinesis::api::CreateStreamInput input;
  input.stream_name = "";
  input.shard_count = 0;
  EXPECT_EQ(refusal_of<kinesis::op::CreateStream>(input),
            "3 validation errors detected: Value at 'streamName' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1; Value at 'streamName' failed to "
            "satisfy constraint: Member must satisfy regular expression pattern: "
            "[a-zA-Z0-9_.-]+; Value at 'shardCount' failed to satisfy constraint: Member must have "
            "value greater than or equal to 1");
}

TEST(Validation, ShowsValuesWhereTheServiceDoes) {
  lambda::api::CreateFunctionRequest input;
  input.function_name = "f";
  input.role = "nobody";
  input.timeout = 0;
  input.runtime = "cobol";
  const std::string message = refusal_of<lambda::op::CreateFunction>(input);
  EXPECT_TRUE(message.starts_with("3 validation errors detected: ")) << message;
  EXPECT_NE(message.find("Value '0' at 'timeout' failed to satisfy constraint: Member must have "
                         "value greater than or equal to 1"),
            std::string::npos)
      << message;
  EXPECT_NE(message.find("Value 'nobody' at 'role' failed to satisfy constraint: Member must "
                         "satisfy regular expression pattern: "),
            std::string::npos)
      << message;
  EXPECT_NE(message.find("Value 'cobol' at 'runtime' failed to satisfy constraint: Member must "
                         "satisfy enum value set: ["),
            std::string::npos)
      << message;
}

TEST(Validation, PathsOfElementsAndMapEntries) {
  kinesis::api::PutRecordsInput records;
  records.stream_name = "s";
  records.records.resize(3);
  records.records[0].partition_key = "p";
  records.records[2].partition_key = std::string(257, 'x');
  EXPECT_EQ(refusal_of<kinesis::op::PutRecords>(records),
            "2 validation errors detected: Value at 'records.2.member.partitionKey' failed to "
            "satisfy constraint: Member must have length greater than or equal to 1; Value at "
            "'records.3.member.partitionKey' failed to satisfy constraint: Member must have length "
            "less than or equal to 256");
  dynamodb::api::BatchGetItemInput batch;
  batch.request_items["t"];
  EXPECT_EQ(refusal_of<dynamodb::op::BatchGetItem>(batch, {"requestItems.t.member.keys"}),
            "1 validation error detected: Value null at 'requestItems.t.member.keys' failed to "
            "satisfy constraint: Member must not be null");
}

TEST(Validation, CountsCharactersNotBytes) {
  kinesis::api::PutRecordInput record;
  record.stream_name = "s";
  for (int i = 0; i < 256; ++i) record.partition_key += "\xC3\xA9";
  EXPECT_EQ(refusal_of<kinesis::op::PutRecord>(record), "");
  record.partition_key += "e";
  EXPECT_NE(refusal_of<kinesis::op::PutRecord>(record), "");
}

TEST(Validation, ListsAtMostTen) {
  kinesis::api::PutRecordsInput records;
  records.stream_name = "s";
  records.records.resize(400);
  const std::string message = refusal_of<kinesis::op::PutRecords>(records);
  EXPECT_TRUE(message.starts_with("10 validation errors detected: ")) << message;
  EXPECT_NE(message.find("'records.10.member.partitionKey'"), std::string::npos);
  EXPECT_EQ(message.find("'records.11.member.partitionKey'"), std::string::npos);
}

// A request may lack the same member 100,000 times; looking each up in a list of all would take
// minutes.
TEST(Validation, ManyMissingMembersTakeNoLongerThanTheirNumber) {
  dynamodb::api::BatchGetItemInput batch;
  std::vector<std::string> missing;
  for (int i = 0; i < 100'000; ++i) {
    batch.request_items["t" + std::to_string(i)];
    missing.push_back("requestItems.t" + std::to_string(i) + ".member.keys");
  }
  EXPECT_TRUE(
      refusal_of<dynamodb::op::BatchGetItem>(batch, missing).starts_with("10 validation errors"));
}

TEST(Validation, CodesOfProtocols) {
  iam::api::CreateRoleRequest role;
  role.assume_role_policy_document = "{}";
  EXPECT_NE(refusal_of<iam::op::CreateRole>(role, {"roleName"}, "ValidationError")
                .find("Value null at 'roleName' failed to satisfy constraint: Member must not be "
                      "null"),
            std::string::npos);
  s3::api::DeleteObjectsRequest request;
  EXPECT_EQ(refusal_of<s3::op::DeleteObjects>(request), "");
  EXPECT_TRUE(refusal_of<s3::op::DeleteObjects>(request, {"delete.objects"}, "MalformedXML")
                  .starts_with("The XML you provided was not well-formed"));
}

TEST(Validation, PatternsMatchTheWholeValue) {
  EXPECT_TRUE(matches_pattern("[a-z]+", "abc"));
  EXPECT_FALSE(matches_pattern("[a-z]+", "abc1"));
  EXPECT_FALSE(matches_pattern("[a-z]+", "abc\n"));
  EXPECT_FALSE(matches_pattern("a|b", "ab"));
  EXPECT_TRUE(pattern_is_supported("a{1,64}"));
}

}  // namespace
}  // namespace penstock::protocol
