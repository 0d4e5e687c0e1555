// Reading what enrichments return. The function itself is called in carrier.cc.
#include "services/pipes/enrichment.h"

#include <simdjson.h>

#include <unordered_map>

#include "base/ascii.h"

namespace penstock::pipes {
namespace {

// The elements of an array that is known to be valid JSON, as they are written.
std::vector<std::string> split_array(std::string_view array) {
  std::vector<std::string> elements;
  const std::string_view inside = array.substr(1, array.size() - 2);
  std::size_t begin = 0;
  int depth = 0;
  bool in_string = false;
  const auto take = [&](std::size_t end) {
    const std::string_view element = trim_blanks(inside.substr(begin, end - begin));
    if (!element.empty()) elements.emplace_back(element);
    begin = end + 1;
  };
  for (std::size_t i = 0; i < inside.size(); ++i) {
    const char c = inside[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    } else if (c == ',' && depth == 0) {
      take(i);
    }
  }
  take(inside.size());
  return elements;
}

}  // namespace

std::vector<std::string> enriched_elements(std::string_view payload) {
  const std::string_view text = trim_blanks(payload);
  if (text.empty()) return {};
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  // A payload that is not JSON is handed on as the text that it is.
  if (parser.parse(simdjson::padded_string(text)).get(document) != simdjson::SUCCESS) {
    return {std::string(text)};
  }
  if (document.is_array()) return split_array(text);
  simdjson::dom::object object;
  std::string_view string;
  if (document.is_null() || (document.get(object) == simdjson::SUCCESS && object.size() == 0) ||
      (document.get(string) == simdjson::SUCCESS && string.empty())) {
    return {};
  }
  return {std::string(text)};
}

std::string identifier_of(std::string_view element) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (parser.parse(simdjson::padded_string(element)).get(document) != simdjson::SUCCESS) return "";
  for (const char* const name : {"eventID", "messageId"}) {
    std::string_view value;
    if (document.at_key(name).get(value) == simdjson::SUCCESS) return std::string(value);
  }
  return "";
}

std::optional<std::vector<std::size_t>> origins_of(const std::vector<std::string>& elements,
                                                   const std::vector<std::string>& identifiers) {
  std::unordered_map<std::string_view, std::size_t> index;
  for (std::size_t i = 0; i < identifiers.size(); ++i) index.emplace(identifiers[i], i);
  std::vector<std::size_t> origins;
  origins.reserve(elements.size());
  for (const std::string& element : elements) {
    const auto found = index.find(identifier_of(element));
    if (found == index.end() || found->first.empty()) return std::nullopt;
    if (!origins.empty() && found->second < origins.back()) return std::nullopt;
    origins.push_back(found->second);
  }
  return origins;
}

}  // namespace penstock::pipes
