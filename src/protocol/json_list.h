// Policy documents write one thing as itself or as a list of one.
#pragma once

#include <simdjson.h>

#include <functional>
#include <string>
#include <vector>

#include "protocol/json_writer.h"

namespace penstock::protocol {

// Visits a value that may be one thing or a list of them.
inline void each_of(const simdjson::dom::element& value,
                    const std::function<void(const simdjson::dom::element&)>& visit) {
  simdjson::dom::array array;
  if (value.get(array) != simdjson::SUCCESS) {
    visit(value);
    return;
  }
  for (const simdjson::dom::element child : array) visit(child);
}

// One text as itself, several as a list.
inline void write_texts(JsonWriter& json, const std::vector<std::string>& texts) {
  if (texts.size() == 1) {
    json.string(texts.front());
    return;
  }
  json.begin_array();
  for (const std::string& text : texts) json.string(text);
  json.end_array();
}

}  // namespace penstock::protocol
