// Parsing and evaluating classifier paths.
#include "services/glue/json_path.h"

#include <fmt/core.h>

#include "base/ascii.h"
#include "base/limits.h"

namespace penstock::glue {
namespace {

bool ends_name(char c) { return c == '.' || c == '[' || c == ',' || c == ' ' || c == '\t'; }

class PathParser {
 public:
  explicit PathParser(std::string_view text) : text_(text) {}

  Result<JsonRowSelector> parse() {
    JsonRowSelector selector;
    while (true) {
      skip_blanks();
      TRY(JsonPath path, parse_path());
      selector.paths.push_back(std::move(path));
      if (selector.paths.size() > limits::kGlueJsonPaths) return broken("too many paths");
      skip_blanks();
      if (at_end()) break;
      if (text_[at_++] != ',') return broken("',' expected between paths");
    }
    if (selector.paths.size() > 1) {
      for (const JsonPath& path : selector.paths) {
        if (path.empty() || path.back().kind != JsonPathStep::Kind::kName) {
          return broken("each path of a list must end in a name");
        }
      }
    }
    return selector;
  }

 private:
  Result<JsonPath> parse_path() {
    if (at_end() || text_[at_] != '$') return broken("'$' expected");
    ++at_;
    JsonPath path;
    while (!at_end() && (text_[at_] == '.' || text_[at_] == '[')) {
      if (path.size() >= limits::kGlueJsonDepth) return broken("too many steps");
      if (text_[at_] == '.') ++at_;
      if (at_end()) return broken("a name expected at the end");
      TRY(JsonPathStep step, text_[at_] == '[' ? parse_bracket() : parse_name());
      path.push_back(std::move(step));
    }
    return path;
  }

  Result<JsonPathStep> parse_name() {
    const std::size_t start = at_;
    while (!at_end() && !ends_name(text_[at_])) ++at_;
    std::string name(text_.substr(start, at_ - start));
    if (name.empty()) return broken("a name expected after '.'");
    if (name == "*") return JsonPathStep{JsonPathStep::Kind::kAny, {}, 0};
    return JsonPathStep{JsonPathStep::Kind::kName, std::move(name), 0};
  }

  Result<JsonPathStep> parse_bracket() {
    ++at_;
    skip_blanks();
    if (at_end()) return broken("']' expected");
    JsonPathStep step{JsonPathStep::Kind::kAny, {}, 0};
    const char first = text_[at_];
    if (first == '*') {
      ++at_;
    } else if (first == '\'' || first == '"') {
      const std::size_t close = text_.find(first, at_ + 1);
      if (close == std::string_view::npos || close == at_ + 1)
        return broken("a quoted name expected");
      step.kind = JsonPathStep::Kind::kName;
      step.name = text_.substr(at_ + 1, close - at_ - 1);
      at_ = close + 1;
    } else if (is_digit(first)) {
      step.kind = JsonPathStep::Kind::kIndex;
      while (!at_end() && is_digit(text_[at_])) {
        step.index = step.index * 10 + static_cast<std::uint32_t>(text_[at_++] - '0');
        if (step.index > 1'000'000) return broken("index too large");
      }
    } else {
      return broken("only [*], [number] and ['name'] may stand in brackets");
    }
    skip_blanks();
    if (at_end() || text_[at_++] != ']') return broken("']' expected");
    return step;
  }

  std::unexpected<Error> broken(std::string_view what) const {
    return fail(ErrorKind::kInvalid, fmt::format("{} (at character {})", what, at_ + 1));
  }
  void skip_blanks() {
    while (!at_end() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  bool at_end() const { return at_ >= text_.size(); }

  std::string_view text_;
  std::size_t at_ = 0;
};

void walk(const JsonPath& path, std::size_t step_index, const JsonValue& value,
          std::vector<const JsonValue*>& found) {
  if (step_index == path.size()) {
    found.push_back(&value);
    return;
  }
  const JsonPathStep& step = path[step_index];
  switch (step.kind) {
    case JsonPathStep::Kind::kName:
      if (const JsonValue* child = value.find(step.name)) walk(path, step_index + 1, *child, found);
      return;
    case JsonPathStep::Kind::kIndex:
      if (step.index < value.elements.size()) {
        walk(path, step_index + 1, value.elements[step.index], found);
      }
      return;
    case JsonPathStep::Kind::kAny:
      for (const JsonValue& child : value.elements) walk(path, step_index + 1, child, found);
      for (const JsonMember& member : value.members)
        walk(path, step_index + 1, member.value, found);
      return;
  }
}

}  // namespace

Result<JsonRowSelector> parse_json_paths(std::string_view text) { return PathParser(text).parse(); }

std::vector<const JsonValue*> select_rows(const JsonRowSelector& selector,
                                          const JsonValue& document,
                                          std::vector<JsonValue>& scratch) {
  std::vector<const JsonValue*> rows;
  if (selector.paths.size() == 1) {
    walk(selector.paths[0], 0, document, rows);
    return rows;
  }
  JsonValue row;
  row.kind = JsonValue::Kind::kObject;
  for (const JsonPath& path : selector.paths) {
    std::vector<const JsonValue*> found;
    walk(path, 0, document, found);
    for (const JsonValue* value : found) row.members.push_back({path.back().name, *value});
  }
  if (row.members.empty()) return rows;
  scratch.clear();
  scratch.push_back(std::move(row));
  rows.push_back(&scratch.back());
  return rows;
}

}  // namespace penstock::glue
