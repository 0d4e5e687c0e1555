// A recursive-descent parser for the condition, and its evaluation in three-valued logic.
#include "services/glue/partition_filter.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "services/glue/partition_value.h"

namespace penstock::glue {

struct PartitionFilter::Node {
  enum class Kind : std::uint8_t { kAnd, kOr, kNot, kCompare, kIn, kBetween, kLike, kIsNull };
  enum class Comparison : std::uint8_t {
    kEqual,
    kNotEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual
  };
  Kind kind;
  Comparison comparison = Comparison::kEqual;
  std::size_t column = 0;
  PartitionType type = PartitionType::kString;
  std::vector<std::string> literals;  // Canonical.
  std::vector<std::shared_ptr<const Node>> children;
};

namespace {

using Node = PartitionFilter::Node;
using NodePtr = std::shared_ptr<const Node>;
using Comparison = Node::Comparison;

constexpr std::string_view kNullPartition = "__HIVE_DEFAULT_PARTITION__";

struct Token {
  enum class Kind : std::uint8_t { kEnd, kWord, kQuotedName, kString, kNumber, kSymbol };
  Kind kind = Kind::kEnd;
  std::string text;
};

bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class FilterParser {
 public:
  FilterParser(std::string_view text, const std::vector<PartitionKey>& keys)
      : text_(text), keys_(keys) {}

  Result<NodePtr> parse() {
    TRY_VOID(advance());
    if (token_.kind == Token::Kind::kEnd) return NodePtr();
    TRY(NodePtr root, disjunction(0));
    if (token_.kind != Token::Kind::kEnd) return unsupported();
    return root;
  }

 private:
  std::unexpected<Error> unsupported() const {
    return fail(ErrorKind::kInvalid, fmt::format("Unsupported expression '{}'", text_));
  }

  Status advance() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    token_ = Token{};
    if (at_ >= text_.size()) return {};
    const char c = text_[at_];
    if (c == '\'') return quoted(c, Token::Kind::kString);
    if (c == '"' || c == '`') return quoted(c, Token::Kind::kQuotedName);
    const bool signed_number = (c == '-' || c == '+' || c == '.') && at_ + 1 < text_.size() &&
                               (is_digit(text_[at_ + 1]) || text_[at_ + 1] == '.');
    if (is_digit(c) || signed_number) {
      token_.kind = Token::Kind::kNumber;
      token_.text += text_[at_++];
      while (at_ < text_.size() && (is_word(text_[at_]) || text_[at_] == '.'))
        token_.text += text_[at_++];
      return {};
    }
    if (is_word(c)) {
      token_.kind = Token::Kind::kWord;
      while (at_ < text_.size() && is_word(text_[at_])) token_.text += text_[at_++];
      return {};
    }
    token_.kind = Token::Kind::kSymbol;
    for (const std::string_view symbol : {"<=", ">=", "<>", "!=", "=", "<", ">", "(", ")", ","}) {
      if (!text_.substr(at_).starts_with(symbol)) continue;
      token_.text = symbol;
      at_ += symbol.size();
      return {};
    }
    return unsupported();
  }

