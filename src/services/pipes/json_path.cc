// Parsing and following JSON paths over a parsed document.
#include "services/pipes/json_path.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

namespace penstock::pipes {
namespace {

using simdjson::dom::element;
using Step = JsonPath::Step;

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '/' || c == '-';
}

// Takes one [n] or [*] from the front of `text`.
std::optional<Step> take_index(std::string_view& text) {
  const std::size_t close = text.find(']');
  if (close == std::string_view::npos) return std::nullopt;
  const std::string_view inside = text.substr(1, close - 1);
  text.remove_prefix(close + 1);
  if (inside == "*") return Step{Step::Kind::kAll, {}, 0};
  Step step{Step::Kind::kIndex, {}, 0};
  const char* const end = inside.data() + inside.size();
  const auto [stop, error] = std::from_chars(inside.data(), end, step.index);
  if (inside.empty() || error != std::errc() || stop != end) return std::nullopt;
  return step;
}

void follow(const element& at, const std::vector<Step>& steps, std::size_t next,
            std::vector<element>& found) {
  if (next == steps.size()) {
    found.push_back(at);
    return;
  }
  const Step& step = steps[next];
  element child;
  switch (step.kind) {
    case Step::Kind::kName: {
      simdjson::dom::object object;
      if (at.get_object().get(object) || object.at_key(step.name).get(child)) return;
      return follow(child, steps, next + 1, found);
    }
    case Step::Kind::kIndex: {
      simdjson::dom::array array;
      if (at.get_array().get(array) || array.at(step.index).get(child)) return;
      return follow(child, steps, next + 1, found);
    }
    case Step::Kind::kAll: {
      simdjson::dom::array array;
      if (at.get_array().get(array)) return;
      for (const element& each : array) follow(each, steps, next + 1, found);
      return;
    }
  }
}

}  // namespace

std::optional<JsonPath> parse_json_path(std::string_view text) {
  if (!text.starts_with('$')) return std::nullopt;
  text.remove_prefix(1);
  JsonPath path;
  while (!text.empty()) {
    if (text.front() != '.') return std::nullopt;
    text.remove_prefix(1);
    const auto end = std::find_if_not(text.begin(), text.end(), is_name_char);
    const auto length = static_cast<std::size_t>(end - text.begin());
    if (length == 0) return std::nullopt;
    path.steps.push_back({Step::Kind::kName, std::string(text.substr(0, length)), 0});
    text.remove_prefix(length);
    while (text.starts_with('[')) {
      std::optional<Step> step = take_index(text);
      if (!step) return std::nullopt;
      path.steps.push_back(std::move(*step));
    }
  }
  return path;
}

std::string to_string(const JsonPath& path) {
  std::string text = "$";
  for (const Step& step : path.steps) {
    switch (step.kind) {
      case Step::Kind::kName: text.append(".").append(step.name); break;
      case Step::Kind::kIndex:
        text.append("[").append(std::to_string(step.index)).append("]");
        break;
      case Step::Kind::kAll: text += "[*]"; break;
    }
  }
  return text;
}

std::optional<std::string> evaluate_to_json(const JsonPath& path, const element& root) {
  std::vector<element> found;
  follow(root, path.steps, 0, found);
  const bool many = std::any_of(path.steps.begin(), path.steps.end(),
                                [](const Step& step) { return step.kind == Step::Kind::kAll; });
  if (!many) {
    if (found.empty()) return std::nullopt;
    return simdjson::minify(found.front());
  }
  std::string json = "[";
  for (const element& each : found) {
    if (json.size() > 1) json += ',';
    json += simdjson::minify(each);
  }
  return json + "]";
}

std::optional<std::string> evaluate_to_text(const JsonPath& path, const element& root) {
  std::vector<element> found;
  follow(root, path.steps, 0, found);
  std::string_view text;
  if (found.size() == 1 && found.front().get_string().get(text) == simdjson::SUCCESS) {
    return std::string(text);
  }
  return evaluate_to_json(path, root);
}

}  // namespace penstock::pipes
