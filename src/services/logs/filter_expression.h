// The parsed form of a filter pattern. For the parser and the evaluator only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/logs/filter_pattern.h"

namespace penstock::logs {

struct SelectorStep {
  enum class Kind : std::uint8_t { kMember, kIndex, kAnyElement };
  Kind kind = Kind::kMember;
  std::string name;
  std::size_t index = 0;
};

struct Comparison {
  enum class Operator : std::uint8_t {
    kEqual,
    kNotEqual,
    kLess,
    kLessOrEqual,
    kGreater,
    kGreaterOrEqual,
    kIsTrue,
    kIsFalse,
    kIsNull,
    kExists,
    kNotExists,
  };
  std::vector<SelectorStep> selector;
  Operator op = Operator::kEqual;
  bool is_number = false;
  double number = 0;
  std::string text;  // With '*' as wildcard.
};

// A node of the JSON condition; children are indices into `nodes`.
struct ConditionNode {
  enum class Kind : std::uint8_t { kComparison, kAnd, kOr };
  Kind kind = Kind::kComparison;
  Comparison comparison;
  std::size_t left = 0, right = 0;
};

struct FilterPattern::Expression {
  // Words: all of `required`, none of `excluded`; `any` counts only when there is nothing else.
  std::vector<std::string> required, excluded, any;
  // JSON: the last node is the root. Empty: words.
  std::vector<ConditionNode> nodes;
};

// `*` stands for any run of characters.
bool wildcard_matches(std::string_view pattern, std::string_view text);

Result<FilterPattern::Expression> parse_condition(std::string_view text);  // Without the braces.

}  // namespace penstock::logs
