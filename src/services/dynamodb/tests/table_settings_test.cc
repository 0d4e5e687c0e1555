// CreateTable and UpdateTable: what may be asked, in which combination, and what becomes of it. The
// wording was measured on AWS in 2026 unless a line says otherwise.
#include <gtest/gtest.h>

#include <vector>

#include "services/dynamodb/tests/harness.h"

namespace penstock::dynamodb {
namespace {

const std::string kWrong = "ValidationException: One or more parameter values were invalid: ";

std::string definitions(const std::string& letters) {
  std::string out;
  for (const char letter : letters) {
    out += std::string(out.empty() ? "" : ",") + R"({"AttributeName":")" + letter +
           R"(","AttributeType":"S"})";
  }
  return R"("AttributeDefinitions":[)" + out + "]";
}

// "h" is a HASH element, "H" a second one may be: upper case for RANGE.
std::string schema(const std::string& letters) {
  std::string out;
  for (const char letter : letters) {
    const bool range = letter >= 'A' && letter <= 'Z';
    const char name = static_cast<char>(range ? letter + 32 : letter);
    out += std::string(out.empty() ? "" : ",") + R"({"AttributeName":")" + name +
           R"(","KeyType":")" + (range ? "RANGE" : "HASH") + "\"}";
  }
  return R"("KeySchema":[)" + out + "]";
}

std::string index_of(const std::string& name, const std::string& letters,
                     const std::string& more = "") {
  return R"({"IndexName":")" + name + R"(",)" + schema(letters) +
         R"(,"Projection":{"ProjectionType":"ALL"})" + more + "}";
}

const std::string kOnDemand = R"("BillingMode":"PAY_PER_REQUEST")";
const std::string kOne =
    R"("ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1})";

std::string units(int read, int write) {
  return R"("ProvisionedThroughput":{"ReadCapacityUnits":)" + std::to_string(read) +
         R"(,"WriteCapacityUnits":)" + std::to_string(write) + "}";
}

std::string create(Harness& harness, const std::string& body, const std::string& name = "new") {
  return harness.call("CreateTable", R"({"TableName":")" + name + "\"," + body + "}");
}
std::string update(Harness& harness, const std::string& body, const std::string& name = "tbl") {
  return harness.call("UpdateTable", R"({"TableName":")" + name + "\"," + body + "}");
}
std::string describe_it(Harness& harness, const std::string& name = "tbl") {
  return harness.call("DescribeTable", R"({"TableName":")" + name + "\"}");
}
bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A provisioned table with 10/10 and a global index "gsi" with 5/5.
void create_provisioned(Harness& harness) {
  ASSERT_TRUE(contains(
      create(harness,
             schema("h") + "," + definitions("hg") + "," + units(10, 10) +
                 R"(,"GlobalSecondaryIndexes":[)" + index_of("gsi", "g", "," + units(5, 5)) + "]",
             "tbl"),
      "CREATING"));
}

