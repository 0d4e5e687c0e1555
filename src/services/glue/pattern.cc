// A Thompson machine: the pattern becomes states, the text moves a set of them. No backtracking, so
// a pattern from a client cannot take exponential time.
#include "services/glue/pattern.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/limits.h"

namespace penstock::glue {
namespace {

constexpr std::uint32_t kCodePointMax = 0x10FFFF;
constexpr int kNestingMax = 64;
constexpr int kRepeatMax = 1'000;

struct Range {
  std::uint32_t first, last;
};

struct PatternNode {
  enum class Kind : std::uint8_t { kEmpty, kSet, kBegin, kEnd, kConcat, kAlternate, kRepeat };
  Kind kind = Kind::kEmpty;
  std::vector<Range> ranges;  // kSet
  std::vector<PatternNode> children;
  int min = 0, max = 0;  // kRepeat; max -1 is unbounded.
};

struct PatternState {
  enum class Kind : std::uint8_t { kSet, kSplit, kBegin, kEnd, kMatch };
  Kind kind;
  std::vector<Range> ranges;
  std::int32_t next = -1, other = -1;
};

std::vector<std::uint32_t> code_points(std::string_view text) {
  std::vector<std::uint32_t> out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    const std::size_t length = byte < 0x80    ? 1
                               : byte >= 0xF0 ? 4
                               : byte >= 0xE0 ? 3
                               : byte >= 0xC0 ? 2
                                              : 1;
    std::uint32_t value = length == 1 ? byte : byte & (0xFF >> (length + 1));
    const std::size_t end = std::min(text.size(), i + length);
    for (++i; i < end; ++i) value = value << 6 | (static_cast<std::uint8_t>(text[i]) & 0x3F);
    out.push_back(value);
  }
  return out;
}

std::vector<Range> inverted(std::vector<Range> ranges) {
  std::ranges::sort(ranges, {}, &Range::first);
  std::vector<Range> out;
  std::uint32_t from = 0;
  for (const Range& range : ranges) {
    if (range.first > from) out.push_back({from, range.first - 1});
    from = std::max(from, range.last + 1);
  }
  if (from <= kCodePointMax) out.push_back({from, kCodePointMax});
  return out;
}

// \d \w \s and their opposites; nullopt-like empty for others.
std::vector<Range> class_ranges(std::uint32_t letter) {
  switch (letter) {
    case 'd': return {{'0', '9'}};
    case 'D': return inverted({{'0', '9'}});
    case 'w': return {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
    case 'W': return inverted({{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}});
    case 's': return {{'\t', '\r'}, {' ', ' '}};
    case 'S': return inverted({{'\t', '\r'}, {' ', ' '}});
    default: return {};
  }
}

std::unexpected<Error> broken(std::string_view what) {
  return fail(ErrorKind::kInvalid, std::string(what));
}

class RegexParser {
 public:
  explicit RegexParser(std::string_view text) : text_(code_points(text)) {}

  Result<PatternNode> parse() {
    TRY(PatternNode node, alternation(0));
    if (!at_end()) return broken("unmatched ')'");
    return node;
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  std::uint32_t peek() const { return text_[at_]; }
  bool take(std::uint32_t c) {
    if (at_end() || peek() != c) return false;
    ++at_;
    return true;
  }

  Result<PatternNode> alternation(int depth) {
    if (depth > kNestingMax) return broken("nested too deeply");
    PatternNode node{PatternNode::Kind::kAlternate, {}, {}, 0, 0};
    do {
      TRY(PatternNode branch, concatenation(depth));
      node.children.push_back(std::move(branch));
    } while (take('|'));
    return node;
  }

  Result<PatternNode> concatenation(int depth) {
    PatternNode node{PatternNode::Kind::kConcat, {}, {}, 0, 0};
    while (!at_end() && peek() != '|' && peek() != ')') {
      TRY(PatternNode item, atom(depth));
      TRY(PatternNode repeated, repetition(std::move(item)));
      node.children.push_back(std::move(repeated));
    }
    return node;
  }

  Result<PatternNode> repetition(PatternNode item) {
    while (!at_end()) {
      int min = 0, max = -1;
      if (take('*')) {
      } else if (take('+')) {
        min = 1;
      } else if (take('?')) {
        max = 1;
      } else if (peek() == '{') {
        ++at_;
        TRY_VOID(bounds(min, max));
      } else {
        break;
      }
      if (!take('?')) take('+');  // Lazy and possessive forms match the same whole texts here.
      PatternNode repeat{PatternNode::Kind::kRepeat, {}, {}, min, max};
      repeat.children.push_back(std::move(item));
      item = std::move(repeat);
      if (++repeats_ > kNestingMax) return broken("too many repetitions");
    }
    return item;
  }

  Status bounds(int& min, int& max) {
    TRY(min, number());
    max = min;
    if (take(',')) {
      max = -1;
      if (!at_end() && peek() != '}') {
        TRY(max, number());
      }
    }
    if (!take('}')) return broken("'}' expected");
    if (max >= 0 && max < min) return broken("the bounds of a repetition are reversed");
    return {};
  }

  Result<int> number() {
    int value = 0;
    const std::size_t start = at_;
    while (!at_end() && peek() >= '0' && peek() <= '9') {
      value = value * 10 + static_cast<int>(text_[at_++] - '0');
      if (value > kRepeatMax) return broken("a repetition is too large");
    }
    if (at_ == start) return broken("a number expected in '{}'");
    return value;
  }

  static PatternNode set(std::vector<Range> ranges) {
    return PatternNode{PatternNode::Kind::kSet, std::move(ranges), {}, 0, 0};
  }

  Result<PatternNode> atom(int depth) {
    const std::uint32_t c = text_[at_++];
    switch (c) {
      case '.': return set(inverted({{'\n', '\n'}, {'\r', '\r'}}));
      case '^': return PatternNode{PatternNode::Kind::kBegin, {}, {}, 0, 0};
      case '$': return PatternNode{PatternNode::Kind::kEnd, {}, {}, 0, 0};
      case '[': return bracket();
      case '(': return group(depth);
      case '\\': return escape();
      case '*':
      case '+':
      case '?': return broken("dangling quantifier");
      default: return set({{c, c}});
    }
  }

  Result<PatternNode> group(int depth) {
    if (take('?') && !take(':'))
      return broken("look-around, flags and named groups are not supported");
    TRY(PatternNode node, alternation(depth + 1));
    if (!take(')')) return broken("unclosed group");
    return node;
  }

  Result<PatternNode> escape() {
    if (at_end()) return broken("a backslash at the end");
    const std::uint32_t c = text_[at_++];
    if (std::vector<Range> ranges = class_ranges(c); !ranges.empty()) return set(std::move(ranges));
    TRY(const std::uint32_t literal, escaped(c));
    return set({{literal, literal}});
  }

  Result<std::uint32_t> escaped(std::uint32_t c) const {
    switch (c) {
      case 't': return '\t';
      case 'n': return '\n';
      case 'r': return '\r';
      default: break;
    }
    const bool alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (alphanumeric) return broken("this escape is not supported");
    return c;
  }

  Result<PatternNode> bracket() {
    const bool negated = take('^');
    std::vector<Range> ranges;
    bool first = true;
    while (true) {
      if (at_end()) return broken("unclosed character class");
      std::uint32_t low = text_[at_++];
      if (low == ']' && !first) break;
      first = false;
      if (low == '\\') {
        if (at_end()) return broken("unclosed character class");
        const std::uint32_t c = text_[at_++];
        if (const auto named = class_ranges(c); !named.empty()) {
          ranges.insert(ranges.end(), named.begin(), named.end());
          continue;
        }
        TRY(low, escaped(c));
      } else if (low == '[' || (low == '&' && !at_end() && peek() == '&')) {
        return broken("nested character classes are not supported");
      }
      std::uint32_t high = low;
      if (at_ + 1 < text_.size() && peek() == '-' && text_[at_ + 1] != ']') {
        ++at_;
        high = text_[at_++];
        if (high == '\\') {
          if (at_end()) return broken("unclosed character class");
          TRY(high, escaped(text_[at_++]));
        }
        if (high < low) return broken("a range in a character class is reversed");
      }
      ranges.push_back({low, high});
    }
    return set(negated ? inverted(std::move(ranges)) : std::move(ranges));
  }

  std::vector<std::uint32_t> text_;
  std::size_t at_ = 0;
  int repeats_ = 0;
};

// Builds states from the end to the start: each node is given the state that follows it.
class Compiler {
 public:
  bool build(const PatternNode& root, std::vector<PatternState>& states, std::int32_t& start) {
    const std::int32_t match = add({PatternState::Kind::kMatch, {}, -1, -1});
    start = compile(root, match);
    states = std::move(states_);
    return !overflow_;
  }

 private:
  std::int32_t add(PatternState state) {
    if (states_.size() >= limits::kGluePatternStates) {
      overflow_ = true;
      return 0;
    }
    states_.push_back(std::move(state));
    return static_cast<std::int32_t>(states_.size() - 1);
  }

  std::int32_t compile(const PatternNode& node, std::int32_t next) {
    // Counted as well as states: repeating nothing costs steps without making states.
    if (++steps_ > limits::kGluePatternStates * 4) overflow_ = true;
    if (overflow_) return 0;
    switch (node.kind) {
      case PatternNode::Kind::kEmpty: return next;
      case PatternNode::Kind::kSet: return add({PatternState::Kind::kSet, node.ranges, next, -1});
      case PatternNode::Kind::kBegin: return add({PatternState::Kind::kBegin, {}, next, -1});
      case PatternNode::Kind::kEnd: return add({PatternState::Kind::kEnd, {}, next, -1});
      case PatternNode::Kind::kConcat:
        for (auto child = node.children.rbegin(); child != node.children.rend(); ++child) {
          next = compile(*child, next);
        }
        return next;
      case PatternNode::Kind::kAlternate: {
        std::int32_t entry = compile(node.children.back(), next);
        for (std::size_t i = node.children.size() - 1; i-- > 0;) {
          const std::int32_t branch = compile(node.children[i], next);
          entry = add({PatternState::Kind::kSplit, {}, branch, entry});
        }
        return entry;
      }
      case PatternNode::Kind::kRepeat: return compile_repeat(node, next);
    }
    return next;
  }

  std::int32_t compile_repeat(const PatternNode& node, std::int32_t next) {
    const PatternNode& child = node.children[0];
    std::int32_t entry = next;
    if (node.max < 0) {
      const std::int32_t loop = add({PatternState::Kind::kSplit, {}, -1, next});
      const std::int32_t body = compile(child, loop);
      if (overflow_) return 0;
      states_[static_cast<std::size_t>(loop)].next = body;
      entry = loop;
    } else {
      for (int i = node.min; i < node.max && !overflow_; ++i) {
        const std::int32_t body = compile(child, entry);
        entry = add({PatternState::Kind::kSplit, {}, body, next});
      }
    }
    for (int i = 0; i < node.min && !overflow_; ++i) entry = compile(child, entry);
    return entry;
  }

  std::vector<PatternState> states_;
  std::size_t steps_ = 0;
  bool overflow_ = false;
};

// "sales/{a,b}/**.csv" as a regular expression.
Result<std::string> glob_to_regex(std::string_view glob) {
  std::string out;
  bool in_group = false;
  const auto literal = [&out](char c) {
    if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos) out += '\\';
    out += c;
  };
  for (std::size_t i = 0; i < glob.size(); ++i) {
    const char c = glob[i];
    if (c == '\\') {
      if (i + 1 >= glob.size()) return broken("a backslash at the end");
      literal(glob[++i]);
    } else if (c == '*') {
      const bool crosses = i + 1 < glob.size() && glob[i + 1] == '*';
      while (i + 1 < glob.size() && glob[i + 1] == '*') ++i;
      out += crosses ? ".*" : "[^/]*";
    } else if (c == '?') {
      out += "[^/]";
    } else if (c == '[') {
      const std::size_t close = glob.find(']', i + 2);
      if (close == std::string_view::npos) return broken("unclosed '['");
      out += '[';
      for (std::size_t k = i + 1; k < close; ++k) {
        if (k == i + 1 && glob[k] == '!') {
          out += '^';
        } else {
          if (std::string_view("\\[^&").find(glob[k]) != std::string_view::npos) out += '\\';
          out += glob[k];
        }
      }
      out += ']';
      i = close;
    } else if (c == '{') {
      if (in_group) return broken("groups cannot be nested");
      in_group = true;
      out += "(?:";
    } else if (c == '}' && in_group) {
      in_group = false;
      out += ')';
    } else if (c == ',' && in_group) {
      out += '|';
    } else {
      literal(c);
    }
  }
  if (in_group) return broken("unclosed '{'");
  return out;
}

bool contains(const std::vector<Range>& ranges, std::uint32_t c) {
  return std::ranges::any_of(ranges, [c](const Range& r) { return c >= r.first && c <= r.last; });
}

}  // namespace

struct Pattern::Program {
  std::vector<PatternState> states;
  std::int32_t start = 0;
};

Result<Pattern> Pattern::regex(std::string_view expression) {
  TRY(const PatternNode root, RegexParser(expression).parse());
  auto program = std::make_shared<Program>();
  if (!Compiler().build(root, program->states, program->start))
    return broken("the pattern is too large");
  return Pattern(std::move(program));
}

Result<Pattern> Pattern::glob(std::string_view pattern) {
  TRY(const std::string expression, glob_to_regex(pattern));
  return regex(expression);
}

bool Pattern::matches(std::string_view text) const {
  const std::vector<std::uint32_t> input = code_points(text);
  const std::vector<PatternState>& states = program_->states;
  std::vector<std::int32_t> current, following, stack;
  std::vector<std::size_t> seen(states.size(), 0);
  bool matched = false;
  // Follows the moves that take no character; `position` + 1 marks a state as visited there.
  const auto enter = [&](std::int32_t first, std::size_t position, std::vector<std::int32_t>& set) {
    stack.push_back(first);
    while (!stack.empty()) {
      const auto index = static_cast<std::size_t>(stack.back());
      stack.pop_back();
      if (seen[index] == position + 1) continue;
      seen[index] = position + 1;
      const PatternState& state = states[index];
      switch (state.kind) {
        case PatternState::Kind::kSet: set.push_back(static_cast<std::int32_t>(index)); break;
        case PatternState::Kind::kSplit:
          stack.push_back(state.other);
          stack.push_back(state.next);
          break;
        case PatternState::Kind::kBegin:
          if (position == 0) stack.push_back(state.next);
          break;
        case PatternState::Kind::kEnd:
          if (position == input.size()) stack.push_back(state.next);
          break;
        case PatternState::Kind::kMatch: matched |= position == input.size(); break;
      }
    }
  };
  enter(program_->start, 0, current);
  for (std::size_t i = 0; i < input.size() && !current.empty(); ++i) {
    following.clear();
    for (const std::int32_t index : current) {
      const PatternState& state = states[static_cast<std::size_t>(index)];
      if (contains(state.ranges, input[i])) enter(state.next, i + 1, following);
    }
    current.swap(following);
  }
  return matched;
}

}  // namespace penstock::glue
