// Query, Scan, indexes and batches. Expectations: documented behaviour, wording recorded from AWS.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>
#include <thread>

#include "services/dynamodb/tests/harness.h"

namespace penstock::dynamodb {
namespace {

std::string item(const std::string& h, int r) {
  return R"({"h":{"S":")" + h + R"("},"r":{"N":")" + std::to_string(r) + R"("},"v":{"S":"v)" +
         std::to_string(r) + R"("}})";
}

// The values of r in a reply, in order: "1 2 3".
std::string ranges(const std::string& reply) {
  std::string out;
  const std::string mark = R"("r":{"N":")";
  const std::size_t end = std::min(reply.find("LastEvaluatedKey"), reply.size());
  for (std::size_t at = reply.find(mark); at < end; at = reply.find(mark, at + 1)) {
    const std::size_t begin = at + mark.size();
    out += (out.empty() ? "" : " ") + reply.substr(begin, reply.find('"', begin) - begin);
  }
  return out;
}

std::string query_body(const std::string& condition, const std::string& more = "") {
  return R"({"TableName":"tbl","KeyConditionExpression":")" + condition +
         R"(","ExpressionAttributeValues":{":h":{"S":"a"},":x":{"N":"2"},":y":{"N":"10"}})" + more +
         "}";
}

TEST(Query, KeyConditionsSelectRanges) {
  Harness harness;
  harness.create(true);
  for (const int r : {-5, 1, 2, 3, 10, 20}) harness.put(item("a", r));
  harness.put(item("b", 7));
  const std::string use = R"(,"FilterExpression":"v <> :y AND v <> :x")";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"h = :h", "-5 1 2 3 10 20"},
      {"h = :h AND r = :x", "2"},
      {"r < :x AND :h = h", "-5 1"},
      {"h = :h AND r <= :x", "-5 1 2"},
      {"h = :h AND r > :x", "3 10 20"},
      {"h = :h AND :x <= r", "2 3 10 20"},
      {"h = :h AND r BETWEEN :x AND :y", "2 3 10"},
  };
  for (const auto& [condition, expected] : cases) {
    EXPECT_EQ(ranges(harness.call("Query", query_body(condition, use))), expected) << condition;
    std::string reversed;
    const std::string reply =
        harness.call("Query", query_body(condition, use + R"(,"ScanIndexForward":false)"));
    std::istringstream in(expected);
    for (std::string r; in >> r;) reversed = r + (reversed.empty() ? "" : " ") + reversed;
    EXPECT_EQ(ranges(reply), reversed) << condition;
  }
}

TEST(Query, PagesByLimitInBothDirections) {
  Harness harness;
  harness.create(true);
  for (int r = 1; r <= 5; ++r) harness.put(item("a", r));
  const std::string base =
      R"({"TableName":"tbl","KeyConditionExpression":"h = :h","ExpressionAttributeValues":{":h":{"S":"a"}},"Limit":2)";
  std::string reply = harness.call("Query", base + "}");
  EXPECT_EQ(ranges(reply), "1 2");
  EXPECT_NE(reply.find(R"("LastEvaluatedKey":{"h":{"S":"a"},"r":{"N":"2"}})"), std::string::npos)
      << reply;
  reply = harness.call("Query", base + R"(,"ExclusiveStartKey":{"h":{"S":"a"},"r":{"N":"2"}}})");
  EXPECT_EQ(ranges(reply), "3 4");
  reply = harness.call("Query", base + R"(,"ExclusiveStartKey":{"h":{"S":"a"},"r":{"N":"4"}}})");
  EXPECT_EQ(ranges(reply), "5");
  EXPECT_EQ(reply.find("LastEvaluatedKey"), std::string::npos);
  reply = harness.call(
      "Query",
      base + R"(,"ScanIndexForward":false,"ExclusiveStartKey":{"h":{"S":"a"},"r":{"N":"4"}}})");
  EXPECT_EQ(ranges(reply), "3 2");
  reply = harness.call("Query", base + R"(,"Select":"COUNT"})");
  EXPECT_NE(reply.find(R"("Count":2,"ScannedCount":2)"), std::string::npos) << reply;
  EXPECT_EQ(reply.find("Items"), std::string::npos);
}

