// Words and the evaluation of both kinds of pattern. The JSON condition's parser is
// filter_condition.cc.
#include "services/logs/filter_pattern.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>

#include "base/ascii.h"
#include "services/logs/filter_expression.h"

namespace penstock::logs {
namespace {

using simdjson::dom::element;
using Operator = Comparison::Operator;

// One term at the front of `rest`, quoted or bare.
Result<std::string> take_term(std::string_view& rest) {
  std::string term;
  if (rest.starts_with('"')) {
    std::size_t at = 1;
    while (at < rest.size() && rest[at] != '"') {
      if (rest[at] == '\\' && at + 1 < rest.size()) ++at;
      term += rest[at++];
    }
    if (at >= rest.size())
      return fail(ErrorKind::kInvalid, "Invalid filter pattern: unterminated quote");
    rest.remove_prefix(at + 1);
  } else {
    const std::size_t end = std::min(rest.find_first_of(" \t\r\n\""), rest.size());
    term = rest.substr(0, end);
    rest.remove_prefix(end);
  }
  if (term.empty()) return fail(ErrorKind::kInvalid, "Invalid filter pattern: empty term");
  return term;
}

Result<FilterPattern::Expression> parse_words(std::string_view rest) {
  FilterPattern::Expression expression;
  while (!rest.empty()) {
    std::vector<std::string>* list = &expression.required;
    if (rest.front() == '-' || rest.front() == '?') {
      list = rest.front() == '-' ? &expression.excluded : &expression.any;
      rest.remove_prefix(1);
    } else if (rest.front() == '%') {
      return fail(ErrorKind::kInvalid,
                  "Invalid filter pattern: regular expressions are not supported");
    }
    TRY(std::string term, take_term(rest));
    list->push_back(std::move(term));
    rest = trim_blanks(rest);
  }
  return expression;
}

bool contains(std::string_view message, const std::string& term) {
  return message.find(term) != std::string_view::npos;
}

bool words_match(const FilterPattern::Expression& e, std::string_view message) {
  for (const std::string& term : e.required) {
    if (!contains(message, term)) return false;
  }
  for (const std::string& term : e.excluded) {
    if (contains(message, term)) return false;
  }
  // AWS ignores optional terms beside others.
  if (!e.required.empty() || !e.excluded.empty() || e.any.empty()) return true;
  for (const std::string& term : e.any) {
    if (contains(message, term)) return true;
  }
  return false;
}

bool value_matches(const Comparison& comparison, element value) {
  switch (comparison.op) {
    case Operator::kExists: return true;
    case Operator::kNotExists: return false;
    case Operator::kIsNull: return value.is_null();
    case Operator::kIsTrue: return value.is_bool() && value.get_bool().value_unsafe();
    case Operator::kIsFalse: return value.is_bool() && !value.get_bool().value_unsafe();
    default: break;
  }
  if (!comparison.is_number) {
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS) return false;
    return wildcard_matches(comparison.text, text) == (comparison.op == Operator::kEqual);
  }
  double number = 0;
  if (value.get_double().get(number) != simdjson::SUCCESS) return false;
  switch (comparison.op) {
    case Operator::kEqual: return number == comparison.number;
    case Operator::kNotEqual: return number != comparison.number;
    case Operator::kLess: return number < comparison.number;
    case Operator::kLessOrEqual: return number <= comparison.number;
    case Operator::kGreater: return number > comparison.number;
    case Operator::kGreaterOrEqual: return number >= comparison.number;
    default: return false;
  }
}

// True when any value that the selector reaches from `value` fulfils the comparison; `found` when
// it reaches one at all. The depth is the selector's length, which is bounded by the pattern's.
bool selected_matches(const Comparison& comparison, element value, std::size_t step, bool& found) {
  if (step == comparison.selector.size()) {
    found = true;
    return value_matches(comparison, value);
  }
  const SelectorStep& at = comparison.selector[step];
  if (at.kind == SelectorStep::Kind::kMember) {
    element next;
    if (!value.is_object() ||
        value.get_object().value_unsafe()[at.name].get(next) != simdjson::SUCCESS) {
      return false;
    }
    return selected_matches(comparison, next, step + 1, found);
  }
  if (!value.is_array()) return false;
  std::size_t index = 0;
  for (const element next : value.get_array().value_unsafe()) {
    if (at.kind == SelectorStep::Kind::kAnyElement || index == at.index) {
      if (selected_matches(comparison, next, step + 1, found)) return true;
    }
    ++index;
  }
  return false;
}

bool node_matches(const std::vector<ConditionNode>& nodes, std::size_t index, element root) {
  const ConditionNode& node = nodes[index];
  switch (node.kind) {
    case ConditionNode::Kind::kAnd:
      return node_matches(nodes, node.left, root) && node_matches(nodes, node.right, root);
    case ConditionNode::Kind::kOr:
      return node_matches(nodes, node.left, root) || node_matches(nodes, node.right, root);
    case ConditionNode::Kind::kComparison: break;
  }
  bool found = false;
  const bool matched = selected_matches(node.comparison, root, 0, found);
  return node.comparison.op == Operator::kNotExists ? !found : matched;
}

}  // namespace

bool wildcard_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Result<FilterPattern> FilterPattern::parse(std::string_view text) {
  text = trim_blanks(text);
  FilterPattern pattern;
  if (text.starts_with('[')) {
    return fail(ErrorKind::kInvalid,
                "Invalid filter pattern: space-delimited patterns ([...]) are not supported");
  }
  if (text.starts_with('{')) {
    if (!text.ends_with('}'))
      return fail(ErrorKind::kInvalid, "Invalid filter pattern: '}' is missing");
    TRY(Expression condition, parse_condition(text.substr(1, text.size() - 2)));
    pattern.expression_ = std::make_shared<const Expression>(std::move(condition));
    return pattern;
  }
  TRY(Expression words, parse_words(text));
  pattern.expression_ = std::make_shared<const Expression>(std::move(words));
  return pattern;
}

bool FilterPattern::matches(std::string_view message) const {
  const Expression& expression = *expression_;
  if (expression.nodes.empty()) return words_match(expression, message);
  message = trim_blanks(message);
  if (!message.starts_with('{')) return false;
  thread_local simdjson::dom::parser parser;
  element root;
  if (parser.parse(message.data(), message.size()).get(root) != simdjson::SUCCESS) return false;
  return node_matches(expression.nodes, expression.nodes.size() - 1, root);
}

}  // namespace penstock::logs
