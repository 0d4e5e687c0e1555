// No JSON makes the decoder abort, and what it accepts survives JSON and the stored form.
#include <simdjson.h>

#include <string>

#include "base/check.h"
#include "protocol/attribute_value.h"
#include "protocol/attribute_value_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock;
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  const std::string json(reinterpret_cast<const char*>(data), size);
  if (parser.parse(json).get(element) != simdjson::SUCCESS) return 0;
  AttributeMap map;
  if (!decode_attribute_map(element, map) || first_problem(map) != nullptr) return 0;
  const auto loaded = decode_item(encode_item(map));
  CHECK(loaded.has_value());
  CHECK(*loaded == map);
  std::string text;
  append_attribute_map(text, map);
  AttributeMap again;
  CHECK(parser.parse(text).get(element) == simdjson::SUCCESS);
  CHECK(decode_attribute_map(element, again).has_value());
  CHECK(again == map);
  return 0;
}
