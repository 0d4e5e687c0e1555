// Tables: creation, description, change, deletion; keys and stored forms. Wording recorded from
// AWS.
#include <gtest/gtest.h>

#include <vector>

#include "services/dynamodb/keys.h"
#include "services/dynamodb/retention.h"
#include "services/dynamodb/table.h"
#include "services/dynamodb/tests/harness.h"

namespace penstock::dynamodb {
namespace {

const std::string kHash =
    R"("KeySchema":[{"AttributeName":"h","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"h","AttributeType":"S"}])";
const std::string kDemand = R"("BillingMode":"PAY_PER_REQUEST")";

TEST(Tables, LiveAndDie) {
  Harness harness;
  const std::string created =
      harness.call("CreateTable", R"({"TableName":"orders",)" + kHash + "," + kDemand +
                                      R"(,"Tags":[{"Key":"a","Value":"b"}]})");
  EXPECT_NE(created.find(R"("TableStatus":"CREATING")"), std::string::npos) << created;
  EXPECT_EQ(created.find("WarmThroughput"), std::string::npos);
  EXPECT_EQ(harness.call("CreateTable", R"({"TableName":"orders",)" + kHash + "," + kDemand + "}"),
            "ResourceInUseException: Table already exists: orders");
  const std::string described = harness.call("DescribeTable", R"({"TableName":"orders"})");
  for (const char* part : {R"("TableStatus":"ACTIVE")",
                           R"("TableArn":"arn:aws:dynamodb:eu-west-1:123456789012:table/orders")",
                           R"("BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST")",
                           R"("ItemCount":0)", R"("ReadUnitsPerSecond":12000)"}) {
    EXPECT_NE(described.find(part), std::string::npos) << part << " in " << described;
  }
  EXPECT_EQ(
      harness.call("ListTagsOfResource",
                   R"({"ResourceArn":"arn:aws:dynamodb:eu-west-1:123456789012:table/orders"})"),
      R"({"Tags":[{"Key":"a","Value":"b"}]})");
  harness.reopen();
  EXPECT_EQ(harness.call("ListTables", "{}"), R"({"TableNames":["orders"]})");
  EXPECT_NE(
      harness.call("DeleteTable", R"({"TableName":"orders"})").find(R"("TableStatus":"DELETING")"),
      std::string::npos);
  EXPECT_EQ(harness.call("DescribeTable", R"({"TableName":"orders"})"),
            "ResourceNotFoundException: Requested resource not found: Table: orders not found");
  harness.reopen();
  EXPECT_EQ(harness.call("ListTables", "{}"), R"({"TableNames":[]})");
}

TEST(Tables, ComeBackEmpty) {
  Harness harness;
  harness.create();
  harness.put(R"({"h":{"S":"a"}})");
  harness.call("DeleteTable", R"({"TableName":"tbl"})");
  harness.clock.advance(std::chrono::seconds(1));
  harness.create();
  EXPECT_EQ(harness.call("Scan", R"({"TableName":"tbl"})"),
            R"({"Items":[],"Count":0,"ScannedCount":0})");
}

TEST(Tables, AreListedInPages) {
  Harness harness;
  for (const char* name : {"ccc", "aaa", "bbb"}) harness.create(false, name);
  EXPECT_EQ(harness.call("ListTables", R"({"Limit":2})"),
            R"({"TableNames":["aaa","bbb"],"LastEvaluatedTableName":"bbb"})");
  EXPECT_EQ(harness.call("ListTables", R"({"Limit":1,"ExclusiveStartTableName":"bbx"})"),
            R"({"TableNames":["ccc"]})");
}