TEST(Query, PagesAtOneMegabyteBeforeTheFilter) {
  Harness harness;
  harness.create(true);
  const std::string big(300'000, 'x');
  for (int r = 1; r <= 6; ++r) {
    harness.put(R"({"h":{"S":"a"},"r":{"N":")" + std::to_string(r) + R"("},"v":{"S":")" + big +
                R"("}})");
  }
  const std::string reply = harness.call(
      "Query", R"({"TableName":"tbl","KeyConditionExpression":"h = :h",)"
               R"("FilterExpression":"r2 = :h","ExpressionAttributeValues":{":h":{"S":"a"}}})");
  // The fourth item crosses 1 MB and is still counted.
  EXPECT_EQ(
      reply,
      R"({"Items":[],"Count":0,"ScannedCount":4,"LastEvaluatedKey":{"h":{"S":"a"},"r":{"N":"4"}}})");
}

TEST(Query, IsRefusedWithAwsWording) {
  Harness harness;
  harness.create(true);
  const std::string i = "ValidationException: ";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"h = :h OR r = :x", i + "Invalid operator used in KeyConditionExpression: OR"},
      {"h <> :h", i + "Invalid operator used in KeyConditionExpression: <>"},
      {"attribute_exists(h) ",
       i + "Invalid operator used in KeyConditionExpression: attribute_exists"},
      {"h = :h AND size(r) = :x", i + "KeyConditionExpressions cannot contain nested operations"},
      {"h.a = :h", i + "KeyConditionExpressions cannot have conditions on nested attributes"},
      {"h = :h AND h = :h", i + "KeyConditionExpressions must only contain one condition per key"},
      {"h = r", i + "Invalid condition in KeyConditionExpression: Multiple attribute names used in "
                    "one condition"},
      {":h = :h", i + "Invalid condition in KeyConditionExpression: No key attribute specified"},
      {"r = :x", "ValidationException: Query condition missed key schema element: h"},
      {"h > :h", "ValidationException: Query key condition not supported"},
      {"h = :h AND z = :x", "ValidationException: Query condition missed key schema element: r"},
      {"h = :x",
       "ValidationException: One or more parameter values were invalid: Condition parameter type "
       "does not match schema type"},
  };
  for (const auto& [condition, expected] : cases) {
    std::string used = R"({":h":{"S":"a"},":x":{"N":"2"}})";
    if (condition.find(":x") == std::string::npos) used = R"({":h":{"S":"a"}})";
    if (condition.find(":h") == std::string::npos) used = R"({":x":{"N":"2"}})";
    if (condition.find(':') == std::string::npos) {
      EXPECT_EQ(harness.call("Query", R"({"TableName":"tbl","KeyConditionExpression":")" +
                                          condition + R"("})"),
                expected);
      continue;
    }
    EXPECT_EQ(harness.call("Query", R"({"TableName":"tbl","KeyConditionExpression":")" + condition +
                                        R"(","ExpressionAttributeValues":)" + used + "}"),
              expected)
        << condition;
  }
  EXPECT_EQ(harness.call("Query", R"({"TableName":"tbl"})"),
            "ValidationException: Either the KeyConditions or KeyConditionExpression parameter "
            "must be specified in the request.");
  EXPECT_EQ(
      harness.call("Query", query_body("h = :h", R"(,"FilterExpression":"r = :x AND r = :y")")),
      "ValidationException: Filter Expression can only contain non-primary key attributes: Primary "
      "key attribute: r");
  EXPECT_EQ(
      harness.call(
          "Query",
          query_body("h = :h", R"(,"FilterExpression":"v = :x AND v = :y","IndexName":"nope")")),
      "ValidationException: The table does not have the specified index: nope");
}

