// ExecuteStatement on tables. Recorded by public conformance suites from the service (2026) except
// where a line says otherwise.
#include <string>
#include <vector>

#include "services/dynamodb/tests/harness.h"

namespace penstock::dynamodb {
namespace {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

class PartiqlStatements : public ::testing::Test {
 protected:
  // `more` continues the request: ,"Limit":1
  std::string run(const std::string& statement, const std::string& more = {}) {
    return harness_.call("ExecuteStatement",
                         R"({"Statement":")" + escaped(statement) + "\"" + more + "}");
  }
  // The sort keys that the statement returns, in order.
  std::string sort_keys(const std::string& where) {
    const std::string reply = run("SELECT r FROM tbl WHERE " + where);
    if (!reply.starts_with("{")) return reply;
    std::string out;
    for (std::size_t at = 0; (at = reply.find(R"("N":")", at)) != std::string::npos;) {
      at += 5;
      out += reply.substr(at, reply.find('"', at) - at) + " ";
    }
    return out;
  }
  void fill() {
    harness_.create(true);
    for (const std::string h : {"a", "b"}) {
      for (const std::string r : {"1", "2", "3"}) {
        harness_.put(R"({"h":{"S":")" + h + R"("},"r":{"N":")" + r + R"("},"x":{"S":"x)" + r +
                     R"("}})");
      }
    }
  }
  // Indexes on g: gsi projects keys and p; and on s: lsi has only keys.
  void create_indexed() {
    harness_.call(
        "CreateTable",
        R"({"TableName":"idx","KeySchema":[{"AttributeName":"h","KeyType":"HASH"},)"
        R"({"AttributeName":"r","KeyType":"RANGE"}],"AttributeDefinitions":[)"
        R"({"AttributeName":"h","AttributeType":"S"},{"AttributeName":"r","AttributeType":"N"},)"
        R"({"AttributeName":"g","AttributeType":"S"},{"AttributeName":"s","AttributeType":"S"}],)"
        R"("GlobalSecondaryIndexes":[{"IndexName":"gsi","KeySchema":[{"AttributeName":"g",)"
        R"("KeyType":"HASH"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["p"]}}],)"
        R"("LocalSecondaryIndexes":[{"IndexName":"lsi","KeySchema":[{"AttributeName":"h",)"
        R"("KeyType":"HASH"},{"AttributeName":"s","KeyType":"RANGE"}],"Projection":)"
        R"({"ProjectionType":"KEYS_ONLY"}}],"BillingMode":"PAY_PER_REQUEST"})");
    for (const std::string r : {"1", "2"}) {
      harness_.call("PutItem", R"({"TableName":"idx","Item":{"h":{"S":"a"},"r":{"N":")" + r +
                                   R"("},"g":{"S":"y"},"s":{"S":"s)" + r + R"("},"p":{"S":"p)" + r +
                                   R"("},"q":{"S":"q)" + r + R"("}}})");
    }
  }

  Harness harness_;
};

