// Global indexes with up to four hash and four range attributes. The rules are documented, and
// checked against AWS by Alternator's tests.
#include <gtest/gtest.h>

#include <vector>

#include "services/dynamodb/tests/harness.h"

namespace penstock::dynamodb {
namespace {

const std::string kIndexKeys =
    R"("KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"b","KeyType":"HASH"},)"
    R"({"AttributeName":"x","KeyType":"RANGE"},{"AttributeName":"y","KeyType":"RANGE"},)"
    R"({"AttributeName":"z","KeyType":"RANGE"}])";
const std::string kAttributes =
    R"({"AttributeName":"a","AttributeType":"S"},{"AttributeName":"b","AttributeType":"N"},)"
    R"({"AttributeName":"x","AttributeType":"N"},{"AttributeName":"y","AttributeType":"S"},)"
    R"({"AttributeName":"z","AttributeType":"B"})";

std::string index_definition(const std::string& projection = "ALL") {
  return R"({"IndexName":"idx",)" + kIndexKeys + R"(,"Projection":{"ProjectionType":")" +
         projection + R"("}})";
}

void create_with_index(Harness& harness, const std::string& projection = "ALL") {
  const std::string reply = harness.call(
      "CreateTable",
      R"({"TableName":"tbl","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"h","KeyType":"HASH"}],)"
      R"("AttributeDefinitions":[{"AttributeName":"h","AttributeType":"S"},)" +
          kAttributes + R"(],"GlobalSecondaryIndexes":[)" + index_definition(projection) + "]}");
  ASSERT_NE(reply.find(kIndexKeys), std::string::npos) << reply;
}

std::string item(const std::string& h, const std::string& a, int b, int x, const std::string& y,
                 const std::string& z = "AA==") {
  return R"({"h":{"S":")" + h + R"("},"a":{"S":")" + a + R"("},"b":{"N":")" + std::to_string(b) +
         R"("},"x":{"N":")" + std::to_string(x) + R"("},"y":{"S":")" + y + R"("},"z":{"B":")" + z +
         R"("}})";
}

// Items of (p, 1) in the index's order: i1 to i5; and neighbours that are not of it.
void fill(Harness& harness) {
  const std::vector<std::string> items = {
      item("i3", "p", 1, 2, "b"),
      item("i1", "p", 1, -10, "z"),
      item("i5", "p", 1, 10, "a"),
      item("i2", "p", 1, 2, "a"),
      item("i4", "p", 1, 2, "bb"),
      item("n1", "p", 2, 2, "a"),
      item("n2", "q", 1, 2, "a"),
      item("n3", "p1", 1, 2, "a"),
      R"({"h":{"S":"sparse"},"a":{"S":"p"},"b":{"N":"1"},"x":{"N":"2"},"y":{"S":"a"}})"};
  for (const std::string& each : items) ASSERT_EQ(harness.put(each), "{}") << each;
}

std::string query(Harness& harness, const std::string& condition, const std::string& values,
                  const std::string& more = "") {
  return harness.call("Query", R"({"TableName":"tbl","IndexName":"idx","ProjectionExpression":"h",)"
                               R"("KeyConditionExpression":")" +
                                   condition + R"(","ExpressionAttributeValues":{)" + values + "}" +
                                   more + "}");
}

// The names of the items, in the reply's order.
std::string found(const std::string& reply) {
  std::string out;
  for (std::size_t at = reply.find(R"({"h":{"S":")"); at != std::string::npos;
       at = reply.find(R"({"h":{"S":")", at + 1)) {
    const std::size_t begin = at + 11;
    out += (out.empty() ? "" : " ") + reply.substr(begin, reply.find('"', begin) - begin);
  }
  return out.empty() ? reply : out;
}

const std::string kHashes = R"(":a":{"S":"p"},":b":{"N":"1"})";