  Status quoted(char quote, Token::Kind kind) {
    token_.kind = kind;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] != quote) {
        token_.text += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == quote) {
        token_.text += quote;
        ++at_;
      } else {
        ++at_;
        return {};
      }
    }
    return unsupported();
  }

  bool is_keyword(std::string_view word) const {
    return token_.kind == Token::Kind::kWord && equals_ignore_case(token_.text, word);
  }
  bool is_symbol(std::string_view symbol) const {
    return token_.kind == Token::Kind::kSymbol && token_.text == symbol;
  }
  Result<bool> take_keyword(std::string_view word) {
    if (!is_keyword(word)) return false;
    TRY_VOID(advance());
    return true;
  }
  Status expect_symbol(std::string_view symbol) {
    if (!is_symbol(symbol)) return unsupported();
    return advance();
  }

  static NodePtr join(Node::Kind kind, std::vector<NodePtr> children) {
    if (children.size() == 1) return children[0];
    auto node = std::make_shared<Node>(Node{kind});
    node->children = std::move(children);
    return node;
  }
  static NodePtr negate(NodePtr child, bool negated) {
    if (!negated) return child;
    auto node = std::make_shared<Node>(Node{Node::Kind::kNot});
    node->children.push_back(std::move(child));
    return node;
  }

  Result<NodePtr> disjunction(int depth) {
    std::vector<NodePtr> branches;
    while (true) {
      TRY(NodePtr branch, conjunction(depth));
      branches.push_back(std::move(branch));
      TRY(const bool more, take_keyword("OR"));
      if (!more) return join(Node::Kind::kOr, std::move(branches));
    }
  }

  Result<NodePtr> conjunction(int depth) {
    std::vector<NodePtr> factors;
    while (true) {
      TRY(NodePtr factor, negation(depth));
      factors.push_back(std::move(factor));
      TRY(const bool more, take_keyword("AND"));
      if (!more) return join(Node::Kind::kAnd, std::move(factors));
    }
  }

  Result<NodePtr> negation(int depth) {
    if (depth > limits::kGlueExpressionDepth) return unsupported();
    TRY(const bool negated, take_keyword("NOT"));
    if (negated) {
      TRY(NodePtr child, negation(depth + 1));
      return negate(std::move(child), true);
    }
    if (is_symbol("(")) {
      TRY_VOID(advance());
      TRY(NodePtr inner, disjunction(depth + 1));
      TRY_VOID(expect_symbol(")"));
      return inner;
    }
    return predicate();
  }

  Result<std::size_t> column() {
    const bool is_name =
        token_.kind == Token::Kind::kWord || token_.kind == Token::Kind::kQuotedName;
    if (!is_name) return unsupported();
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (!equals_ignore_case(keys_[i].name, token_.text)) continue;
      TRY_VOID(advance());
      return i;
    }
    return fail(ErrorKind::kInvalid, fmt::format("Unknown column '{}'", token_.text));
  }

  // 'text', 12, -1.5, date '2024-01-01'.
  Result<std::string> literal() {
    if (is_keyword("date") || is_keyword("timestamp")) {
      TRY_VOID(advance());
      if (token_.kind != Token::Kind::kString) return unsupported();
    }
    if (token_.kind != Token::Kind::kString && token_.kind != Token::Kind::kNumber)
      return unsupported();
    std::string text = std::move(token_.text);
    TRY_VOID(advance());
    return text;
  }

  Status add_literal(Node& node, const std::string& text) const {
    std::optional<std::string> value = canonical_value(node.type, text);
    if (!value) {
      return fail(ErrorKind::kInvalid,
                  fmt::format("'{}' is not a valid value of partition key '{}' of type {}", text,
                              keys_[node.column].name, keys_[node.column].type));
    }
    node.literals.push_back(std::move(*value));
    return {};
  }

  static std::optional<Comparison> comparison_of(std::string_view symbol) {
    if (symbol == "=") return Comparison::kEqual;
    if (symbol == "<>" || symbol == "!=") return Comparison::kNotEqual;
    if (symbol == "<") return Comparison::kLess;
    if (symbol == "<=") return Comparison::kLessEqual;
    if (symbol == ">") return Comparison::kGreater;
    if (symbol == ">=") return Comparison::kGreaterEqual;
    return std::nullopt;
  }

  // 5 < day is day > 5.
  static Comparison mirrored(Comparison comparison) {
    switch (comparison) {
      case Comparison::kLess: return Comparison::kGreater;
      case Comparison::kLessEqual: return Comparison::kGreaterEqual;
      case Comparison::kGreater: return Comparison::kLess;
      case Comparison::kGreaterEqual: return Comparison::kLessEqual;
      default: return comparison;
    }
  }

  Result<NodePtr> predicate() {
    if (token_.kind == Token::Kind::kString || token_.kind == Token::Kind::kNumber)
      return literal_first();
    Node node{Node::Kind::kCompare};
    TRY_VOID(read_column(node));
    if (token_.kind == Token::Kind::kSymbol) {
      const std::optional<Comparison> comparison = comparison_of(token_.text);
      if (!comparison) return unsupported();
      node.comparison = *comparison;
      TRY_VOID(advance());
      TRY(const std::string text, literal());
      TRY_VOID(add_literal(node, text));
      return std::make_shared<const Node>(std::move(node));
    }
    TRY(const bool is, take_keyword("IS"));
    TRY(const bool negated, take_keyword("NOT"));
    if (is) {
      TRY(const bool null, take_keyword("NULL"));
      if (!null) return unsupported();
      node.kind = Node::Kind::kIsNull;
    } else {
      TRY_VOID(word_predicate(node));
    }
    return negate(std::make_shared<const Node>(std::move(node)), negated);
  }

  Status read_column(Node& node) {
    TRY(node.column, column());
    const std::optional<PartitionType> type = partition_type(keys_[node.column].type);
    if (!type) return unsupported();
    node.type = *type;
    return {};
  }

  Result<NodePtr> literal_first() {
    TRY(const std::string text, literal());
    if (token_.kind != Token::Kind::kSymbol) return unsupported();
    const std::optional<Comparison> comparison = comparison_of(token_.text);
    if (!comparison) return unsupported();
    Node node{Node::Kind::kCompare};
    node.comparison = mirrored(*comparison);
    TRY_VOID(advance());
    TRY_VOID(read_column(node));
    TRY_VOID(add_literal(node, text));
    return std::make_shared<const Node>(std::move(node));
  }

  Status word_predicate(Node& node) {
    TRY(const bool in, take_keyword("IN"));
    if (in) return in_list(node);
    TRY(const bool between, take_keyword("BETWEEN"));
    if (between) {
      node.kind = Node::Kind::kBetween;
      TRY(const std::string low, literal());
      TRY_VOID(add_literal(node, low));
      TRY(const bool with_and, take_keyword("AND"));
      if (!with_and) return unsupported();
      TRY(const std::string high, literal());
      return add_literal(node, high);
    }
    TRY(const bool like, take_keyword("LIKE"));
    if (!like) return unsupported();
    node.kind = Node::Kind::kLike;
    if (node.type != PartitionType::kString || token_.kind != Token::Kind::kString)
      return unsupported();
    TRY(const std::string pattern, literal());
    return add_literal(node, pattern);
  }

  Status in_list(Node& node) {
    node.kind = Node::Kind::kIn;
    TRY_VOID(expect_symbol("("));
    while (true) {
      TRY(const std::string text, literal());
      TRY_VOID(add_literal(node, text));
      if (!is_symbol(",")) break;
      TRY_VOID(advance());
    }
    return expect_symbol(")");
  }

  std::string_view text_;
  const std::vector<PartitionKey>& keys_;
  std::size_t at_ = 0;
  Token token_;
};