TEST(Tables, AreRefusedWithAwsWording) {
  Harness harness;
  harness.create();
  const std::string p = "ValidationException: One or more parameter values were invalid: ";
  const std::string keys =
      R"("KeySchema":[{"AttributeName":"h","KeyType":"HASH"},{"AttributeName":"r","KeyType":"RANGE"}])";
  const std::string two =
      R"("AttributeDefinitions":[{"AttributeName":"h","AttributeType":"S"},{"AttributeName":"r","AttributeType":"S"}])";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {kHash, p + "ReadCapacityUnits and WriteCapacityUnits must both be specified when "
                  "BillingMode is PROVISIONED"},
      {kHash + "," + kDemand +
           R"(,"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1})",
       p + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
           "PAY_PER_REQUEST"},
      {keys + R"(,"AttributeDefinitions":[{"AttributeName":"h","AttributeType":"S"}],)" + kDemand,
       "ValidationException: Invalid KeySchema: Some index key attribute have no definition"},
      {keys +
           R"(,"AttributeDefinitions":[{"AttributeName":"h","AttributeType":"S"},{"AttributeName":"z","AttributeType":"S"}],)" +
           kDemand,
       p + "Some index key attributes are not defined in AttributeDefinitions. Keys: [h, r], "
           "AttributeDefinitions: [h, z]"},
      {R"("KeySchema":[{"AttributeName":"h","KeyType":"RANGE"}],)" + two + "," + kDemand,
       "ValidationException: Invalid KeySchema: The first KeySchemaElement is not a HASH key type"},
      {R"("KeySchema":[{"AttributeName":"h","KeyType":"HASH"}],)" + two + "," + kDemand,
       p + "Number of attributes in KeySchema does not exactly match number of attributes defined "
           "in AttributeDefinitions"},
      {kHash + "," + kDemand + R"(,"StreamSpecification":{"StreamEnabled":true})",
       p + "Table is being created with a stream enabled, UpdateViewType is required"},
      {kHash + "," + kDemand +
           R"(,"GlobalSecondaryIndexes":[{"IndexName":"gsi","KeySchema":[{"AttributeName":"h","KeyType":"HASH"}],"Projection":{"ProjectionType":"INCLUDE"}}])",
       p + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"},
      {kHash + "," + kDemand +
           R"(,"LocalSecondaryIndexes":[{"IndexName":"lsi","KeySchema":[{"AttributeName":"h","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}])",
       p + "Table KeySchema does not have a range key, which is required when specifying a "
           "LocalSecondaryIndex"},
  };
  for (const auto& [body, expected] : cases) {
    EXPECT_EQ(harness.call("CreateTable", R"({"TableName":"new",)" + body + "}"), expected);
  }
  EXPECT_EQ(harness.call("UpdateTable", R"({"TableName":"tbl"})").substr(0, 60),
            "ValidationException: At least one of ProvisionedThroughput, ");
  EXPECT_EQ(harness.call("UpdateTable", R"({"TableName":"nope","DeletionProtectionEnabled":true})"),
            "ResourceNotFoundException: Requested resource not found: Table: nope not found");
  harness.call("UpdateTable", R"({"TableName":"tbl","DeletionProtectionEnabled":true})");
  EXPECT_EQ(harness.call("DeleteTable", R"({"TableName":"tbl"})"),
            "ValidationException: Resource cannot be deleted as it is currently protected against "
            "deletion. Disable deletion protection first.");
}

TEST(Tables, ThroughputChanges) {
  Harness harness;
  harness.create();
  EXPECT_EQ(harness.call("UpdateTable", R"({"TableName":"tbl","BillingMode":"PROVISIONED"})"),
            "ValidationException: One or more parameter values were invalid: ProvisionedThroughput "
            "must be specified when BillingMode is PROVISIONED");
  const std::string provision =
      R"({"TableName":"tbl","BillingMode":"PROVISIONED","ProvisionedThroughput":{"ReadCapacityUnits":3,"WriteCapacityUnits":4}})";
  EXPECT_NE(harness.call("UpdateTable", provision).find(R"("ReadCapacityUnits":3)"),
            std::string::npos);
  EXPECT_TRUE(
      harness.call("UpdateTable", provision)
          .starts_with(
              "ValidationException: The provisioned throughput for the table will not change."));
  harness.reopen();
  EXPECT_NE(
      harness.call("DescribeTable", R"({"TableName":"tbl"})").find(R"("WriteCapacityUnits":4)"),
      std::string::npos);
}

