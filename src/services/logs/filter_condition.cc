// The parser of JSON conditions: selectors, comparisons, && and || (tighter), parentheses.
#include <fmt/format.h>

#include <cctype>
#include <charconv>

#include "base/limits.h"
#include "services/logs/filter_expression.h"

namespace penstock::logs {
namespace {

using Operator = Comparison::Operator;
using Expression = FilterPattern::Expression;

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Result<Expression> parse() {
    TRY_VOID(parse_or(0));
    skip_blanks();
    if (!rest_.empty()) return error("unexpected text");
    return std::move(expression_);
  }

 private:
  std::unexpected<Error> error(std::string_view what) const {
    return fail(ErrorKind::kInvalid,
                fmt::format("Invalid filter pattern: {} at '{}'", what, rest_.substr(0, 20)));
  }
  void skip_blanks() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front())) != 0) {
      rest_.remove_prefix(1);
    }
  }
  bool take(std::string_view token) {
    skip_blanks();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  static bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
  }
  bool take_keyword(std::string_view word) {
    skip_blanks();
    if (!rest_.starts_with(word) || (rest_.size() > word.size() && is_word(rest_[word.size()])))
      return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  std::size_t add(ConditionNode node) {
    expression_.nodes.push_back(std::move(node));
    return expression_.nodes.size() - 1;
  }

  Result<std::size_t> parse_or(int depth) {
    TRY(std::size_t left, parse_and(depth));
    while (take("||")) {
      TRY(const std::size_t right, parse_and(depth));
      left = add({.kind = ConditionNode::Kind::kOr, .left = left, .right = right});
    }
    return left;
  }
  Result<std::size_t> parse_and(int depth) {
    TRY(std::size_t left, parse_primary(depth));
    while (take("&&")) {
      TRY(const std::size_t right, parse_primary(depth));
      left = add({.kind = ConditionNode::Kind::kAnd, .left = left, .right = right});
    }
    return left;
  }
  Result<std::size_t> parse_primary(int depth) {
    if (depth > limits::kLogsConditionDepth) return error("too deep");
    if (take("(")) {
      TRY(const std::size_t inner, parse_or(depth + 1));
      if (!take(")")) return error("')' is missing");
      return inner;
    }
    ConditionNode node;
    TRY(node.comparison.selector, parse_selector());
    TRY_VOID(parse_operator(node.comparison));
    return add(std::move(node));
  }

  Result<std::vector<SelectorStep>> parse_selector() {
    if (!take("$")) return error("a selector ($.name) is missing");
    std::vector<SelectorStep> steps;
    while (!rest_.empty()) {
      if (rest_.front() == '.') {
        rest_.remove_prefix(1);
        TRY(std::string name, take_name());
        steps.push_back({.name = std::move(name)});
      } else if (rest_.front() == '[') {
        rest_.remove_prefix(1);
        TRY(SelectorStep step, parse_bracket());
        steps.push_back(std::move(step));
      } else {
        break;
      }
    }
    return steps;
  }
  Result<std::string> take_name() {
    std::size_t end = 0;
    while (end < rest_.size() && is_word(rest_[end])) ++end;
    if (end == 0) return error("a member name is missing");
    std::string name(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return name;
  }
  Result<SelectorStep> parse_bracket() {
    SelectorStep step;
    if (take("*")) {
      step.kind = SelectorStep::Kind::kAnyElement;
    } else if (!rest_.empty() && (rest_.front() == '"' || rest_.front() == '\'')) {
      TRY(step.name, take_quoted(rest_.front()));
    } else {
      step.kind = SelectorStep::Kind::kIndex;
      const auto [end, code] =
          std::from_chars(rest_.data(), rest_.data() + rest_.size(), step.index);
      if (code != std::errc()) return error("an index is missing");
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    }
    if (!take("]")) return error("']' is missing");
    return step;
  }
  Result<std::string> take_quoted(char quote) {
    std::string text;
    std::size_t at = 1;
    while (at < rest_.size() && rest_[at] != quote) {
      if (rest_[at] == '\\' && at + 1 < rest_.size()) ++at;
      text += rest_[at++];
    }
    if (at >= rest_.size()) return error("unterminated quote");
    rest_.remove_prefix(at + 1);
    return text;
  }

  Status parse_operator(Comparison& comparison) {
    if (take_keyword("IS")) {
      if (take_keyword("TRUE"))
        comparison.op = Operator::kIsTrue;
      else if (take_keyword("FALSE"))
        comparison.op = Operator::kIsFalse;
      else if (take_keyword("NULL"))
        comparison.op = Operator::kIsNull;
      else
        return error("IS must be followed by TRUE, FALSE or NULL");
      return {};
    }
    if (take_keyword("NOT")) {
      if (!take_keyword("EXISTS")) return error("NOT must be followed by EXISTS");
      comparison.op = Operator::kNotExists;
      return {};
    }
    if (take_keyword("EXISTS")) {
      comparison.op = Operator::kExists;
      return {};
    }
    if (take("!="))
      comparison.op = Operator::kNotEqual;
    else if (take("<="))
      comparison.op = Operator::kLessOrEqual;
    else if (take(">="))
      comparison.op = Operator::kGreaterOrEqual;
    else if (take("<"))
      comparison.op = Operator::kLess;
    else if (take(">"))
      comparison.op = Operator::kGreater;
    else if (take("="))
      comparison.op = Operator::kEqual;
    else
      return error("an operator is missing");
    return parse_value(comparison);
  }
  Status parse_value(Comparison& comparison) {
    skip_blanks();
    if (rest_.starts_with('%')) return error("regular expressions are not supported");
    if (rest_.starts_with('"')) {
      TRY(comparison.text, take_quoted('"'));
    } else {
      const std::size_t end = std::min(rest_.find_first_of(" \t\r\n()&|\""), rest_.size());
      const std::string_view word = rest_.substr(0, end);
      if (word.empty()) return error("a value is missing");
      const auto [stop, code] = std::from_chars(word.begin(), word.end(), comparison.number);
      comparison.is_number = code == std::errc() && stop == word.end();
      if (!comparison.is_number) comparison.text = word;
      rest_.remove_prefix(end);
    }
    const bool ordered = comparison.op != Operator::kEqual && comparison.op != Operator::kNotEqual;
    if (ordered && !comparison.is_number) return error("this operator needs a number");
    return {};
  }

  std::string_view rest_;
  Expression expression_;
};

}  // namespace

Result<Expression> parse_condition(std::string_view text) { return Parser(text).parse(); }

}  // namespace penstock::logs
