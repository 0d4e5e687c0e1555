// Throttling, and what requests consume. The rates, the burst of 300 seconds, codes and texts are
// documented; that a bucket is full at the beginning, and that nothing is lost between refusals, is
// deduced.
#include <gtest/gtest.h>

#include <vector>

#include "services/dynamodb/tests/harness.h"

namespace penstock::dynamodb {
namespace {

const std::string kTable = "arn:aws:dynamodb:eu-west-1:123456789012:table/tbl";
const std::string kTableText =
    "The level of configured provisioned throughput for the table was exceeded. Consider "
    "increasing your provisioning level with the UpdateTable API.";
const std::string kIndexText =
    "The level of configured provisioned throughput for one or more global secondary indexes of "
    "the table was exceeded. Consider increasing your provisioning level for the "
    "under-provisioned global secondary indexes with the UpdateTable API.";

std::string exceeded(const std::string& text, const std::string& reason,
                     const std::string& resource) {
  return "ProvisionedThroughputExceededException: " + text + R"( ThrottlingReasons=[{"reason":")" +
         reason + R"(","resource":")" + resource + R"("}])";
}

std::string provisioned(int read, int write) {
  return R"("ProvisionedThroughput":{"ReadCapacityUnits":)" + std::to_string(read) +
         R"(,"WriteCapacityUnits":)" + std::to_string(write) + "}";
}

struct Metered : Harness {
  // A table with the hash key h and a global index on g.
  explicit Metered(const std::string& table_units, const std::string& index_units) {
    service->options.throttle = true;
    const std::string reply = call(
        "CreateTable",
        R"({"TableName":"tbl","KeySchema":[{"AttributeName":"h","KeyType":"HASH"}],"AttributeDefinitions":)"
        R"([{"AttributeName":"h","AttributeType":"S"},{"AttributeName":"g","AttributeType":"S"}],)" +
            table_units +
            R"(,"GlobalSecondaryIndexes":[{"IndexName":"gsi","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"})" +
            index_units + "}]}");
    EXPECT_NE(reply.find("CREATING"), std::string::npos) << reply;
  }
  std::string get(const std::string& more = R"(,"ConsistentRead":true)") {
    return call("GetItem", R"({"TableName":"tbl","Key":{"h":{"S":"a"}})" + more + "}");
  }
  std::string put_one(const std::string& item = R"({"h":{"S":"a"}})") { return put(item); }
  // How many calls succeed at this moment, and the refusal after them.
  template <typename Call>
  int until_refused(Call call, std::string& refusal) {
    for (int done = 0; done < 1'000; ++done) {
      refusal = call();
      if (refusal.find("Exception: ") != std::string::npos) return done;
    }
    return 1'000;
  }
};

TEST(Throttle, IsOffUnlessAskedFor) {
  Metered table(provisioned(1, 1), "," + provisioned(1, 1));
  table.service->options.throttle = false;
  std::string refusal;
  EXPECT_EQ(table.until_refused([&] { return table.get(); }, refusal), 1'000);
}

TEST(Throttle, KeepsFiveMinutesOfUnits) {
  Metered table(provisioned(1, 2), "," + provisioned(1, 1));
  std::string refusal;
  const auto read = [&] { return table.get(); };
  const auto write = [&] { return table.put_one(); };
  EXPECT_EQ(table.until_refused(read, refusal), 300);
  EXPECT_EQ(refusal, exceeded(kTableText, "TableReadProvisionedThroughputExceeded", kTable));
  EXPECT_EQ(table.until_refused(write, refusal), 600);  // Another bucket, with another rate.
  EXPECT_EQ(refusal, exceeded(kTableText, "TableWriteProvisionedThroughputExceeded", kTable));
  table.clock.advance(std::chrono::milliseconds(500));
  EXPECT_EQ(table.until_refused(read, refusal), 0);
  EXPECT_EQ(table.get(""), R"({"Item":{"h":{"S":"a"}}})");  // Half a unit is there.
  EXPECT_EQ(table.until_refused(write, refusal), 1);
  table.clock.advance(std::chrono::seconds(7));
  EXPECT_EQ(table.until_refused(read, refusal), 7);
  EXPECT_EQ(table.until_refused(write, refusal), 14);
  table.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(table.until_refused(read, refusal), 300);
  // More from the next moment on, at the new rate.
  table.call("UpdateTable", R"({"TableName":"tbl",)" + provisioned(10, 2) + "}");
  table.clock.advance(std::chrono::seconds(2));
  EXPECT_EQ(table.until_refused(read, refusal), 20);
}

TEST(Throttle, TakesWhatIsLargerThanABucketWhenThatIsFull) {
  Metered table(provisioned(1, 1), "," + provisioned(1, 1));
  const std::string large =
      R"({"h":{"S":"a"},"v":{"S":")" + std::string(400'000, 'v') + R"("}})";  // 391 units.
  EXPECT_EQ(table.put_one(large), "{}");
  std::string refusal;
  table.clock.advance(std::chrono::seconds(91));
  EXPECT_EQ(table.until_refused([&] { return table.put_one(R"({"h":{"S":"b"}})"); }, refusal), 0);
  table.clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(table.until_refused([&] { return table.put_one(R"({"h":{"S":"b"}})"); }, refusal), 1);
}

TEST(Throttle, CountsIndexesOnTheirOwn) {
  Metered table(provisioned(10, 10), "," + provisioned(1, 1));
  std::string refusal;
  int n = 0;
  const auto write = [&] {
    return table.put_one(R"({"h":{"S":"a"},"g":{"S":")" + std::to_string(n++) + R"("}})");
  };
  // The first one puts an entry, each further one deletes an entry, too.
  EXPECT_EQ(table.until_refused(write, refusal), 150);
  EXPECT_EQ(refusal,
            exceeded(kIndexText, "IndexWriteProvisionedThroughputExceeded", kTable + "/index/gsi"));
  EXPECT_EQ(table.put_one(R"({"h":{"S":"b"}})"), "{}");  // Not of the index.
  const auto query = [&] {
    return table.call(
        "Query",
        R"({"TableName":"tbl","IndexName":"gsi","KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"x"}}})");
  };
  EXPECT_EQ(table.until_refused(query, refusal), 600);
  EXPECT_EQ(refusal,
            exceeded(kIndexText, "IndexReadProvisionedThroughputExceeded", kTable + "/index/gsi"));
}