TEST_F(PartiqlStatements, WriteAndRead) {
  harness_.create();
  const std::string none = R"({"Items":[]})";
  EXPECT_EQ(run("INSERT INTO tbl VALUE {'h': 'a', 'n': 1, 'l': ['x', 'y', 'z'], 'm': {'k': 1}}"),
            none);
  EXPECT_EQ(run("INSERT INTO tbl VALUE {'h': 'a'}"),
            "DuplicateItemException: Duplicate primary key exists in table");
  EXPECT_EQ(run("UPDATE tbl SET n = n + 2 - 1 SET m.j = 'v', s = <<'b', 'a'>> WHERE h = 'a'"),
            none);
  EXPECT_EQ(run("SELECT n, l[1], m.j, s FROM tbl WHERE h = 'a'"),
            R"({"Items":[{"j":{"S":"v"},"l[1]":{"S":"y"},"n":{"N":"2"},"s":{"SS":["a","b"]}}]})");
  EXPECT_EQ(run("UPDATE tbl SET s = set_add(s, ?) SET l = list_append(l, [1]) WHERE h = 'a'",
                R"(,"Parameters":[{"SS":["c"]}])"),
            none);
  EXPECT_EQ(run("SELECT s, l FROM tbl WHERE h = 'a'"),
            R"({"Items":[{"l":{"L":[{"S":"x"},{"S":"y"},{"S":"z"},{"N":"1"}]},)"
            R"("s":{"SS":["a","b","c"]}}]})");
  EXPECT_EQ(run("DELETE FROM tbl WHERE h = 'a' AND n = 3"),
            "ConditionalCheckFailedException: The conditional request failed");
  EXPECT_EQ(run("DELETE FROM tbl WHERE h = 'a' AND n = 2"), none);
  EXPECT_EQ(run("DELETE FROM tbl WHERE h = 'a' AND n = 2"), none);  // Nothing there: no condition.
  EXPECT_EQ(run("UPDATE tbl SET n = 1 WHERE h = 'a'"),              // No upsert.
            "ConditionalCheckFailedException: The conditional request failed");
  EXPECT_EQ(run("UPDATE tbl SET n = 1 WHERE h = 'a' AND attribute_not_exists(h)"),
            "ConditionalCheckFailedException: The conditional request failed");
  EXPECT_EQ(run("SELECT * FROM tbl WHERE h = 'a'"), none);
}

TEST_F(PartiqlStatements, ReturningShowsTheItem) {
  harness_.create();
  harness_.put(R"({"h":{"S":"a"},"n":{"N":"1"},"l":{"L":[{"S":"a"},{"S":"b"},{"S":"c"}]}})");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"UPDATE tbl SET n = 2 WHERE h = 'a' RETURNING MODIFIED OLD *", R"([{"n":{"N":"1"}}])"},
      {"UPDATE tbl SET n = 3 WHERE h = 'a' RETURNING MODIFIED NEW *", R"([{"n":{"N":"3"}}])"},
      {"UPDATE tbl SET l[2] = 'z', l[0] = 'x' WHERE h = 'a' RETURNING MODIFIED NEW *",
       R"([{"l":{"L":[{"S":"x"},{"S":"z"}]}}])"},
      {"UPDATE tbl SET l[5] = 'w' WHERE h = 'a' RETURNING MODIFIED NEW *", "[]"},
      {"UPDATE tbl REMOVE l[1] WHERE h = 'a' RETURNING MODIFIED NEW *",
       R"([{"l":{"L":[{"S":"z"}]}}])"},
      {"UPDATE tbl REMOVE l WHERE h = 'a' RETURNING MODIFIED NEW *", "[]"},
      {"UPDATE tbl SET v = 1 WHERE h = 'a' RETURNING MODIFIED OLD *", "[]"},
      {"UPDATE tbl REMOVE v WHERE h = 'a' RETURNING ALL NEW *",
       R"([{"h":{"S":"a"},"n":{"N":"3"}}])"},
      {"FROM tbl WHERE h = 'a' SET n = 4 RETURNING ALL OLD *",
       R"([{"h":{"S":"a"},"n":{"N":"3"}}])"},
      {"DELETE FROM tbl WHERE h = 'a' RETURNING ALL OLD *", R"([{"h":{"S":"a"},"n":{"N":"4"}}])"},
      {"DELETE FROM tbl WHERE h = 'a' RETURNING ALL OLD *", "[]"},
  };
  for (const auto& [statement, items] : cases) {
    EXPECT_EQ(run(statement), R"({"Items":)" + items + "}") << statement;
  }
}