TEST(MultiKey, QueriesByPrefixOfTheSortAttributes) {
  Harness harness;
  create_with_index(harness);
  fill(harness);
  const std::string hash = "a = :a AND b = :b";
  const std::string x = R"(,":x":{"N":"2"})";
  const std::vector<std::vector<std::string>> cases = {
      {hash, "", "i1 i2 i3 i4 i5"},
      {hash + " AND x = :x", x, "i2 i3 i4"},
      {hash + " AND x > :x", x, "i5"},
      {hash + " AND x <= :x", x, "i1 i2 i3 i4"},
      {hash + " AND x BETWEEN :x AND :w", x + R"(,":w":{"N":"10"})", "i2 i3 i4 i5"},
      {hash + " AND x = :x AND y = :y", x + R"(,":y":{"S":"b"})", "i3"},
      {hash + " AND y = :y AND x = :x", x + R"(,":y":{"S":"b"})", "i3"},  // In any order.
      {hash + " AND x = :x AND begins_with(y, :y)", x + R"(,":y":{"S":"b"})", "i3 i4"},
      {hash + " AND x = :x AND y < :y", x + R"(,":y":{"S":"bb"})", "i2 i3"},
      {hash + " AND x = :x AND y = :y AND z = :z", x + R"(,":y":{"S":"b"},":z":{"B":"AA=="})",
       "i3"},
      {hash + " AND x = :x AND y = :y AND z > :z", x + R"(,":y":{"S":"b"},":z":{"B":"AA=="})",
       R"({"Items":[],"Count":0,"ScannedCount":0})"},
  };
  for (const auto& one : cases)
    EXPECT_EQ(found(query(harness, one[0], kHashes + one[1])), one[2]) << one[0];
  EXPECT_EQ(found(query(harness, hash, kHashes, R"(,"ScanIndexForward":false)")), "i5 i4 i3 i2 i1");
}

TEST(MultiKey, RefusesOtherConditions) {
  Harness harness;
  create_with_index(harness);
  const std::string unsupported = "ValidationException: Query key condition not supported";
  const std::string missed = "ValidationException: Query condition missed key schema element: ";
  const std::string x = R"(,":x":{"N":"2"})";
  const std::string y = R"(,":y":{"S":"b"})";
  const std::vector<std::vector<std::string>> cases = {
      {"a = :a", R"(":a":{"S":"p"})", missed + "b"},
      {"a = :a AND b > :b", kHashes, unsupported},
      {"a = :a AND b = :b AND y = :y", kHashes + y, missed + "x"},
      {"a = :a AND b = :b AND x > :x AND y = :y", kHashes + x + y, unsupported},
      {"a = :a AND b = :b AND x = :x AND z = :z", kHashes + x + R"(,":z":{"B":"AA=="})",
       missed + "y"},
      {"a = :a AND b = :b AND h = :y", kHashes + y, missed + "x"},
      {"a = :a AND b = :b AND x = :y", kHashes + y,
       "ValidationException: One or more parameter values were invalid: Condition parameter type "
       "does not match schema type"},
  };
  for (const auto& one : cases) EXPECT_EQ(query(harness, one[0], one[1]), one[2]) << one[0];
  // Filters must leave all key attributes of the index alone, but may use the table's.
  EXPECT_EQ(query(harness, "a = :a AND b = :b", kHashes + x, R"(,"FilterExpression":"x = :x")"),
            "ValidationException: Filter Expression can only contain non-primary key attributes: "
            "Primary key attribute: x");
  EXPECT_EQ(query(harness, "a = :a AND b = :b", kHashes + y, R"(,"FilterExpression":"h = :y")"),
            R"({"Items":[],"Count":0,"ScannedCount":0})");
  EXPECT_EQ(harness.call("Query",
                         R"({"TableName":"tbl","IndexName":"idx","KeyConditions":)"
                         R"({"a":{"AttributeValueList":[{"S":"v"}],"ComparisonOperator":"EQ"},)"
                         R"("b":{"AttributeValueList":[{"N":"1"}],"ComparisonOperator":"EQ"}}})"),
            unsupported);
}

TEST(MultiKey, PagesThroughQueriesAndScans) {
  Harness harness;
  create_with_index(harness);
  fill(harness);
  const std::string first = query(harness, "a = :a AND b = :b", kHashes, R"(,"Limit":2)");
  const std::string position =
      R"({"a":{"S":"p"},"b":{"N":"1"},"h":{"S":"i2"},"x":{"N":"2"},"y":{"S":"a"},"z":{"B":"AA=="}})";
  EXPECT_EQ(first, R"({"Items":[{"h":{"S":"i1"}},{"h":{"S":"i2"}}],"Count":2,"ScannedCount":2,)"
                   R"("LastEvaluatedKey":)" +
                       position + "}");
  EXPECT_EQ(
      found(query(harness, "a = :a AND b = :b", kHashes, R"(,"ExclusiveStartKey":)" + position)),
      "i3 i4 i5");
  EXPECT_EQ(
      query(harness, "a = :a AND b = :b AND x > :x", kHashes + R"(,":x":{"N":"2"})",
            R"(,"ExclusiveStartKey":)" + position),
      "ValidationException: The provided starting key does not match the range key predicate");
  EXPECT_EQ(query(harness, "a = :a AND b = :b", R"(":a":{"S":"p"},":b":{"N":"2"})",
                  R"(,"ExclusiveStartKey":)" + position),
            "ValidationException: The provided starting key is outside query boundaries based on "
            "provided conditions");
  EXPECT_EQ(
      query(
          harness, "a = :a AND b = :b", kHashes,
          R"(,"ExclusiveStartKey":{"a":{"S":"p"},"h":{"S":"i2"},"x":{"N":"2"},"y":{"S":"a"},"z":{"B":"AA=="}})"),
      "ValidationException: The provided starting key is invalid");
  const std::string scanned = harness.call("Scan", R"({"TableName":"tbl","IndexName":"idx"})");
  EXPECT_NE(scanned.find(R"("Count":8)"), std::string::npos) << scanned;
}

