// AttributeValue: JSON in and out, AWS's refusals, sizes, and the stored form.
#include "protocol/attribute_value.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <vector>

#include "protocol/attribute_value_json.h"
#include "protocol/json_writer.h"

namespace penstock {
namespace {

struct Decoded {
  Status status;
  AttributeMap map;
};

Decoded decode(const std::string& json) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  EXPECT_EQ(parser.parse(json).get(element), simdjson::SUCCESS) << json;
  Decoded decoded;
  decoded.status = decode_attribute_map(element, decoded.map);
  return decoded;
}

std::string encode(const AttributeMap& map) {
  std::string out;
  append_attribute_map(out, map);
  return out;
}

TEST(AttributeValue, RoundTripsThroughJsonAndStorage) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({})", R"({})"},
      {R"({"b":{"S":"x"},"a":{"N":"1e2"}})", R"({"a":{"N":"100"},"b":{"S":"x"}})"},
      {R"({"a":{"B":"AAH/"},"e":{"B":""},"s":{"S":""}})",
       R"({"a":{"B":"AAH/"},"e":{"B":""},"s":{"S":""}})"},
      {R"({"a":{"SS":["b","a"]},"n":{"NS":["2","1.0"]},"x":{"BS":["Yg==","YQ=="]}})",
       R"({"a":{"SS":["a","b"]},"n":{"NS":["1","2"]},"x":{"BS":["YQ==","Yg=="]}})"},
      {R"({"m":{"M":{"k":{"L":[{"BOOL":true},{"BOOL":false},{"NULL":true}]}}}})",
       R"({"m":{"M":{"k":{"L":[{"BOOL":true},{"BOOL":false},{"NULL":true}]}}}})"},
      {R"({"a":{"S":"q\"\\\n\u0001é"}})", R"({"a":{"S":"q\"\\\n\u0001é"}})"},
      {R"({"a":{"S":"1"},"a":{"S":"2"}})", R"({"a":{"S":"2"}})"},
      {R"({"a":{"BOOL":"YES"},"b":{"S":"x","N":null,"Q":5}})",
       R"({"a":{"BOOL":true},"b":{"S":"x"}})"},
  };
  for (const auto& [json, expected] : cases) {
    const Decoded decoded = decode(json);
    ASSERT_TRUE(decoded.status.has_value()) << json;
    ASSERT_EQ(first_problem(decoded.map), nullptr) << json;
    EXPECT_EQ(encode(decoded.map), expected);
    const std::string stored = encode_item(decoded.map);
    const auto loaded = decode_item(stored);
    ASSERT_TRUE(loaded.has_value()) << json;
    EXPECT_EQ(*loaded, decoded.map);
    for (std::size_t size = 0; size < stored.size(); ++size) {
      EXPECT_FALSE(decode_item(std::string_view(stored).substr(0, size)).has_value());
    }
  }
}

// Recorded by dynalite's tests against AWS.
TEST(AttributeValue, WrongShapesAreSerializationErrors) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"a":{"S":5}})", "NUMBER_VALUE cannot be converted to String"},
      {R"({"a":{"N":5}})", "NUMBER_VALUE cannot be converted to String"},
      {R"({"a":{"N":1.5}})", "DECIMAL_VALUE cannot be converted to String"},
      {R"({"a":{"S":true}})", "TRUE_VALUE cannot be converted to String"},
      {R"({"a":{"S":false}})", "FALSE_VALUE cannot be converted to String"},
      {R"({"a":{"S":[]}})", "Unrecognized collection type class java.lang.String"},
      {R"({"a":{"S":{}}})", "Start of structure or map found where not expected"},
      {R"({"a":{"B":1}})", "only base-64-encoded strings are convertible to bytes"},
      {R"({"a":{"B":"YQ="}})",
       "Base64 encoded length is expected a multiple of 4 bytes but found: 3"},
      {R"({"a":{"B":"!!!!"}})", "Invalid last non-pad Base64 character dectected"},
      {R"({"a":{"B":[]}})", "Unrecognized collection type class java.nio.ByteBuffer"},
      {R"({"a":{"SS":"a"}})", "Unexpected field type"},
      {R"({"a":{"SS":{}}})", "Start of structure or map found where not expected"},
      {R"({"a":{"BOOL":"maybe"}})", "Unexpected token received from parser"},
      {R"({"a":{"BOOL":1}})", "NUMBER_VALUE cannot be converted to Boolean"},
      {R"({"a":"x"})", "Unexpected value type in payload"},
      {R"({"a":[]})",
       "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"},
      {R"([])",
       "Unrecognized collection type java.util.Map<java.lang.String, "
       "com.amazonaws.dynamodb.v20120810.AttributeValue>"},
  };
  for (const auto& [json, expected] : cases) {
    const Decoded decoded = decode(json);
    ASSERT_FALSE(decoded.status.has_value()) << json;
    EXPECT_EQ(decoded.status.error().message, expected) << json;
  }
}