TEST_F(PartiqlStatements, RefuseWritesThatNameNoItem) {
  fill();
  const std::string key =
      "ValidationException: Where clause does not contain a mandatory equality on all key "
      "attributes";
  const std::string type =
      "ValidationException: Key attribute's data type should match its data type in table's "
      "schema: Key ";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"UPDATE tbl SET a = 1", key},
      {"FROM tbl REMOVE a", key},
      {"UPDATE tbl SET a = 1 WHERE h = 'a'", key},
      {"DELETE FROM tbl WHERE x = 'x1'", key},
      {"DELETE FROM tbl WHERE h = 'a' AND r IN [1]", key},
      {"DELETE FROM tbl WHERE h = 'a' AND r = 1 AND h = 'b'",
       "ValidationException: Multiple conditions on same key h. Only single item "
       "Update/Insert/Delete are supported"},
      {"DELETE FROM tbl WHERE (h = 'a' AND r = 1) AND h = 'a' AND x = 'no'",
       "ConditionalCheckFailedException: The conditional request failed"},
      {"DELETE FROM tbl WHERE h = 1 AND r = 1", type + "h"},
      {"DELETE FROM tbl WHERE h = 'a' AND r = '1'", type + "r"},
      {"INSERT INTO tbl VALUE {'h': 'a'}",
       "ValidationException: One or more parameter values were invalid: Missing the key r in the "
       "item"},
      {"UPDATE tbl SET r = 2 WHERE h = 'a' AND r = 1",
       "ValidationException: One or more parameter values were invalid: Cannot update attribute r. "
       "This attribute is part of the key"},
      {"UPDATE tbl SET nope[0] = 'x' WHERE h = 'a' AND r = 1",
       "ValidationException: The document path provided in the update expression is invalid for "
       "update"},
      {"UPDATE tbl SET x = set_add(x, <<'x'>>) WHERE h = 'a' AND r = 1",
       "ValidationException: An operand in the update expression has an incorrect data type"},
      {"SELECT * FROM none WHERE h = 'a'",
       "ResourceNotFoundException: Requested resource not found"},
      {"EXISTS(SELECT * FROM tbl WHERE h = 'a' AND r = 1 AND x IS MISSING)",
       "ValidationException: EXISTS can only be used in ExecuteTransaction write requests."},
  };
  for (const auto& [statement, reply] : cases) EXPECT_EQ(run(statement), reply) << statement;
}

TEST_F(PartiqlStatements, ShowTheItemOfAFailedCondition) {
  harness_.create();
  harness_.put(R"({"h":{"S":"a"},"n":{"N":"1"}})");
  EXPECT_EQ(run("UPDATE tbl SET n = 2 WHERE h = 'a' AND n = 5",
                R"(,"ReturnValuesOnConditionCheckFailure":"ALL_OLD")"),
            R"(ConditionalCheckFailedException: The conditional request failed )"
            R"(Item={"h":{"S":"a"},"n":{"N":"1"}})");
}

TEST_F(PartiqlStatements, ReadRangesOfKeys) {
  fill();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"h = 'a'", "1 2 3 "},
      {"h = 'a' AND r > 1", "2 3 "},
      {"h = 'a' AND 2 >= r", "1 2 "},
      {"h = 'a' AND r BETWEEN 2 AND 3 AND r < 3", "2 "},
      {"h = 'a' AND (r = 1 OR r = 3)", "1 3 "},
      {"h = 'a' AND r IN [3, 1]", "1 3 "},
      {"h = 'a' AND (r < 2 OR r > 2 OR r = 2)", "1 2 3 "},
      {"h = 'a' AND attribute_exists(h)", "1 2 3 "},
      {"h = 'a' AND NOT r = 1", "2 3 "},
      {"h = 'a' AND r > 0 AND r <> 1", "2 3 "},
      {"h = 'a' AND h = 'b'", ""},
      {"h = 'a' AND x = 'x2'", "2 "},
      {"h IN ['a', 'b'] AND r = 2", "2 2 "},
      {"h = 'a' AND NOT r = 1 OR h = 'a' AND r = 2", "2 3 "},
      {"h = 'a' AND r <> 1 OR h = 'a' AND r = 2", "2 3 "},
      {"h = 'a' OR h = 'a' AND NOT r = 1", "1 2 3 "},
      {"(h = 'a' AND r = 1) OR (h = 'b' AND x = 'x3')", "1 3 "},
      {"h > 1", ""},
      {"h = 'a' ORDER BY r DESC", "3 2 1 "},
      {"h = 'a' ORDER BY r", "1 2 3 "},
      {"h = 'a' ORDER BY h ASC", "3 2 1 "},
      {"h IN ['a', 'b'] AND r > 1 ORDER BY h DESC, r ASC", "2 3 2 3 "},
  };
  for (const auto& [where, keys] : cases) EXPECT_EQ(sort_keys(where), keys) << where;
  // Not keyed: everything is read, in no order that matters.
  EXPECT_EQ(sort_keys("h = 'a' AND r = 1 OR x = 'none'"), "1 ");
  EXPECT_EQ(sort_keys("r = 3 AND begins_with(h, 'b')"), "3 ");
}

