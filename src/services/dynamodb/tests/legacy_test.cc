// The parameters of the API before expressions. Wording recorded by dynalite, meaning as tested by
// Alternator.
#include <gtest/gtest.h>

#include <vector>

#include "services/dynamodb/tests/harness.h"

namespace penstock::dynamodb {
namespace {

const std::string kOk = "{}";
const std::string kLegacyFailed = "ConditionalCheckFailedException: The conditional request failed";
const std::string kPrefix = "ValidationException: One or more parameter values were invalid: ";

TEST(Legacy, ExpectedDecides) {
  Harness harness;
  harness.create();
  harness.put(R"({"h":{"S":"a"},"n":{"N":"5"},"s":{"SS":["x","y"]},"t":{"S":"hello"}})");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"("n":{"Value":{"N":"5"}})", kOk},
      {R"("n":{"Value":{"N":"6"}})", kLegacyFailed},
      {R"("z":{"Exists":false})", kOk},
      {R"("n":{"Exists":false})", kLegacyFailed},
      {R"("n":{"ComparisonOperator":"GT","AttributeValueList":[{"N":"4"}]})", kOk},
      {R"("z":{"ComparisonOperator":"NE","AttributeValueList":[{"N":"4"}]})", kOk},
      {R"("z":{"ComparisonOperator":"NULL"})", kOk},
      {R"("n":{"ComparisonOperator":"NOT_NULL"})", kOk},
      {R"("s":{"ComparisonOperator":"CONTAINS","AttributeValueList":[{"S":"x"}]})", kOk},
      {R"("s":{"ComparisonOperator":"NOT_CONTAINS","AttributeValueList":[{"S":"q"}]})", kOk},
      {R"("z":{"ComparisonOperator":"NOT_CONTAINS","AttributeValueList":[{"S":"q"}]})",
       kLegacyFailed},
      {R"("t":{"ComparisonOperator":"BEGINS_WITH","AttributeValueList":[{"S":"he"}]})", kOk},
      {R"("n":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"N":"5"},{"N":"6"}]})", kOk},
      {R"("n":{"ComparisonOperator":"IN","AttributeValueList":[{"N":"1"},{"N":"5"}]})", kOk},
      {R"("n":{"Value":{"N":"5"},"AttributeValueList":[{"N":"5"}]})",
       kPrefix + "Value and AttributeValueList cannot be used together for Attribute: n"},
      {R"("n":{"Exists":true})",
       kPrefix + "Value must be provided when Exists is true for Attribute: n"},
      {R"("n":{})", kPrefix + "Value must be provided when Exists is null for Attribute: n"},
      {R"("n":{"Exists":false,"Value":{"N":"1"}})",
       kPrefix + "Value cannot be used when Exists is false for Attribute: n"},
      {R"("n":{"ComparisonOperator":"GT"})",
       kPrefix +
           "Value or AttributeValueList must be used with ComparisonOperator: GT for Attribute: n"},
      {R"("n":{"ComparisonOperator":"GT","AttributeValueList":[]})",
       kPrefix + "Invalid number of argument(s) for the GT ComparisonOperator"},
      {R"("n":{"ComparisonOperator":"IN","AttributeValueList":[{"N":"1"},{"S":"1"}]})",
       kPrefix + "AttributeValues inside AttributeValueList must be of same type"},
      {R"("n":{"ComparisonOperator":"LT","AttributeValueList":[{"BOOL":true}]})",
       kPrefix + "ComparisonOperator LT is not valid for BOOL AttributeValue type"},
  };
  for (const auto& [expected, reply] : cases) {
    EXPECT_EQ(
        harness.call("UpdateItem",
                     R"({"TableName":"tbl","Key":{"h":{"S":"a"}},"Expected":{)" + expected + "}}"),
        reply)
        << expected;
  }
  const std::string two = R"("Expected":{"n":{"Value":{"N":"0"}},"t":{"Value":{"S":"hello"}}})";
  const std::string update = R"({"TableName":"tbl","Key":{"h":{"S":"a"}},)";
  EXPECT_EQ(harness.call("UpdateItem", update + two + "}"), kLegacyFailed);
  EXPECT_EQ(harness.call("UpdateItem", update + two + R"(,"ConditionalOperator":"OR"})"), kOk);
  EXPECT_TRUE(harness.call("UpdateItem", update + R"("ConditionalOperator":"OR"})")
                  .starts_with("ValidationException: ConditionalOperator"));
  EXPECT_EQ(harness.call(
                "DeleteItem",
                update + R"("Expected":{"n":{"Value":{"N":"5"}}},"ConditionExpression":"n = n"})"),
            "ValidationException: Can not use both expression and non-expression parameters in the "
            "same request: "
            "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}");
}