TEST(MultiKey, ChecksItemsAndFollowsThem) {
  Harness harness;
  create_with_index(harness, "KEYS_ONLY");
  EXPECT_EQ(harness.put(R"({"h":{"S":"k"},"b":{"S":"no number"}})"),
            "ValidationException: One or more parameter values were invalid: Type mismatch for "
            "Index Key b Expected: N Actual: S IndexName: idx");
  EXPECT_NE(harness.put(R"({"h":{"S":"k"},"y":{"S":""}})").find("empty string value"),
            std::string::npos);
  // The sizes of one kind count together (deduced from the text).
  EXPECT_EQ(harness.put(item("k", "p", 1, 1, std::string(1'024, 'y'), "AA==")),
            "ValidationException: One or more parameter values were invalid: Aggregated size of "
            "all range keys has exceeded the size limit of 1024 bytes");
  EXPECT_EQ(harness.put(item("k", "p", 1, 1, std::string(1'023, 'y'), "AA==")), "{}");
  EXPECT_EQ(found(query(harness, "a = :a AND b = :b", kHashes)), "k");
  const auto change = [&harness](const std::string& expression, const std::string& values) {
    return harness.call("UpdateItem",
                        R"({"TableName":"tbl","Key":{"h":{"S":"k"}},"UpdateExpression":")" +
                            expression + "\"" + values + "}");
  };
  const std::string nothing = R"({"Items":[],"Count":0,"ScannedCount":0})";
  EXPECT_EQ(change("REMOVE z", ""), "{}");
  EXPECT_EQ(query(harness, "a = :a AND b = :b", kHashes), nothing);
  EXPECT_EQ(change("SET z = :z", R"(,"ExpressionAttributeValues":{":z":{"B":"AQ=="}})"), "{}");
  EXPECT_EQ(found(query(harness, "a = :a AND b = :b", kHashes)), "k");
  EXPECT_EQ(change("SET b = :b", R"(,"ExpressionAttributeValues":{":b":{"N":"7"}})"), "{}");
  EXPECT_EQ(query(harness, "a = :a AND b = :b", kHashes), nothing);
  EXPECT_EQ(harness.call("DeleteItem", R"({"TableName":"tbl","Key":{"h":{"S":"k"}}})"), "{}");
  EXPECT_NE(harness.call("Scan", R"({"TableName":"tbl","IndexName":"idx"})").find(R"("Count":0)"),
            std::string::npos);
}

TEST(MultiKey, IsFilledLater) {
  Harness harness;
  harness.create();
  fill(harness);
  const std::string reply =
      harness.call("UpdateTable", R"({"TableName":"tbl","AttributeDefinitions":[)" + kAttributes +
                                      R"(],"GlobalSecondaryIndexUpdates":[{"Create":)" +
                                      index_definition() + "}]}");
  EXPECT_NE(reply.find(R"("IndexStatus":"CREATING","Backfilling":false)"), std::string::npos)
      << reply;
  while (query(harness, "a = :a AND b = :b", kHashes).find("backfilling") != std::string::npos) {
    std::this_thread::yield();
  }
  EXPECT_EQ(found(query(harness, "a = :a AND b = :b", kHashes)), "i1 i2 i3 i4 i5");
  harness.reopen();
  EXPECT_EQ(found(query(harness, "a = :a AND b = :b AND x = :x", kHashes + R"(,":x":{"N":"10"})")),
            "i5");
}

}  // namespace
}  // namespace penstock::dynamodb