TEST_F(PartiqlStatements, RefuseReadsThatCannotBe) {
  fill();
  const std::string overlap =
      "ValidationException: Overlapping conditions with range keys are not supported in where "
      "clause";
  const std::string many =
      "ValidationException: Too many decomposed read operations for a given query.";
  const auto numbers = [](int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += (i > 0 ? ",'v" : "'v") + std::to_string(i) + "'";
    return "[" + out + "]";
  };
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"h IN ['a', 'a']", overlap},
      {"h = 'a' OR h = 'a'", overlap},
      {"h = 'a' AND (r > 0 OR r < 5)", overlap},
      {"h = 'a' AND (r = 1 OR x = 'x2')", overlap},
      {"(h = 'a' AND x = 'x1') OR (h = 'a' AND x = 'x2')", overlap},
      {"h = 'a' AND x <> '1' OR h = 'a' AND r = 2", overlap},
      {"h = 1 OR h = 'a'",
       "ValidationException: Key attribute's data type should match its data type in table's "
       "schema: Key h"},
      {"h = 'a' AND r IN [1, '2']",
       "ValidationException: Key attribute's data type should match its data type in table's "
       "schema: Key r"},
      {"h IN " + numbers(51), many},
      {"h IN " + numbers(26) + " AND r IN [1, 2]", many},
      {"h IN " + numbers(50) + " AND x IN " + numbers(100), ""},
      {"h IN " + numbers(51) + " OR x = 'none'", ""},
      {"h = 'a' ORDER BY x",
       "ValidationException: Attribute x in ORDER BY clause must be part of the primary key"},
      {"h > 'a' ORDER BY r",
       "ValidationException: Must have at least one non-optional hash key condition in WHERE "
       "clause when using ORDER BY clause."},
      {"h IN ['a', 'b'] ORDER BY r DESC",
       "ValidationException: Must have hash key in ORDER BY clause when more than one hash key "
       "condition specified in WHERE clause."},
  };
  for (const auto& [where, reply] : cases) EXPECT_EQ(sort_keys(where), reply) << where;
  EXPECT_EQ(run("SELECT r FROM tbl ORDER BY r"),
            "ValidationException: Must have WHERE clause in the statement when using ORDER BY "
            "clause.");
}

TEST_F(PartiqlStatements, GoOnWithAToken) {
  fill();
  const auto token_of = [](const std::string& reply) {
    const std::size_t at = reply.find(R"("NextToken":")");
    return at == std::string::npos ? "" : reply.substr(at, reply.find('"', at + 13) + 1 - at);
  };
  for (const std::string order : {"", " ORDER BY h DESC, r ASC", " ORDER BY h ASC"}) {
    const std::string statement = "SELECT h, r FROM tbl WHERE h IN ['a', 'b'] AND r > 1" + order;
    const std::string whole = run(statement);
    std::string joined, token;
    int pages = 0;
    do {
      const std::string reply =
          run(statement, R"(,"Limit":1)" + (token.empty() ? "" : "," + token));
      ASSERT_TRUE(reply.starts_with(R"({"Items":[)")) << reply;
      const std::string items = reply.substr(10, reply.find("]", 10) - 10);
      if (!items.empty()) joined += (joined.empty() ? "" : ",") + items;
      token = token_of(reply);
      EXPECT_EQ(token.empty(), reply.find("LastEvaluatedKey") == std::string::npos);
      ASSERT_LT(++pages, 10);
    } while (!token.empty());
    EXPECT_EQ(R"({"Items":[)" + joined + "]}", whole) << statement;
  }
  const std::string token = token_of(run("SELECT * FROM tbl WHERE h = 'a'", R"(,"Limit":1)"));
  ASSERT_FALSE(token.empty());
  EXPECT_EQ(run("SELECT * FROM tbl WHERE h = 'b'", "," + token),
            "ValidationException: The provided starting key is invalid");
  EXPECT_EQ(run("SELECT * FROM tbl WHERE h = 'a'", R"(,"NextToken":"garbage")"),
            "ValidationException: Invalid NextToken");
  // An item that is read by its whole key is followed by nothing.
  EXPECT_EQ(token_of(run("SELECT * FROM tbl WHERE h = 'a' AND r = 1", R"(,"Limit":1)")), "");
}