TEST(CreateTable, RefusesWithAwsWording) {
  const std::string base = schema("h") + "," + kOnDemand + ",";
  const std::string one = base + definitions("h");
  const std::string gsi = base + definitions("hg") + R"(,"GlobalSecondaryIndexes":[)";
  const std::string lsi =
      schema("hR") + "," + kOnDemand + "," + definitions("hrl") + R"(,"LocalSecondaryIndexes":[)";
  const std::string docs =
      "initial throughput for OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/"
      "developerguide/on-demand-capacity-mode.html#on-demand-capacity-mode-initial";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {schema("HR") + "," + kOnDemand + "," + definitions("hr"),
       "ValidationException: Invalid KeySchema: The first KeySchemaElement is not a HASH key type"},
      {schema("hr") + "," + kOnDemand + "," + definitions("hr"),
       "ValidationException: Invalid KeySchema: The second KeySchemaElement is not a RANGE key "
       "type"},
      {schema("hH") + "," + kOnDemand + "," + definitions("hr"),
       "ValidationException: Both the Hash Key and the Range Key element in the KeySchema have the "
       "same name"},
      {schema("hRS") + "," + kOnDemand + "," + definitions("hrs"),
       "ValidationException: 1 validation error detected: Value '[{AttributeName=h, KeyType=HASH}, "
       "{AttributeName=r, KeyType=RANGE}, {AttributeName=s, KeyType=RANGE}]' at 'keySchema' failed "
       "to satisfy constraint: Member must have length less than or equal to 2"},
      {base + definitions("hh"), "ValidationException: Attribute Name is duplicated: h"},
      {one + R"(,"GlobalSecondaryIndexes":[])", kWrong + "List of GlobalSecondaryIndexes is empty"},
      {one + R"(,"LocalSecondaryIndexes":[])", kWrong + "List of LocalSecondaryIndexes is empty"},
      {lsi + "]", kWrong +
                      "Some AttributeDefinitions are not used. AttributeDefinitions: [h, r, l], "
                      "keys used: [h, r]"},
      {gsi + index_of("gsi", "gx") + "]",
       kWrong + "Some index key attributes are not defined in AttributeDefinitions. Keys: [g, x], "
                "AttributeDefinitions: [h, g]"},
      {gsi + index_of("gsi", "G") + "]",
       "ValidationException: Invalid KeySchema: The first KeySchemaElement is not a HASH key type"},
      {gsi + index_of("gsi", "gHh") + "]",
       "ValidationException: Invalid KeySchema: Some index key attribute have no definition"},
      {gsi + index_of("gsi", "gG") + "]",
       "ValidationException: The KeySchema contains multiple key attributes with the same name"},
      {base + definitions("habc") + R"(,"GlobalSecondaryIndexes":[)" + index_of("gsi", "aBc") + "]",
       kWrong + "All HASH key attributes must precede RANGE key attributes in the KeySchema"},
      {base + definitions("habcde") + R"(,"GlobalSecondaryIndexes":[)" + index_of("gsi", "abcde") +
           "]",
       kWrong + "The KeySchema exceeds the maximum allowed number of HASH key attributes"},
      {base + definitions("habcdef") + R"(,"GlobalSecondaryIndexes":[)" +
           index_of("gsi", "aBCDEF") + "]",
       kWrong + "The KeySchema exceeds the maximum allowed number of RANGE key attributes"},
      {gsi + index_of("gsi", "g", "," + kOne) + "]",
       kWrong + "ProvisionedThroughput should not be specified for index: gsi when BillingMode is "
                "PAY_PER_REQUEST"},
      {schema("h") + "," + definitions("hg") + "," + kOne + R"(,"GlobalSecondaryIndexes":[)" +
           index_of("gsi", "g") + "]",
       kWrong + "ProvisionedThroughput is not specified for index: gsi"},
      {gsi + index_of("gsi", "g") + "," + index_of("gsi", "h") + "]",
       kWrong + "Duplicate index name: gsi"},
      {lsi + index_of("lsi", "hRL") + "]",
       "ValidationException: 1 validation error detected: Value '[{AttributeName=h, KeyType=HASH}, "
       "{AttributeName=r, KeyType=RANGE}, {AttributeName=l, KeyType=RANGE}]' at "
       "'localSecondaryIndexes.1.member.keySchema' failed to satisfy constraint: Member must have "
       "length less than or equal to 2"},
      {lsi + index_of("lsi", "lR") + "]",
       kWrong + "Index KeySchema does not have the same leading hash key as table KeySchema for "
                "index: lsi. index hash key: l, table hash key: h"},
      {one + R"(,"OnDemandThroughput":{"MaxReadRequestUnits":0})",
       kWrong +
           "Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid "
           "range"},
      {one + R"(,"OnDemandThroughput":{"MaxWriteRequestUnits":-1})",
       kWrong + "Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of "
                "valid range"},
      {gsi + index_of("gsi", "g", R"(,"OnDemandThroughput":{"MaxReadRequestUnits":-1})") + "]",
       kWrong +
           "Requested MaxReadRequestUnits for OnDemandThroughput for index : gsi is outside of "
           "valid range"},
      {schema("h") + "," + definitions("h") + "," + kOne +
           R"(,"OnDemandThroughput":{"MaxReadRequestUnits":5})",
       kWrong + "MaxReadRequestUnits for OnDemandThroughput cannot be specified when table "
                "BillingMode is PROVISIONED."},
      {one + R"(,"WarmThroughput":{"ReadUnitsPerSecond":11999,"WriteUnitsPerSecond":4000})",
       kWrong + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than " + docs},
      {one + R"(,"WarmThroughput":{"WriteUnitsPerSecond":3999})",
       kWrong + "Requested WriteUnitsPerSecond for WarmThroughput for table is lower than " + docs},
      {gsi + index_of("gsi", "g", R"(,"WarmThroughput":{"ReadUnitsPerSecond":1})") + "]",
       kWrong + "Requested ReadUnitsPerSecond for WarmThroughput for index gsi is lower than " +
           docs},
      {schema("h") + "," + definitions("h") + "," + units(10, 10) +
           R"(,"WarmThroughput":{"ReadUnitsPerSecond":5})",
       kWrong + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than "
                "ReadCapacityUnits of ProvisionedThroughput"},
      {one + R"(,"SSESpecification":{"Enabled":false,"SSEType":"KMS"})",
       kWrong + "SSEType can not be specified if Enabled is false"},
      {one + R"(,"SSESpecification":{"Enabled":false,"KMSMasterKeyId":"k"})",
       kWrong + "KMSMasterKeyId can not be specified if Enabled is false"},
      {one + R"(,"SSESpecification":{"Enabled":true,"SSEType":"AES256"})",
       kWrong + "SSEType AES256 is not supported"},
      {one + R"(,"SSESpecification":{"Enabled":true,"KMSMasterKeyId":"k"})",
       kWrong + "SSEType KMS is required if KMSMasterKeyId is specified"},
      // Ours: what is stored is not encrypted.
      {one + R"(,"SSESpecification":{"Enabled":true})",
       kWrong + "SSESpecification with a key of KMS is not supported by this server"},
      {schema("h") + "," + definitions("h") + "," + units(40'001, 1),
       "LimitExceededException: The requested ReadCapacityUnits, 40001, is above the per table "
       "maximum for the account in eu-west-1. Per table maximum: 40000. Refer to the Amazon "
       "DynamoDB Developer Guide for current limits and how to request higher limits."},
      {one + R"(,"OnDemandThroughput":{"MaxReadRequestUnits":40001})",
       "LimitExceededException: Subscriber limit exceeded: Requested MaxReadRequestUnits for "
       "OnDemandThroughput for table exceeds TableMaxReadCapacityUnits of the account in region "
       "eu-west-1"},
  };
  Harness harness;
  for (const auto& [body, expected] : cases) EXPECT_EQ(create(harness, body), expected) << body;
  EXPECT_EQ(harness.call("ListTables", "{}"), R"({"TableNames":[]})");
  EXPECT_TRUE(
      contains(create(harness, one + R"(,"SSESpecification":{"Enabled":false})"), "CREATING"));
  EXPECT_FALSE(contains(describe_it(harness, "new"), "SSEDescription"));
}

TEST(CreateTable, KeepsTheQuotaOfTheAccount) {
  Harness harness;
  const std::string body = schema("h") + "," + definitions("h") + "," + units(40'000, 1);
  EXPECT_TRUE(contains(create(harness, body, "one"), "CREATING"));
  EXPECT_TRUE(contains(create(harness, body, "two"), "CREATING"));
  EXPECT_EQ(create(harness, schema("h") + "," + definitions("h") + "," + kOne, "three"),
            "LimitExceededException: This request would have caused the ReadCapacityUnits limit to "
            "be exceeded for the account in eu-west-1. Current ReadCapacityUnits reserved by the "
            "account: 80000. Limit: 80000. Requested: 1. Refer to the Amazon DynamoDB Developer "
            "Guide for current limits and how to request higher limits.");
}

TEST(CreateTable, ShowsDefinitionsInOrder) {
  Harness harness;
  const std::string reply = create(
      harness, schema("h") + "," + definitions("hzb") + "," + kOnDemand +
                   R"(,"GlobalSecondaryIndexes":[)" + index_of("zzz", "z") + "," +
                   R"({"IndexName":"aaa",)" + schema("b") +
                   R"(,"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["y","x"]}}])");
  EXPECT_TRUE(contains(reply, R"("AttributeDefinitions":[{"AttributeName":"b")")) << reply;
  EXPECT_TRUE(contains(reply, R"("NonKeyAttributes":["x","y"])"));
  EXPECT_LT(reply.find("zzz"), reply.find("aaa"));
  EXPECT_FALSE(contains(reply, "WarmThroughput"));
  EXPECT_FALSE(contains(reply, "Backfilling"));
}