TEST(Legacy, AttributeUpdatesApply) {
  Harness harness;
  harness.create();
  const auto update = [&harness](const std::string& updates) {
    return harness.call(
        "UpdateItem",
        R"({"TableName":"tbl","Key":{"h":{"S":"a"}},"ReturnValues":"ALL_NEW","AttributeUpdates":{)" +
            updates + "}}");
  };
  EXPECT_EQ(update(R"("x":{"Action":"DELETE"})"), kOk);  // Creates nothing.
  EXPECT_EQ(update(""), R"({"Attributes":{"h":{"S":"a"}}})");
  EXPECT_EQ(
      update(
          R"("n":{"Action":"ADD","Value":{"N":"2"}},"l":{"Action":"ADD","Value":{"L":[{"S":"a"}]}},"s":{"Value":{"SS":["x","y"]}})"),
      R"({"Attributes":{"h":{"S":"a"},"l":{"L":[{"S":"a"}]},"n":{"N":"2"},"s":{"SS":["x","y"]}}})");
  EXPECT_EQ(
      update(
          R"("n":{"Action":"ADD","Value":{"N":"3"}},"l":{"Action":"ADD","Value":{"L":[{"S":"b"}]}},"s":{"Action":"DELETE","Value":{"SS":["x"]}})"),
      R"({"Attributes":{"h":{"S":"a"},"l":{"L":[{"S":"a"},{"S":"b"}]},"n":{"N":"5"},"s":{"SS":["y"]}}})");
  EXPECT_EQ(update(R"("s":{"Action":"ADD","Value":{"N":"3"}})"),
            "ValidationException: Type mismatch for attribute to update");
  EXPECT_EQ(update(R"("s":{"Action":"PUT"})"),
            kPrefix + "Only DELETE action is allowed when no attribute value is specified");
  EXPECT_EQ(update(R"("s":{"Action":"DELETE","Value":{"S":"x"}})"),
            kPrefix + "DELETE action with value is not supported for the type S");
  EXPECT_EQ(update(R"("s":{"Action":"ADD","Value":{"S":"x"}})"),
            kPrefix + "ADD action is not supported for the type S");
  EXPECT_EQ(update(R"("h":{"Value":{"S":"x"}})"),
            kPrefix + "Cannot update attribute h. This attribute is part of the key");
}

TEST(Legacy, KeyConditionsAndFiltersSelect) {
  Harness harness;
  harness.create(true);
  for (const char* r : {"1", "2", "3"}) {
    harness.put(std::string(R"({"h":{"S":"a"},"r":{"N":")") + r + R"("},"v":{"S":"v)" + r +
                R"("}})");
  }
  const std::string h = R"("h":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"}]})";
  const auto query = [&harness](const std::string& conditions, const std::string& more = "") {
    return harness.call("Query", R"({"TableName":"tbl","Select":"COUNT","KeyConditions":{)" +
                                     conditions + "}" + more + "}");
  };
  EXPECT_EQ(query(h + R"(,"r":{"ComparisonOperator":"GE","AttributeValueList":[{"N":"2"}]})"),
            R"({"Count":2,"ScannedCount":2})");
  EXPECT_EQ(
      query(
          h,
          R"(,"QueryFilter":{"v":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"v1"}]}})"),
      R"({"Count":1,"ScannedCount":3})");
  EXPECT_EQ(
      query(h,
            R"(,"QueryFilter":{"r":{"ComparisonOperator":"EQ","AttributeValueList":[{"N":"1"}]}})"),
      "ValidationException: QueryFilter can only contain non-primary key attributes: Primary key "
      "attribute: r");
  EXPECT_EQ(query(""), "ValidationException: Conditions can be of length 1 or 2 only");
  EXPECT_EQ(query(R"("r":{"ComparisonOperator":"EQ","AttributeValueList":[{"N":"1"}]})"),
            "ValidationException: Query condition missed key schema element: h");
  EXPECT_EQ(query(R"("h":{"ComparisonOperator":"NE","AttributeValueList":[{"S":"a"}]})"),
            "ValidationException: Attempted conditional constraint is not an indexable operation");
  EXPECT_EQ(
      harness.call(
          "Scan",
          R"({"TableName":"tbl","Select":"COUNT","ScanFilter":{"r":{"ComparisonOperator":"IN","AttributeValueList":[{"N":"1"},{"N":"3.0"}]}}})"),
      R"({"Count":2,"ScannedCount":3})");
}

}  // namespace
}  // namespace penstock::dynamodb