TEST_F(PartiqlStatements, EndAPageAtOneMegabyte) {
  // Documented: 1 MB of items evaluated, whatever is shown of them.
  harness_.create(true);
  const std::string big(300'000, 'x');
  for (const std::string h : {"a", "b"}) {
    for (const std::string r : {"1", "2", "3"}) {
      harness_.put(R"({"h":{"S":")" + h + R"("},"r":{"N":")" + r + R"("},"x":{"S":")" + big +
                   R"("}})");
    }
  }
  const std::string reply = run("SELECT h, r FROM tbl WHERE h IN ['a', 'b']");
  EXPECT_TRUE(reply.starts_with(R"({"Items":[{"h":{"S":"a"},"r":{"N":"1"}},)"
                                R"({"h":{"S":"a"},"r":{"N":"2"}},{"h":{"S":"a"},"r":{"N":"3"}},)"
                                R"({"h":{"S":"b"},"r":{"N":"1"}}],"NextToken":)"))
      << reply;
  EXPECT_NE(reply.find(R"("LastEvaluatedKey":{"h":{"S":"b"},"r":{"N":"1"}})"), std::string::npos);
}

TEST_F(PartiqlStatements, ReadIndexes) {
  create_indexed();
  const std::string gsi = R"(FROM "idx"."gsi")", lsi = R"(FROM "idx"."lsi")";
  const std::string refused =
      "ValidationException: One or more parameter values were invalid: Secondary index gsi does "
      "not project one or more filter attributes: ";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"SELECT * " + lsi + " WHERE h = 'a' AND s = 's1'",
       R"({"Items":[{"h":{"S":"a"},"r":{"N":"1"},"s":{"S":"s1"}}]})"},
      {"SELECT q " + lsi + " WHERE h = 'a' AND s = 's1'", R"({"Items":[{"q":{"S":"q1"}}]})"},
      {"SELECT r " + gsi + " WHERE g = 'y' AND p = 'p2'", R"({"Items":[{"r":{"N":"2"}}]})"},
      {"SELECT r " + gsi + " WHERE q = 'q1'", R"({"Items":[]})"},
      {"SELECT r " + gsi + " WHERE NOT q = 'q1' AND r = 1", R"({"Items":[{"r":{"N":"1"}}]})"},
      {"SELECT q, z " + gsi + " WHERE g = 'y'",
       "ValidationException: One or more parameter values were invalid: Global secondary index gsi "
       "does not project [q, z]"},
      {"SELECT q " + gsi,
       "ValidationException: One or more parameter values were invalid: Global secondary index gsi "
       "does not project [q]"},
      {"SELECT r " + gsi + " WHERE g = 'y' AND NOT (q = '1' OR p = 'x')", refused + "[q]"},
      {"SELECT r " + gsi + " WHERE g IN ['y', 'z'] AND q = '1'", refused + "[q]"},
      {"SELECT r " + gsi + " WHERE (g = 'b' AND u1 = '1') OR (g = 'q' AND u2 = '1')",
       refused + "[u2]"},
      {"SELECT r " + gsi + " WHERE (g = 'y' AND p = 'no') OR (g = 'z' AND aa = '1')",
       R"({"Items":[]})"},
      {"SELECT r " + gsi + " WHERE g = 'y' AND (p = 'p1' OR p = 'x')",
       R"({"Items":[{"r":{"N":"1"}}]})"},
      {R"(SELECT * FROM "idx"."no")",
       "ValidationException: The table does not have the specified index"},
  };
  for (const auto& [statement, reply] : cases) EXPECT_EQ(run(statement), reply) << statement;
  EXPECT_EQ(run("SELECT * " + gsi, R"(,"ConsistentRead":true)"),
            "ValidationException: Strongly consistent read is not supported on Global Secondary "
            "Indexes");
}

