// Items from their JSON form, for tests.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>

#include "protocol/attribute_value.h"
#include "protocol/attribute_value_json.h"

namespace penstock::dynamodb {

inline AttributeMap item_of(const std::string& json) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  AttributeMap map;
  EXPECT_EQ(parser.parse(json).get(element), simdjson::SUCCESS) << json;
  EXPECT_TRUE(decode_attribute_map(element, map).has_value()) << json;
  EXPECT_EQ(first_problem(map), nullptr) << json;
  return map;
}

inline std::string json_of(const AttributeMap& map) {
  std::string out;
  append_attribute_map(out, map);
  return out;
}

}  // namespace penstock::dynamodb