TEST(Tables, AreCountedNowAndThen) {
  Harness harness;
  harness.create();
  harness.put(R"({"h":{"S":"a"}})");
  harness.put(R"({"h":{"S":"b"}})");
  ASSERT_TRUE(count_contents(*harness.service).has_value());
  const std::string described = harness.call("DescribeTable", R"({"TableName":"tbl"})");
  EXPECT_NE(described.find(R"("TableSizeBytes":4,"ItemCount":2)"), std::string::npos) << described;
}

TEST(Keys, KeepTheOrderOfTheirValues) {
  Table table;
  table.number = 7;
  table.keys.hash = {"h", AttributeValue::Type::kS};
  table.keys.range = KeyAttribute{"r", AttributeValue::Type::kN};
  const auto key = [&table](const std::string& h, const std::string& r) {
    AttributeMap item;
    item.set("h", AttributeValue::s(h));
    item.set("r", AttributeValue::n(r));
    return item_key(table.number, table.keys, item);
  };
  const std::vector<std::string> numbers = {"-1000", "-2.5", "-2", "-0.1", "0",
                                            "0.001", "1",    "9",  "10",   "1000000"};
  for (std::size_t i = 1; i < numbers.size(); ++i)
    EXPECT_LT(key("a", numbers[i - 1]), key("a", numbers[i]));
  const std::string hash = "a";
  const std::string prefix = partition_prefix(7, std::span(&hash, 1));
  EXPECT_TRUE(key("a", "1").starts_with(prefix));
  EXPECT_FALSE(key("ab", "1").starts_with(prefix));
  EXPECT_LT(change_key(1, 9), change_key(1, 10));
  EXPECT_EQ(sequence_of(change_key(3, 42)), 42U);
  EXPECT_EQ(sequence_of("x"), std::nullopt);
}

TEST(Table, StoredFormRoundTrips) {
  Table table;
  table.place = {"123456789012", "eu-west-1"};
  table.name = "orders";
  table.number = 9;
  table.version = 3;
  table.keys.hash = {"h", AttributeValue::Type::kB};
  table.definitions = {table.keys.hash};
  const KeyAttribute a{"a", AttributeValue::Type::kN};
  const KeyAttribute b{"b", AttributeValue::Type::kS};
  table.indexes.push_back({.name = "i",
                           .number = 10,
                           .keys = {{a, b}, {b, a, table.keys.hash}},
                           .non_key_attributes = {"a", "b"},
                           .warm = {7, 8},
                           .history = {.increased = Timestamp{5}, .decreases = 2}});
  table.warm = {1, 2};
  table.history.decreased = Timestamp{9};
  table.class_changes = {Timestamp{3}, Timestamp{4}};
  table.policies = {{"l", "{}", "12"}};
  table.tags = {{"k", "v"}};
  table.on_demand_maximum = OnDemandMaximum{-1, 5};
  table.stream = StreamRef{.number = 11,
                           .label = "l",
                           .view_type = "KEYS_ONLY",
                           .arn = stream_arn(table.place, "orders", "l")};
  table.stream->set_shard("shardId-1-2");
  const std::string bytes = encode_table(table);
  const auto decoded = decode_table(bytes);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(encode_table(*decoded), bytes);
  EXPECT_EQ(decoded->stream->arrivals_key, table.stream->arrivals_key);
  EXPECT_EQ(decoded->indexes[0].keys.range, table.indexes[0].keys.range);
  EXPECT_EQ(decoded->indexes[0].warm, table.indexes[0].warm);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_table(bytes.substr(0, size)).has_value());
  EXPECT_EQ(parse_sequence(sequence_text(123)), 123U);
  for (const char* bad :
       {"", "123", "200000000000000000001", "1000000000000000000 1", "199999999999999999999"}) {
    EXPECT_EQ(parse_sequence(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace penstock::dynamodb