TEST(UpdateTable, CombinesWhatAwsCombines) {
  const std::string protect = R"("DeletionProtectionEnabled":true)";
  const std::string class_ = R"("TableClass":"STANDARD_INFREQUENT_ACCESS")";
  const std::string stream =
      R"("StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"})";
  const std::string sse = R"("SSESpecification":{"Enabled":false})";
  const std::string warm = R"("WarmThroughput":{"ReadUnitsPerSecond":12001})";
  const std::string maximum = R"("OnDemandThroughput":{"MaxReadRequestUnits":5})";
  const std::string creation = definitions("n") + R"(,"GlobalSecondaryIndexUpdates":[{"Create":)" +
                               index_of("new", "n", "," + kOne) + "}]";
  const std::string deletion = R"("GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"gsi"}}])";
  const std::string change =
      R"("GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"gsi",)" + units(6, 6) + "}}]";
  const std::string alone = " modification must be the only operation in the request";
  const std::string iops = "You cannot modify stream status while updating table IOPS";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {sse + "," + class_, kWrong + "Server-Side Encryption" + alone},
      {sse + "," + protect, kWrong + "Server-Side Encryption" + alone},
      {class_ + "," + protect, kWrong + "TableClass" + alone},
      {class_ + "," + units(11, 11), kWrong + "TableClass" + alone},
      {protect + "," + stream, kWrong + "DeletionProtection" + alone},
      {protect + "," + creation, kWrong + "DeletionProtection" + alone},
      {warm + "," + stream, kWrong + "WarmThroughput must be the only operation in the request"},
      {warm + "," + creation,
       kWrong + "Create global secondary index cannot be specified when updating WarmThroughput"},
      {maximum + "," + stream,
       kWrong + "OnDemandThroughput can only be combined with BillingMode in an UpdateTable "
                "request"},
      {stream + "," + units(11, 11), kWrong + iops},
      {stream + R"(,"BillingMode":"PROVISIONED")", kWrong + iops},
      {creation + "," + units(11, 11),
       kWrong + "You cannot create or delete index while updating table IOPS"},
      {creation + "," + stream,
       kWrong + "You cannot create or delete index while changing stream status"},
      {protect + R"(,"GlobalSecondaryIndexUpdates":[])",
       kWrong + "List of GlobalSecondaryIndexUpdates is empty"},
      {R"("GlobalSecondaryIndexUpdates":[{}])",
       kWrong + "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete must not be null"},
      {R"("GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"gsi"},"Update":{"IndexName":"gsi",)" +
           units(6, 6) + "}}]",
       kWrong + "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate "
                "object"},
      {R"("GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"gsi"}},{"Update":{"IndexName":"gsi",)" +
           units(6, 6) + "}}]",
       kWrong +
           "Only one global secondary index update per index is allowed simultaneously. Index: "
           "gsi"},
      {R"("GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"gsi"}},{"Delete":{"IndexName":"oth"}}])",
       "LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created or "
       "deleted simultaneously per table"},
      {sse, kWrong + "Table is already encrypted by default"},
      {R"("SSESpecification":{})", kWrong + "Table is already encrypted by default"},
      {R"("SSESpecification":{"SSEType":"KMS"})",
       kWrong + "SSESpecification with a key of KMS is not supported by this server"},
      {R"("BillingMode":"PROVISIONED")",
       kWrong + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"},
      {kOnDemand + "," + kOne,
       kWrong + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
                "BillingMode is PAY_PER_REQUEST"},
      {maximum, kWrong + "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the "
                         "table BillingMode is PROVISIONED"},
      {definitions("n") + R"(,"GlobalSecondaryIndexUpdates":[{"Create":)" + index_of("new", "n") +
           "}]",
       kWrong + "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: new"},
      {R"("GlobalSecondaryIndexUpdates":[{"Create":)" + index_of("new", "n", "," + kOne) + "}]",
       kWrong + "AttributeDefinitions is not specified for index: new"},
      {definitions("g") + R"(,"GlobalSecondaryIndexUpdates":[{"Create":)" +
           index_of("gsi", "g", "," + kOne) + "}]",
       "ValidationException: Attempting to create an index which already exists"},
      {R"("GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"ghost"}}])",
       "ResourceNotFoundException: Requested resource not found: Index ghost for table tbl"},
      {R"("GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"ghost",)" + kOne + "}}]",
       "ResourceNotFoundException: Requested resource not found: Index ghost for table tbl"},
      {R"("GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"gsi",)" + units(5, 5) + "}}]",
       "ValidationException: The provisioned throughput for the index gsi will not change. The "
       "requested value equals the current value. Current ReadCapacityUnits provisioned for index "
       "gsi: 5. Requested ReadCapacityUnits: 5. Current WriteCapacityUnits provisioned for index "
       "gsi: 5. Requested WriteCapacityUnits: 5. Refer to the Amazon DynamoDB Developer Guide for "
       "current limits and how to request higher limits."},
      {units(10, 10),
       "ValidationException: The provisioned throughput for the table will not change. The "
       "requested value equals the current value. Current ReadCapacityUnits provisioned for the "
       "table: 10. Requested ReadCapacityUnits: 10. Current WriteCapacityUnits provisioned for the "
       "table: 10. Requested WriteCapacityUnits: 10. Refer to the Amazon DynamoDB Developer Guide "
       "for current limits and how to request higher limits."},
      {R"("WarmThroughput":{"ReadUnitsPerSecond":9})",
       kWrong + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current "
                "WarmThroughput, decreasing WarmThroughput is not supported"},
      {R"("ReplicaUpdates":[{"Create":{"RegionName":"us-east-1"}}])",
       kWrong + "ReplicaUpdates is not supported by this server"},
  };
  Harness harness;
  create_provisioned(harness);
  const std::string before = describe_it(harness);
  for (const auto& [body, expected] : cases) EXPECT_EQ(update(harness, body), expected) << body;
  EXPECT_EQ(describe_it(harness), before);  // Refused calls change nothing.
  const std::string reply = update(harness, change);
  EXPECT_TRUE(contains(reply, R"("TableStatus":"ACTIVE")")) << reply;
  EXPECT_TRUE(contains(reply, R"("IndexStatus":"UPDATING")"));
  EXPECT_TRUE(contains(reply, R"("ReadCapacityUnits":5)"));  // As it was.
  EXPECT_TRUE(contains(describe_it(harness), R"("ReadCapacityUnits":6)"));
  const std::string gone = update(harness, deletion);
  EXPECT_TRUE(contains(gone, R"("IndexStatus":"DELETING")")) << gone;
  EXPECT_FALSE(contains(describe_it(harness), "GlobalSecondaryIndexes"));
}