bool holds(Comparison comparison, int order) {
  switch (comparison) {
    case Comparison::kEqual: return order == 0;
    case Comparison::kNotEqual: return order != 0;
    case Comparison::kLess: return order < 0;
    case Comparison::kLessEqual: return order <= 0;
    case Comparison::kGreater: return order > 0;
    case Comparison::kGreaterEqual: return order >= 0;
  }
  return false;
}

using Truth = std::optional<bool>;  // nullopt is SQL's UNKNOWN.

Truth evaluate(const Node& node, const std::vector<std::string>& values);

Truth evaluate_all(const Node& node, const std::vector<std::string>& values, bool decisive) {
  Truth truth = !decisive;
  for (const NodePtr& child : node.children) {
    const Truth part = evaluate(*child, values);
    if (part == decisive) return decisive;
    if (!part) truth = std::nullopt;
  }
  return truth;
}

Truth evaluate_predicate(const Node& node, const std::vector<std::string>& values) {
  std::optional<std::string> value;
  if (node.column < values.size() && values[node.column] != kNullPartition) {
    value = canonical_value(node.type, values[node.column]);
  }
  if (node.kind == Node::Kind::kIsNull) return !value.has_value();
  if (!value) return std::nullopt;
  const auto order = [&](std::size_t i) {
    return compare_values(node.type, *value, node.literals[i]);
  };
  switch (node.kind) {
    case Node::Kind::kCompare: return holds(node.comparison, order(0));
    case Node::Kind::kBetween: return order(0) >= 0 && order(1) <= 0;
    case Node::Kind::kLike: return like(*value, node.literals[0]);
    default: break;
  }
  for (std::size_t i = 0; i < node.literals.size(); ++i) {
    if (order(i) == 0) return true;
  }
  return false;
}

Truth evaluate(const Node& node, const std::vector<std::string>& values) {
  switch (node.kind) {
    case Node::Kind::kAnd: return evaluate_all(node, values, false);
    case Node::Kind::kOr: return evaluate_all(node, values, true);
    case Node::Kind::kNot: {
      const Truth inner = evaluate(*node.children[0], values);
      if (!inner) return std::nullopt;
      return !*inner;
    }
    default: return evaluate_predicate(node, values);
  }
}

}  // namespace

Result<PartitionFilter> PartitionFilter::parse(std::string_view expression,
                                               const std::vector<PartitionKey>& keys) {
  PartitionFilter filter;
  TRY(filter.root_, FilterParser(expression, keys).parse());
  return filter;
}

bool PartitionFilter::accepts(const std::vector<std::string>& values) const {
  return root_ == nullptr || evaluate(*root_, values).value_or(false);
}

}  // namespace penstock::glue
