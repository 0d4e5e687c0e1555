// The structure of event patterns: nesting, $or, alternatives; and matching it against an event.
#include "stream/event_pattern.h"

#include <simdjson.h>

#include <algorithm>
#include <vector>

#include "stream/event_matcher.h"

namespace penstock::stream {

struct EventPattern::Node {
  struct Field {
    std::string name;
    std::shared_ptr<const Node> nested;  // Or:
    std::vector<Matcher> alternatives;
  };
  std::vector<Field> fields;
  std::vector<std::vector<Node>> ors;  // Of each $or at least one must match.
};

namespace {

using simdjson::dom::element;
using PatternNode = EventPattern::Node;
using PatternField = EventPattern::Node::Field;

constexpr int kDepthMax = 100;

bool is_operator_word(std::string_view name) {
  constexpr std::string_view kWords[] = {"exact",        "equals-ignore-case",
                                         "prefix",       "suffix",
                                         "anything-but", "numeric",
                                         "exists",       "cidr",
                                         "wildcard"};
  return std::find(std::begin(kWords), std::end(kWords), name) != std::end(kWords);
}

// $or is an operator when it has two or more objects none of whose fields is an operator word; else
// it is a field as any other.
bool is_or(const element& json) {
  simdjson::dom::array array;
  if (json.get_array().get(array) || array.size() < 2) return false;
  for (const element& each : array) {
    simdjson::dom::object object;
    if (each.get_object().get(object)) return false;
    for (const auto field : object) {
      if (is_operator_word(field.key)) return false;
    }
  }
  return true;
}

Result<PatternNode> parse_object(const element& json, int depth);

Result<PatternField> parse_field(std::string_view name, const element& json, int depth) {
  // "a.b" says the same as {"a": {"b": ...}}.
  if (const std::size_t dot = name.find('.'); dot != std::string_view::npos && dot > 0) {
    if (depth <= 0) return bad_pattern("The pattern is nested too deeply");
    PatternNode inner;
    TRY(inner.fields.emplace_back(), parse_field(name.substr(dot + 1), json, depth - 1));
    return PatternField{std::string(name.substr(0, dot)),
                        std::make_shared<const PatternNode>(std::move(inner)),
                        {}};
  }
  PatternField field{std::string(name), nullptr, {}};
  if (json.is_object()) {
    TRY(PatternNode nested, parse_object(json, depth - 1));
    field.nested = std::make_shared<const PatternNode>(std::move(nested));
    return field;
  }
  simdjson::dom::array array;
  if (json.get_array().get(array)) {
    return bad_pattern("\"" + std::string(name) + "\" must be an object or an array");
  }
  if (array.size() == 0) return bad_pattern("Empty arrays are not allowed");
  for (const element& each : array) {
    TRY(field.alternatives.emplace_back(), parse_matcher(each));
  }
  return field;
}

Result<PatternNode> parse_object(const element& json, int depth) {
  if (depth <= 0) return bad_pattern("The pattern is nested too deeply");
  simdjson::dom::object object;
  if (json.get_object().get(object)) return bad_pattern("Filter is not an object");
  if (object.size() == 0) return bad_pattern("Empty objects are not allowed");
  PatternNode node;
  std::vector<std::string_view> names;
  for (const auto field : object) {
    if (std::find(names.begin(), names.end(), field.key) != names.end()) {
      return bad_pattern("Path `" + std::string(field.key) + "` cannot be allowed multiple times");
    }
    names.push_back(field.key);
    if (field.key == "$or" && is_or(field.value)) {
      std::vector<PatternNode>& choices = node.ors.emplace_back();
      simdjson::dom::array array;
      if (field.value.get_array().get(array)) return bad_pattern("$or must be an array");
      for (const element& each : array) {
        TRY(choices.emplace_back(), parse_object(each, depth - 1));
      }
      continue;
    }
    TRY(node.fields.emplace_back(), parse_field(field.key, field.value, depth));
  }
  return node;
}

bool matches_node(const PatternNode& node, const element* event);

// Any scalar of the value, seen through arrays. Objects are no leaves: for them the field is
// absent.
bool any_leaf(const element& value, const std::vector<Matcher>& alternatives, bool& present) {
  simdjson::dom::array array;
  if (value.get_array().get(array) == simdjson::SUCCESS) {
    bool found = false;
    for (const element& each : array) found = any_leaf(each, alternatives, present) || found;
    return found;
  }
  if (value.is_object()) return false;
  present = true;
  return std::any_of(alternatives.begin(), alternatives.end(),
                     [&](const Matcher& matcher) { return matcher.matches(value); });
}

bool matches_leaf(const PatternField& field, const element* value) {
  bool present = false;
  if (value != nullptr && any_leaf(*value, field.alternatives, present)) return true;
  if (present) return false;
  return std::any_of(field.alternatives.begin(), field.alternatives.end(),
                     [](const Matcher& m) { return m.kind == Matcher::Kind::kAbsent; });
}

bool matches_nested(const PatternNode& nested, const element* value) {
  simdjson::dom::array array;
  if (value == nullptr || value->get_array().get(array)) return matches_node(nested, value);
  if (array.size() == 0) return matches_node(nested, nullptr);
  for (const element& each : array) {
    if (matches_nested(nested, &each)) return true;
  }
  return false;
}

bool matches_node(const PatternNode& node, const element* event) {
  simdjson::dom::object object;
  const bool is_object = event != nullptr && event->get_object().get(object) == simdjson::SUCCESS;
  for (const PatternField& field : node.fields) {
    element value;
    const bool found = is_object && object.at_key(field.name).get(value) == simdjson::SUCCESS;
    const element* const at = found ? &value : nullptr;
    if (!(field.nested ? matches_nested(*field.nested, at) : matches_leaf(field, at))) return false;
  }
  return std::all_of(
      node.ors.begin(), node.ors.end(), [&](const std::vector<PatternNode>& choices) {
        return std::any_of(choices.begin(), choices.end(),
                           [&](const PatternNode& choice) { return matches_node(choice, event); });
      });
}

}  // namespace

Result<EventPattern> EventPattern::parse(std::string_view json) {
  simdjson::dom::parser parser;
  element document;
  if (parser.parse(simdjson::padded_string(json)).get(document))
    return bad_pattern("Filter is not an object");
  TRY(PatternNode root, parse_object(document, kDepthMax));
  EventPattern pattern;
  pattern.root_ = std::make_shared<const PatternNode>(std::move(root));
  return pattern;
}

bool EventPattern::matches(const element& event) const { return matches_node(*root_, &event); }

}  // namespace penstock::stream