TEST(AttributeValue, WrongValuesAreKeptWithAwsWording) {
  const std::string p = "One or more parameter values were invalid: ";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"a":{}})",
       "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
      {R"({"a":{"Q":"x"}})",
       "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
      {R"({"a":{"S":"x","N":"1"}})",
       "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
       "supported "
       "datatypes"},
      {R"({"a":{"NULL":false}})", p + "Null attribute value types must have the value of true"},
      {R"({"a":{"SS":[]}})", p + "An string set  may not be empty"},
      {R"({"a":{"NS":[]}})", p + "An number set  may not be empty"},
      {R"({"a":{"BS":[]}})", p + "Binary sets should not be empty"},
      {R"({"a":{"SS":["a","a"]}})", p + "Input collection [a, a] contains duplicates."},
      {R"({"a":{"NS":["1","1.0"]}})", "Input collection contains duplicates"},
      {R"({"a":{"BS":["YQ==","YQ=="]}})",
       p + "Input collection [YQ==, YQ==]of type BS contains duplicates."},
      {R"({"a":{"N":"x"}})", "The parameter cannot be converted to a numeric value: x"},
      {R"({"a":{"N":""}})", "The parameter cannot be converted to a numeric value"},
      {R"({"a":{"M":{"b":{"L":[{"N":"x"}]}}}})",
       "The parameter cannot be converted to a numeric value: x"},
  };
  for (const auto& [json, expected] : cases) {
    const Decoded decoded = decode(json);
    ASSERT_TRUE(decoded.status.has_value()) << json;
    const std::string* problem = first_problem(decoded.map);
    ASSERT_NE(problem, nullptr) << json;
    EXPECT_EQ(*problem, expected) << json;
  }
}

TEST(AttributeValue, NestingIsLimited) {
  const auto nested = [](int levels) {
    std::string json = R"({"S":"x"})";
    for (int i = 0; i < levels; ++i) json = R"({"L":[)" + json + "]}";
    return R"({"a":)" + json + "}";
  };
  EXPECT_EQ(first_problem(decode(nested(32)).map), nullptr);
  const Decoded deep = decode(nested(33));
  ASSERT_NE(first_problem(deep.map), nullptr);
  EXPECT_EQ(*first_problem(deep.map), "Nesting Levels have exceeded supported limits");
}

// The sizes are those of stream records recorded from AWS (SizeBytes) and of the capacity
// documentation.
TEST(AttributeValue, SizesFollowTheDocumentedRule) {
  const std::vector<std::pair<std::string, std::size_t>> cases = {
      {R"({})", 0},
      {R"({"id":{"S":"abc"}})", 5},
      {R"({"a":{"N":"42"}})", 3},
      {R"({"a":{"BOOL":true},"b":{"NULL":true}})", 4},
      {R"({"a":{"L":[]},"b":{"M":{}}})", 8},
      {R"({"a":{"L":[{"S":"xy"}]}})", 7},
      {R"({"a":{"M":{"k":{"S":"xy"}}}})", 8},
      {R"({"a":{"SS":["x","yz"]}})", 4},
      {R"({"a":{"B":"AAH/"}})", 4},
  };
  for (const auto& [json, expected] : cases)
    EXPECT_EQ(item_size(decode(json).map), expected) << json;
}

TEST(AttributeValue, MapsStaySortedAndWriterPutsCommas) {
  AttributeMap map;
  for (const char* name : {"c", "a", "b", "a"}) map.set(name, AttributeValue::s(name));
  EXPECT_EQ(map.size(), 3U);
  EXPECT_TRUE(map.contains("b"));
  EXPECT_TRUE(map.erase("b"));
  EXPECT_FALSE(map.erase("b"));
  EXPECT_EQ(map.find("b"), nullptr);
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object().key("x");
  encode_attribute_map(json, map);
  json.key("y");
  encode_attribute_value(json, AttributeValue::boolean(true));
  json.end_object();
  EXPECT_EQ(out, R"({"x":{"a":{"S":"a"},"c":{"S":"c"}},"y":{"BOOL":true}})");
}

}  // namespace
}  // namespace penstock