TEST_F(PartiqlStatements, DoNotReadIndexesWithSeveralAttributesOfAKind) {
  harness_.call(
      "CreateTable",
      R"({"TableName":"multi","KeySchema":[{"AttributeName":"h","KeyType":"HASH"}],)"
      R"("AttributeDefinitions":[{"AttributeName":"h","AttributeType":"S"},)"
      R"({"AttributeName":"a","AttributeType":"S"},{"AttributeName":"b","AttributeType":"S"}],)"
      R"("GlobalSecondaryIndexes":[{"IndexName":"gsi","KeySchema":[{"AttributeName":"a",)"
      R"("KeyType":"HASH"},{"AttributeName":"b","KeyType":"HASH"}],"Projection":)"
      R"({"ProjectionType":"ALL"}}],"BillingMode":"PAY_PER_REQUEST"})");
  const std::string refused =
      "ValidationException: PartiQL statements cannot be executed on tables with multi-attribute "
      "HASH keys or multi-attribute RANGE keys.";
  EXPECT_EQ(run("SELECT * FROM multi.gsi WHERE a = 'a' AND b = 'b'"), refused);
  EXPECT_EQ(run("SELECT * FROM multi.gsi"), refused);
  EXPECT_EQ(run("INSERT INTO multi VALUE {'h': 'a', 'a': 'a', 'b': 'b'}"), R"({"Items":[]})");
  EXPECT_EQ(run("SELECT h FROM multi WHERE h = 'a'"), R"({"Items":[{"h":{"S":"a"}}]})");
}

TEST_F(PartiqlStatements, TellWhatTheyConsume) {
  create_indexed();
  const auto capacity = [this](const std::string& statement, const std::string& more) {
    const std::string reply = run(statement, R"(,"ReturnConsumedCapacity":"INDEXES")" + more);
    const std::size_t at = reply.find("ConsumedCapacity\":");
    return at == std::string::npos ? reply : reply.substr(at + 18);
  };
  EXPECT_EQ(capacity("SELECT * FROM idx WHERE h = 'none' AND r = 1", R"(,"ConsistentRead":true)"),
            R"({"TableName":"idx","CapacityUnits":1,"Table":{"CapacityUnits":1}}})");
  EXPECT_EQ(capacity(R"(SELECT h FROM idx.gsi WHERE g = 'y')", ""),
            R"({"TableName":"idx","CapacityUnits":0.5,"Table":{"CapacityUnits":0},)"
            R"("GlobalSecondaryIndexes":{"gsi":{"CapacityUnits":0.5}}}})");
  EXPECT_EQ(capacity(R"(SELECT q FROM idx.lsi WHERE h = 'a')", ""),
            R"({"TableName":"idx","CapacityUnits":1.5,"Table":{"CapacityUnits":1},)"
            R"("LocalSecondaryIndexes":{"lsi":{"CapacityUnits":0.5}}}})");
  EXPECT_EQ(capacity("INSERT INTO idx VALUE {'h': 'n', 'r': 1, 'g': 'n'}", ""),
            R"({"TableName":"idx","CapacityUnits":2,"Table":{"CapacityUnits":1},)"
            R"("GlobalSecondaryIndexes":{"gsi":{"CapacityUnits":1}}}})");
}

}  // namespace
}  // namespace penstock::dynamodb