TEST(Scan, SegmentsPartitionTheTable) {
  Harness harness;
  harness.create(true);
  std::set<std::string> expected;
  for (int i = 0; i < 40; ++i) {
    harness.put(item("k" + std::to_string(i), 1));
    expected.insert("k" + std::to_string(i));
  }
  std::multiset<std::string> seen;
  for (int segment = 0; segment < 3; ++segment) {
    std::string start;
    while (true) {
      const std::string reply =
          harness.call("Scan", R"({"TableName":"tbl","Limit":5,"TotalSegments":3,"Segment":)" +
                                   std::to_string(segment) + start + "}");
      const std::size_t last = reply.find(R"("LastEvaluatedKey":)");
      const std::string items = reply.substr(0, last);
      for (std::size_t at = items.find(R"("S":"k)"); at != std::string::npos;
           at = items.find(R"("S":"k)", at + 1)) {
        seen.insert(items.substr(at + 5, items.find('"', at + 5) - at - 5));
      }
      if (last == std::string::npos) break;
      start = R"(,"ExclusiveStartKey":)" + reply.substr(last + 19, reply.size() - last - 20);
    }
  }
  EXPECT_EQ(seen, std::multiset<std::string>(expected.begin(), expected.end()));
}

constexpr const char* kIndexedTable = R"({"TableName":"tbl","BillingMode":"PAY_PER_REQUEST",
  "KeySchema":[{"AttributeName":"h","KeyType":"HASH"},{"AttributeName":"r","KeyType":"RANGE"}],
  "AttributeDefinitions":[{"AttributeName":"h","AttributeType":"S"},{"AttributeName":"r","AttributeType":"N"},
    {"AttributeName":"g","AttributeType":"S"},{"AttributeName":"l","AttributeType":"S"}],
  "GlobalSecondaryIndexes":[{"IndexName":"byg","KeySchema":[{"AttributeName":"g","KeyType":"HASH"},{"AttributeName":"r","KeyType":"RANGE"}],
    "Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["v"]}}],
  "LocalSecondaryIndexes":[{"IndexName":"byl","KeySchema":[{"AttributeName":"h","KeyType":"HASH"},{"AttributeName":"l","KeyType":"RANGE"}],
    "Projection":{"ProjectionType":"KEYS_ONLY"}}]})";

TEST(Indexes, FollowTheItems) {
  Harness harness;
  ASSERT_NE(harness.call("CreateTable", kIndexedTable).find("CREATING"), std::string::npos);
  const auto by_g = [&harness](const std::string& more = "") {
    return harness.call(
        "Query",
        R"({"TableName":"tbl","IndexName":"byg","KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"x"}})" +
            more + "}");
  };
  harness.put(
      R"({"h":{"S":"a"},"r":{"N":"2"},"g":{"S":"x"},"l":{"S":"m"},"v":{"S":"v"},"w":{"S":"w"}})");
  harness.put(R"({"h":{"S":"b"},"r":{"N":"1"},"g":{"S":"x"},"w":{"S":"w"}})");
  harness.put(R"({"h":{"S":"c"},"r":{"N":"1"},"w":{"S":"not indexed"}})");
  EXPECT_EQ(
      by_g(),
      R"({"Items":[{"g":{"S":"x"},"h":{"S":"b"},"r":{"N":"1"}},{"g":{"S":"x"},"h":{"S":"a"},"r":{"N":"2"},"v":{"S":"v"}}],"Count":2,"ScannedCount":2})");
  const std::string page = by_g(R"(,"Limit":1)");
  EXPECT_NE(page.find(R"("LastEvaluatedKey":{"g":{"S":"x"},"h":{"S":"b"},"r":{"N":"1"}})"),
            std::string::npos)
      << page;
  EXPECT_EQ(ranges(by_g(R"(,"ExclusiveStartKey":{"g":{"S":"x"},"h":{"S":"b"},"r":{"N":"1"}})")),
            "2");
  // A local index fetches what it does not project.
  EXPECT_EQ(
      harness.call(
          "Query",
          R"({"TableName":"tbl","IndexName":"byl","KeyConditionExpression":"h = :h","ExpressionAttributeValues":{":h":{"S":"a"}},"ProjectionExpression":"w","ConsistentRead":true})"),
      R"({"Items":[{"w":{"S":"w"}}],"Count":1,"ScannedCount":1})");
  // A changed index key moves the entry, a removed one takes it away.
  harness.call(
      "UpdateItem",
      R"({"TableName":"tbl","Key":{"h":{"S":"a"},"r":{"N":"2"}},"UpdateExpression":"SET g = :g","ExpressionAttributeValues":{":g":{"S":"y"}}})");
  EXPECT_EQ(ranges(by_g()), "1");
  harness.call("DeleteItem", R"({"TableName":"tbl","Key":{"h":{"S":"b"},"r":{"N":"1"}}})");
  EXPECT_EQ(by_g(), R"({"Items":[],"Count":0,"ScannedCount":0})");
  EXPECT_EQ(harness.put(R"({"h":{"S":"a"},"r":{"N":"2"},"g":{"N":"5"}})"),
            "ValidationException: One or more parameter values were invalid: Type mismatch for "
            "Index Key g Expected: S Actual: N IndexName: byg");
  EXPECT_EQ(by_g(R"(,"ConsistentRead":true)"),
            "ValidationException: Consistent reads are not supported on global secondary indexes");
}