TEST(Throttle, ChargesRefusedConditions) {
  Metered table(provisioned(1, 1), "," + provisioned(1, 1));
  ASSERT_EQ(table.put_one(R"({"h":{"S":"a"},"v":{"S":")" + std::string(5'000, 'v') + R"("}})"),
            "{}");
  std::string refusal;
  int refused = 0;
  while (true) {
    refusal = table.call(
        "PutItem",
        R"j({"TableName":"tbl","Item":{"h":{"S":"a"}},"ConditionExpression":"attribute_not_exists(h)"})j");
    if (!refusal.starts_with("ConditionalCheckFailedException")) break;
    ++refused;
  }
  EXPECT_EQ(refused, 59);  // Of 300 units 5 went into the put, and 5 into each of these.
  EXPECT_EQ(refusal, exceeded(kTableText, "TableWriteProvisionedThroughputExceeded", kTable));
}

TEST(Throttle, LeavesPartsOfBatchesUnprocessed) {
  Metered table(provisioned(1, 1), "," + provisioned(1, 1));
  std::string refusal;
  const auto write = [&] { return table.put_one(); };
  const auto read = [&] { return table.get(); };
  EXPECT_EQ(table.until_refused(write, refusal), 300);
  EXPECT_EQ(table.until_refused(read, refusal), 300);
  table.clock.advance(std::chrono::seconds(2));
  const std::string puts =
      R"({"RequestItems":{"tbl":[{"PutRequest":{"Item":{"h":{"S":"a"}}}},{"PutRequest":{"Item":{"h":{"S":"b"}}}},{"DeleteRequest":{"Key":{"h":{"S":"c"}}}}]},"ReturnConsumedCapacity":"TOTAL"})";
  EXPECT_EQ(table.call("BatchWriteItem", puts),
            R"({"UnprocessedItems":{"tbl":[{"DeleteRequest":{"Key":{"h":{"S":"c"}}}}]},)"
            R"("ConsumedCapacity":[{"TableName":"tbl","CapacityUnits":2}]})");
  EXPECT_EQ(table.call("BatchWriteItem", puts),
            exceeded(kTableText, "TableWriteProvisionedThroughputExceeded", kTable));
  const std::string gets =
      R"({"RequestItems":{"tbl":{"ConsistentRead":true,"Keys":[{"h":{"S":"a"}},{"h":{"S":"b"}},{"h":{"S":"c"}}]}}})";
  EXPECT_EQ(table.call("BatchGetItem", gets),
            R"({"Responses":{"tbl":[{"h":{"S":"a"}},{"h":{"S":"b"}}]},"UnprocessedKeys":{"tbl":)"
            R"({"Keys":[{"h":{"S":"c"}}],"ConsistentRead":true}}})");
  EXPECT_EQ(table.call("BatchGetItem", gets),
            exceeded(kTableText, "TableReadProvisionedThroughputExceeded", kTable));
}