TEST(UpdateTable, SwitchesTheBillingMode) {
  Harness harness;
  create_provisioned(harness);
  EXPECT_FALSE(contains(describe_it(harness), "BillingModeSummary"));
  const std::string reply =
      update(harness, kOnDemand + R"(,"OnDemandThroughput":{"MaxReadRequestUnits":50})");
  EXPECT_TRUE(contains(reply, R"("TableStatus":"UPDATING")")) << reply;
  std::string shown = describe_it(harness);
  EXPECT_TRUE(contains(shown, R"("BillingMode":"PAY_PER_REQUEST","LastUpdateToPayPerRequest)"));
  EXPECT_TRUE(contains(shown, R"("OnDemandThroughput":{"MaxReadRequestUnits":50})")) << shown;
  EXPECT_TRUE(contains(shown, R"("WarmThroughput":{"ReadUnitsPerSecond":12000)"));
  EXPECT_EQ(update(harness, R"("GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"gsi",)" +
                                kOne + "}}]"),
            kWrong +
                "The only Updates for index: gsi when TableThroughputMode is PAY_PER_REQUEST "
                "can be to OnDemandThroughput, WarmThroughput");
  EXPECT_EQ(update(harness, R"("BillingMode":"PROVISIONED",)" + kOne),
            kWrong + "ProvisionedThroughput must be specified for index: gsi");
  EXPECT_TRUE(contains(update(harness, kOnDemand), "UPDATING"));  // A repetition changes nothing.
  EXPECT_TRUE(contains(update(harness, R"("OnDemandThroughput":{"MaxReadRequestUnits":-1})"),
                       R"("TableStatus":"ACTIVE")"));
  EXPECT_FALSE(contains(describe_it(harness), "OnDemandThroughput"));
  EXPECT_TRUE(contains(
      update(harness, R"("BillingMode":"PROVISIONED",)" + units(2, 3) +
                          R"(,"GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"gsi",)" +
                          kOne + "}}]"),
      "UPDATING"));
  shown = describe_it(harness);
  EXPECT_TRUE(contains(shown, R"("BillingMode":"PROVISIONED")")) << shown;
  EXPECT_TRUE(contains(shown, R"("ReadUnitsPerSecond":12000)"));  // Never falls.
}