TEST(Indexes, AreFilledWhenAddedLater) {
  Harness harness;
  harness.create(true);
  for (int r = 1; r <= 3; ++r) {
    harness.put(R"({"h":{"S":"a"},"r":{"N":")" + std::to_string(r) + R"("},"g":{"S":"x"}})");
  }
  harness.put(R"({"h":{"S":"a"},"r":{"N":"9"},"g":{"N":"7"}})");  // Of the wrong type: left out.
  const std::string reply = harness.call(
      "UpdateTable",
      R"({"TableName":"tbl","AttributeDefinitions":[{"AttributeName":"g","AttributeType":"S"}],
    "GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"byg","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}}]})");
  ASSERT_NE(reply.find("UPDATING"), std::string::npos) << reply;
  while (
      harness.call("DescribeTable", R"({"TableName":"tbl"})").find(R"("IndexStatus":"ACTIVE")") ==
      std::string::npos) {
    std::this_thread::yield();
  }
  EXPECT_EQ(
      ranges(harness.call(
          "Query",
          R"({"TableName":"tbl","IndexName":"byg","KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"x"}}})")),
      "1 2 3");
  harness.call(
      "UpdateTable",
      R"({"TableName":"tbl","GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"byg"}}]})");
  EXPECT_EQ(harness.call("DescribeTable", R"({"TableName":"tbl"})").find("byg"), std::string::npos);
}

TEST(Batches, WriteAndRead) {
  Harness harness;
  harness.create(true);
  EXPECT_EQ(harness.call("BatchWriteItem", R"({"RequestItems":{"tbl":[{"PutRequest":{"Item":)" +
                                               item("a", 1) + R"(}},{"PutRequest":{"Item":)" +
                                               item("a", 2) + R"(}}]}})"),
            R"({"UnprocessedItems":{}})");
  EXPECT_EQ(
      harness.call(
          "BatchWriteItem",
          R"({"RequestItems":{"tbl":[{"DeleteRequest":{"Key":{"h":{"S":"a"},"r":{"N":"1"}}}},{"DeleteRequest":{"Key":{"h":{"S":"a"},"r":{"N":"1.0"}}}}]}})"),
      "ValidationException: Provided list of item keys contains duplicates");
  EXPECT_EQ(
      harness.call(
          "BatchGetItem",
          R"({"RequestItems":{"tbl":{"Keys":[{"h":{"S":"a"},"r":{"N":"1"}},{"h":{"S":"z"},"r":{"N":"1"}}],"ProjectionExpression":"v"}}})"),
      R"({"Responses":{"tbl":[{"v":{"S":"v1"}}]},"UnprocessedKeys":{}})");
  // One bad item and nothing is written.
  EXPECT_EQ(harness.call("BatchWriteItem", R"({"RequestItems":{"tbl":[{"PutRequest":{"Item":)" +
                                               item("b", 1) +
                                               R"(}},{"PutRequest":{"Item":{"h":{"S":"b"}}}}]}})"),
            "ValidationException: The provided key element does not match the schema");
  EXPECT_EQ(ranges(harness.call("Scan", R"({"TableName":"tbl"})")), "1 2");
}