TEST(Throttle, CancelsTransactions) {
  Metered table(provisioned(1, 1), "," + provisioned(1, 1));
  std::string refusal;
  EXPECT_EQ(table.until_refused([&] { return table.put_one(); }, refusal), 300);
  EXPECT_EQ(table.until_refused([&] { return table.get(); }, refusal), 300);
  table.clock.advance(std::chrono::seconds(3));
  const std::string cancelled =
      "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for "
      "specific reasons [None, ProvisionedThroughputExceeded] CancellationReasons=[{\"Code\":"
      "\"None\"},{\"Code\":\"ProvisionedThroughputExceeded\",\"Message\":\"" +
      kTableText + "\"}]";
  const auto write = [&](const std::string& items) {
    return table.call("TransactWriteItems", R"({"TransactItems":[)" + items + "]}");
  };
  const std::string one = R"({"Put":{"TableName":"tbl","Item":{"h":{"S":"x"}}}})";
  const std::string other = R"({"Put":{"TableName":"tbl","Item":{"h":{"S":"y"}}}})";
  EXPECT_EQ(write(one + "," + other), cancelled);
  EXPECT_EQ(write(one), "{}");  // The cancelled one has cost nothing, this one costs two.
  EXPECT_EQ(table.put_one(), "{}");
  const std::string get = R"({"Get":{"TableName":"tbl","Key":{"h":{"S":"x"}}}})";
  const std::string get_other = R"({"Get":{"TableName":"tbl","Key":{"h":{"S":"y"}}}})";
  EXPECT_EQ(table.call("TransactGetItems", R"({"TransactItems":[)" + get + "," + get_other + "]}"),
            cancelled);
  EXPECT_EQ(table.call("TransactGetItems", R"({"TransactItems":[)" + get + "]}"),
            R"({"Responses":[{"Item":{"h":{"S":"x"}}}]})");
}

TEST(Throttle, KeepsTheMaximaOfOnDemandTables) {
  Metered table(R"("BillingMode":"PAY_PER_REQUEST","OnDemandThroughput":{"MaxReadRequestUnits":1})",
                "");
  std::string refusal;
  EXPECT_EQ(table.until_refused([&] { return table.get(); }, refusal), 300);
  EXPECT_EQ(
      refusal,
      "ThrottlingException: Throughput exceeds the maximum OnDemandThroughput configured on "
      R"(table or index throttlingReasons=[{"reason":"TableReadMaxOnDemandThroughputExceeded","resource":")" +
          kTable + R"("}])");
  EXPECT_EQ(table.until_refused([&] { return table.put_one(); }, refusal), 1'000);
}

// Reading and writing in transactions costs twice, and AWS names the kind (documented).
TEST(Capacity, OfTransactions) {
  Harness harness;
  harness.create();
  const std::string body =
      R"({"TransactItems":[{"Put":{"TableName":"tbl","Item":{"h":{"S":"a"},"v":{"S":")" +
      std::string(1'500, 'v') +
      R"j("}}}},{"ConditionCheck":{"TableName":"tbl","Key":{"h":{"S":"b"}},"ConditionExpression":"attribute_not_exists(h)"}}],)j"
      R"("ClientRequestToken":"t","ReturnConsumedCapacity":)";
  EXPECT_EQ(harness.call("TransactWriteItems", body + R"("INDEXES"})"),
            R"({"ConsumedCapacity":[{"TableName":"tbl","CapacityUnits":6,"WriteCapacityUnits":6,)"
            R"("Table":{"WriteCapacityUnits":6,"CapacityUnits":6}}]})");
  // A repetition is answered, and costs reading.
  EXPECT_EQ(harness.call("TransactWriteItems", body + R"("INDEXES"})"),
            R"({"ConsumedCapacity":[{"TableName":"tbl","CapacityUnits":4,"ReadCapacityUnits":4,)"
            R"("Table":{"ReadCapacityUnits":4,"CapacityUnits":4}}]})");
  EXPECT_EQ(
      harness.call(
          "TransactGetItems",
          R"({"TransactItems":[{"Get":{"TableName":"tbl","Key":{"h":{"S":"b"}}}}],"ReturnConsumedCapacity":"TOTAL"})"),
      R"({"ConsumedCapacity":[{"TableName":"tbl","CapacityUnits":2,"ReadCapacityUnits":2}],"Responses":[{}]})");
}

}  // namespace
}  // namespace penstock::dynamodb