// Four decreases a day, then one an hour after the last accepted one (measured).
TEST(UpdateTable, CountsDecreases) {
  Harness harness;
  create_provisioned(harness);
  // 2026-10-09 00:21:34.
  harness.clock.advance(Timestamp::from_seconds(std::int64_t{1'791'505'294}) - harness.clock.now());
  const std::string first = update(harness, units(9, 10));
  EXPECT_TRUE(contains(first, R"("NumberOfDecreasesToday":0,"ReadCapacityUnits":10)")) << first;
  for (int read = 8; read > 5; --read)
    EXPECT_TRUE(contains(update(harness, units(read, 10)), "UPDATING"));
  const std::string refused =
      "LimitExceededException: Subscriber limit exceeded: Provisioned throughput decreases are "
      "limited within a given UTC day. After the first 4 decreases, each subsequent decrease in "
      "the same UTC day can be performed at most once every 3600 seconds. Number of decreases "
      "today: 4. Last decrease at Friday, October 9, 2026 at 12:21:34 AM Coordinated Universal "
      "Time. Next decrease can be made at Friday, October 9, 2026 at 1:21:34 AM Coordinated "
      "Universal Time";
  EXPECT_EQ(update(harness, units(5, 10)), refused);
  EXPECT_TRUE(contains(update(harness, units(7, 10)), "UPDATING"));  // Increases are free.
  harness.clock.advance(std::chrono::seconds(3'599));
  EXPECT_EQ(update(harness, units(5, 10)), refused);
  harness.clock.advance(std::chrono::seconds(1));
  EXPECT_TRUE(contains(update(harness, units(5, 10)), "UPDATING"));
  EXPECT_TRUE(contains(describe_it(harness), R"("NumberOfDecreasesToday":5)"));
  // The index has an account of its own, and a decrease of both is refused as a whole.
  EXPECT_TRUE(contains(
      update(harness,
             R"("GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"gsi",)" + kOne + "}}]"),
      "UPDATING"));
  harness.reopen();
  EXPECT_TRUE(contains(update(harness, units(4, 10)), "LimitExceededException"));
  harness.clock.advance(std::chrono::hours(23));  // The next day.
  EXPECT_TRUE(contains(describe_it(harness), R"("NumberOfDecreasesToday":0)"));
  EXPECT_TRUE(contains(update(harness, units(4, 10)), "UPDATING"));
  EXPECT_TRUE(contains(describe_it(harness), R"("NumberOfDecreasesToday":1)"));
}

TEST(UpdateTable, RaisesWarmThroughput) {
  Harness harness;
  harness.create();
  const std::string reply = update(
      harness, R"("WarmThroughput":{"ReadUnitsPerSecond":12001,"WriteUnitsPerSecond":4001})");
  EXPECT_TRUE(contains(reply, R"("TableStatus":"ACTIVE")"));
  EXPECT_TRUE(contains(
      reply, R"("ReadUnitsPerSecond":12000,"WriteUnitsPerSecond":4000,"Status":"UPDATING")"))
      << reply;
  EXPECT_TRUE(
      contains(describe_it(harness),
               R"("ReadUnitsPerSecond":12001,"WriteUnitsPerSecond":4001,"Status":"ACTIVE")"));
  EXPECT_EQ(update(harness, R"("WarmThroughput":{"WriteUnitsPerSecond":4000})"),
            kWrong +
                "Requested WriteUnitsPerSecond for WarmThroughput for table is lower than "
                "current WarmThroughput, decreasing WarmThroughput is not supported");
  EXPECT_TRUE(
      contains(update(harness, R"("WarmThroughput":{"WriteUnitsPerSecond":4001})"), "ACTIVE"));
  EXPECT_EQ(update(harness, R"("WarmThroughput":{"ReadUnitsPerSecond":40001})"),
            "LimitExceededException: Subscriber limit exceeded: Requested ReadUnitsPerSecond for "
            "WarmThroughput for table exceeds TableMaxReadCapacityUnits of the account in region "
            "eu-west-1");
}

TEST(UpdateTable, ChangesTheClassTwiceInThirtyDays) {
  Harness harness;
  harness.create();
  const std::string rare = R"("TableClass":"STANDARD_INFREQUENT_ACCESS")";
  const std::string standard = R"("TableClass":"STANDARD")";
  const std::string refused =
      "LimitExceededException: Subscriber limit exceeded: Updates to TableClass are limited to 2 "
      "times in 30 day(s).";
  EXPECT_TRUE(contains(update(harness, standard), "UPDATING"));  // Changes and counts nothing.
  EXPECT_FALSE(contains(describe_it(harness), "TableClassSummary"));
  EXPECT_FALSE(contains(update(harness, rare), "TableClassSummary"));
  EXPECT_TRUE(contains(describe_it(harness),
                       R"("TableClassSummary":{"TableClass":"STANDARD_INFREQUENT_ACCESS")"));
  EXPECT_TRUE(contains(update(harness, standard), R"("TableClass":"STANDARD_INFREQUENT_ACCESS")"));
  EXPECT_EQ(update(harness, rare), refused);
  EXPECT_EQ(update(harness, standard), refused);
  harness.reopen();
  EXPECT_EQ(update(harness, rare), refused);
  harness.clock.advance(std::chrono::hours(30 * 24));
  EXPECT_TRUE(contains(update(harness, rare), "UPDATING"));
}

}  // namespace
}  // namespace penstock::dynamodb