TEST(Transactions, AreAllOrNothing) {
  Harness harness;
  harness.create(true);
  const std::string put = R"({"Put":{"TableName":"tbl","Item":)" + item("a", 1) +
                          R"(,"ConditionExpression":"attribute_not_exists(h) "
}
})";
  const std::string two = R"({"TransactItems":[)" + put + R"(,{"Put":{"TableName":"tbl","Item":)" +
                          item("a", 2) + "}}]";
  EXPECT_EQ(harness.call("TransactWriteItems", two + R"(,"ClientRequestToken":"one"})"), "{}");
  // The same token with the same parameters is answered from memory, also after a restart.
  harness.reopen();
  EXPECT_EQ(harness.call("TransactWriteItems", two + R"(,"ClientRequestToken":"one"})"), "{}");
  EXPECT_TRUE(harness
                  .call("TransactWriteItems",
                        R"({"TransactItems":[)" + put + R"(],"ClientRequestToken":"one"})")
                  .starts_with("IdempotentParameterMismatchException"));
  EXPECT_EQ(
      harness.call("TransactWriteItems",
                   R"({"TransactItems":[)" + put +
                       R"(,{"Delete":{"TableName":"tbl","Key":{"h":{"S":"a"},"r":{"N":"2"}}}}]})"),
      "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for "
      "specific reasons "
      R"([ConditionalCheckFailed, None] CancellationReasons=[{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"},{"Code":"None"}])");
  EXPECT_EQ(
      harness.call(
          "TransactGetItems",
          R"({"TransactItems":[{"Get":{"TableName":"tbl","Key":{"h":{"S":"a"},"r":{"N":"2"}},"ProjectionExpression":"v"}},{"Get":{"TableName":"tbl","Key":{"h":{"S":"q"},"r":{"N":"2"}}}}]})"),
      R"({"Responses":[{"Item":{"v":{"S":"v2"}}},{}]})");
  EXPECT_EQ(
      harness.call("TransactWriteItems", R"({"TransactItems":[)" + put + "," + put + "]}"),
      "ValidationException: Transaction request cannot include multiple operations on one item");
  harness.clock.advance(std::chrono::minutes(11));
  EXPECT_TRUE(harness.call("TransactWriteItems", two + R"(,"ClientRequestToken":"one"})")
                  .starts_with("TransactionCanceled"));
}

// A model: what a map does, the table does.
TEST(Query, AgreesWithAMap) {
  Harness harness;
  harness.create(true);
  const auto random = make_seeded_random(11);
  std::map<std::string, std::map<int, std::string>> model;
  for (int step = 0; step < 400; ++step) {
    const std::string h(1, static_cast<char>('a' + random->below(3)));
    const int r = static_cast<int>(random->below(30)) - 15;
    if (random->below(4) == 0) {
      harness.call("DeleteItem", R"({"TableName":"tbl","Key":{"h":{"S":")" + h +
                                     R"("},"r":{"N":")" + std::to_string(r) + R"("}}})");
      model[h].erase(r);
    } else {
      harness.put(item(h, r));
      model[h][r] = "x";
    }
    if (step % 20 != 0) continue;
    std::string expected;
    for (const auto& [key, value] : model[h])
      expected += (expected.empty() ? "" : " ") + std::to_string(key);
    EXPECT_EQ(
        ranges(harness.call(
            "Query",
            R"({"TableName":"tbl","KeyConditionExpression":"h = :h","ExpressionAttributeValues":{":h":{"S":")" +
                h + R"("}}})")),
        expected);
  }
}

}  // namespace
}  // namespace penstock::dynamodb
