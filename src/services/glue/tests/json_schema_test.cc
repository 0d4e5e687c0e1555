// Type inference over JSON. Expectations: "documented" is the Glue developer guide, "seen" are
// tables that AWS crawlers made and people published, "deduced" is neither.
#include "services/glue/json_schema.h"

#include <gtest/gtest.h>

namespace penstock::glue {
namespace {

std::string json_columns(const FileSchema& schema) {
  std::string out;
  for (const HiveField& column : schema.columns) {
    if (!out.empty()) out += ' ';
    out += column.name + ":" + to_string(column.type);
  }
  return out;
}

std::optional<FileSchema> infer(std::string bytes, std::string_view path = "$", bool whole = true) {
  const Result<JsonRowSelector> selector = parse_json_paths(path);
  EXPECT_TRUE(selector.has_value()) << path;
  return infer_json(Sample{std::move(bytes), whole}, *selector, {});
}

struct JsonCase {
  std::string_view name;
  std::string_view bytes;
  std::string_view columns;  // "-": not JSON.
};

TEST(JsonSchema, InfersTypes) {
  const JsonCase cases[] = {
      {"small integers are int (seen)", R"({"a":1})", "a:int"},
      {"integers beyond 32 bits are bigint (seen)", R"({"a":1655293787680})", "a:bigint"},
      {"int limits", R"({"a":2147483647,"b":2147483648,"c":-2147483648})", "a:int b:bigint c:int"},
      {"beyond 64 bits is double (deduced)", R"({"a":99999999999999999999})", "a:double"},
      {"a fraction is double, whole or not (seen)", R"({"a":1.0,"b":1e3})", "a:double b:double"},
      {"booleans", R"({"a":true,"b":false})", "a:boolean b:boolean"},
      {"text is never a date (seen)", R"({"a":"2024-01-01"})", "a:string"},
      {"nothing but null is string", R"({"a":null})", "a:string"},
      {"null then int", "{\"a\":null}\n{\"a\":1}", "a:int"},
      {"structs (seen)", R"({"a":{"b":1,"c":{"d":"x"}}})", "a:struct<b:int,c:struct<d:string>>"},
      {"struct fields keep their case (seen)", R"({"a":{"bC":1}})", "a:struct<bC:int>"},
      {"columns do not (documented)", R"({"birthDay":"x"})", "birthday:string"},
      {"columns that differ in case only are one", R"({"A":1,"a":2.5})", "a:double"},
      {"arrays (seen)", R"({"a":[1,2.5]})", "a:array<double>"},
      {"arrays of structs unite", R"({"a":[{"x":1},{"y":"z"}]})",
       "a:array<struct<x:int,y:string>>"},
      {"an empty array is array<string>", R"({"a":[]})", "a:array<string>"},
      {"an empty array learns", "{\"a\":[]}\n{\"a\":[1]}", "a:array<int>"},
      {"an empty struct is string (deduced)", R"({"a":{}})", "a:string"},
      {"int and double (seen)", "{\"a\":1}\n{\"a\":2.5}", "a:double"},
      {"int and bigint", "{\"a\":1}\n{\"a\":3000000000}", "a:bigint"},
      {"int and string (seen)", "{\"a\":1}\n{\"a\":\"x\"}", "a:string"},
      {"struct and scalar (deduced)", "{\"a\":1}\n{\"a\":{\"b\":1}}", "a:string"},
      {"boolean and int (deduced)", "{\"a\":1}\n{\"a\":true}", "a:string"},
      {"order of first appearance (seen)", "{\"b\":1}\n{\"a\":1,\"c\":2}", "b:int a:int c:int"},
      {"an array alone is one column (documented)", R"([{"a":1},{"a":2}])",
       "array:array<struct<a:int>>"},
      {"blanks and line ends of Windows", "\r\n {\"a\":1}\r\n", "a:int"},
      {"a byte order mark", "\xEF\xBB\xBF{\"a\":1}", "a:int"},
      {"not JSON at all", "a,b\n1,2\n", "-"},
      {"numbers alone are no records", "1\n2\n", "-"},
      {"an unfinished whole file", "{\"a\":", "-"},
      {"empty", "", "-"},
      {"leading zeros are no JSON", "{\"a\":01}", "-"},
  };
  for (const JsonCase& c : cases) {
    SCOPED_TRACE(c.name);
    const auto schema = infer(std::string(c.bytes));
    EXPECT_EQ(schema ? json_columns(*schema) : "-", c.columns);
  }
}

// What the sales project's Firehose writes when no delimiter is appended. Deduced: typed like any
// other.
TEST(JsonSchema, RecordsGluedOnOneLineAreInferredAndMarked) {
  const auto schema =
      infer(R"({"orderid":"1","quantity":2,"price":9.5}{"orderid":"2","quantity":3,"price":1}
{"orderid":"3","quantity":4,"price":2,"coupon":null})");
  ASSERT_TRUE(schema.has_value());
  EXPECT_EQ(json_columns(*schema), "orderid:string quantity:int price:double coupon:string");
  EXPECT_EQ(schema->records, 3U);
  EXPECT_TRUE(schema->glued);
  EXPECT_FALSE(schema->multiline);
}

TEST(JsonSchema, LayoutsAreMarked) {
  EXPECT_FALSE(infer("{\"a\":1}\n{\"a\":2}\n")->glued);
  const auto pretty = infer("{\n \"a\": 1\n}\n");
  EXPECT_TRUE(pretty->multiline);
  EXPECT_FALSE(pretty->glued);
}

TEST(JsonSchema, ASampleMayEndInsideARecord) {
  const auto schema = infer("{\"a\":1}\n{\"a\":2.5,\"b", "$", false);
  ASSERT_TRUE(schema.has_value());
  EXPECT_EQ(json_columns(*schema), "a:int");
  EXPECT_EQ(schema->records, 1U);
  EXPECT_EQ(schema->malformed, 0U);
}

TEST(JsonSchema, BadRecordsBehindTheFirstAreCountedAndSkipped) {
  const auto schema = infer("{\"a\":1}\n{\"a\":oops}\n{\"b\":2}\n");
  ASSERT_TRUE(schema.has_value());
  EXPECT_EQ(json_columns(*schema), "a:int b:int");
  EXPECT_EQ(schema->malformed, 1U);
}

TEST(JsonSchema, KeysKeepTheirCaseForTheSerDe) {
  const auto schema = infer(R"({"orderId":1,"Price":2})");
  EXPECT_EQ(schema->json_keys, (std::vector<std::string>{"orderId", "Price"}));
}

struct PathCase {
  std::string_view path;
  std::string_view bytes;
  std::string_view columns;
};

TEST(JsonSchema, ClassifierPathsSelectRows) {
  const PathCase cases[] = {
      {"$", R"({"a":1})", "a:int"},
      // Documented: $[*] makes a row of each element.
      {"$[*]", R"([{"a":1},{"b":"x"}])", "a:int b:string"},
      {"$.Records[*]", R"({"Records":[{"a":1},{"a":2}]})", "a:int"},
      {"$.[*]", R"([{"a":1}])", "a:int"},
      {"$['Records'][0]", R"({"Records":[{"a":1},{"b":2}]})", "a:int"},
      {"$.*.*.id", R"({"x":{"y":{"id":{"n":1}}}})", "n:int"},
      {"$.ids[*]", R"({"ids":[1,2]})", "ids:int"},
      {"$.missing", R"({"a":1})", "-"},
      // A list of paths names the columns (deduced).
      {"$.orderid, $.product_name, $.price",
       R"({"orderid":"1","product_name":"p","price":2,"x":3})",
       "orderid:string product_name:string price:int"},
      {"$.a.b,$.c", R"({"a":{"b":1.5},"c":true})", "b:double c:boolean"},
  };
  for (const PathCase& c : cases) {
    SCOPED_TRACE(c.path);
    const auto schema = infer(std::string(c.bytes), c.path);
    EXPECT_EQ(schema ? json_columns(*schema) : "-", c.columns);
  }
}

TEST(JsonSchema, BrokenPathsAreRefused) {
  for (const std::string_view path : {"", "a", "$.", "$[", "$[x]", "$['a]", "$.a,", "$ $", "$.a, $",
                                      "$[-1]", "$[99999999]", "$.a, $[0]", "$..a", "$.a[?(@.x)]"}) {
    EXPECT_FALSE(parse_json_paths(path).has_value()) << path;
  }
}

TEST(JsonSchema, DeepNestingIsRefusedNotFollowed) {
  std::string deep = "{\"a\":";
  for (int i = 0; i < 100'000; ++i) deep += '[';
  EXPECT_FALSE(infer(deep).has_value());
}

}  // namespace
}  // namespace penstock::glue
