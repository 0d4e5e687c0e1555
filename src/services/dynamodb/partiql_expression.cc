// The parser of PartiQL expressions: operators by precedence, literals, paths, calls.
#include <algorithm>
#include <charconv>
#include <span>

#include "base/bytes.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/partiql_parser.h"

namespace penstock::dynamodb {
namespace {

using NodeKind = PartiqlNode::Kind;

// An operator binds tighter the higher its number is.
constexpr int kOrPrecedence = 10;
constexpr int kAndPrecedence = 20;
constexpr int kNotPrecedence = 30;
constexpr int kEqualPrecedence = 40;
constexpr int kOrderPrecedence = 50;
constexpr int kSumPrecedence = 60;
constexpr int kProductPrecedence = 70;

struct Infix {
  std::string_view text;
  int precedence;
};
constexpr Infix kSymbolInfixes[] = {
    {"=", kEqualPrecedence},   {"<>", kEqualPrecedence},  {"!=", kEqualPrecedence},
    {"<", kOrderPrecedence},   {"<=", kOrderPrecedence},  {">", kOrderPrecedence},
    {">=", kOrderPrecedence},  {"+", kSumPrecedence},     {"-", kSumPrecedence},
    {"||", kSumPrecedence},    {"*", kProductPrecedence}, {"/", kProductPrecedence},
    {"%", kProductPrecedence},
};
constexpr Infix kWordInfixes[] = {
    {"or", kOrPrecedence},    {"and", kAndPrecedence},       {"is", kEqualPrecedence},
    {"in", kEqualPrecedence}, {"between", kOrderPrecedence}, {"like", kOrderPrecedence},
};
// Reserved words that may be called.
constexpr std::string_view kCallableKeywords[] = {
    "avg",       "bag",   "bit_length", "char_length", "character_length", "count", "exists",
    "list",      "lower", "max",        "min",         "octet_length",     "sexp",  "size",
    "substring", "sum",   "upper",
};
// Type names after IS. Those of two words come as one.
constexpr std::string_view kTypeWords[] = {
    "any",  "bag",       "bigint",  "blob",     "bool",     "boolean",  "char",   "character",
    "clob", "date",      "dec",     "decimal",  "double",   "float",    "int",    "int2",
    "int4", "int8",      "integer", "integer2", "integer4", "integer8", "list",   "missing",
    "null", "numeric",   "real",    "sexp",     "smallint", "string",   "struct", "symbol",
    "time", "timestamp", "tuple",   "varchar",
};

const Infix* find_infix(std::span<const Infix> infixes, std::string_view text) {
  const auto found = std::ranges::find(infixes, text, &Infix::text);
  return found != infixes.end() ? &*found : nullptr;
}

std::optional<Comparator> comparator_of(std::string_view text) {
  if (text == "=") return Comparator::kEqual;
  if (text == "<>" || text == "!=") return Comparator::kNotEqual;
  if (text == "<") return Comparator::kLess;
  if (text == "<=") return Comparator::kLessEqual;
  if (text == ">") return Comparator::kGreater;
  if (text == ">=") return Comparator::kGreaterEqual;
  return std::nullopt;
}

// a AND b AND c is one node, so that long chains make no deep tree.
PartiqlNode joined(NodeKind kind, PartiqlNode left, PartiqlNode right) {
  if (left.kind == kind) {
    left.children.push_back(std::move(right));
    return left;
  }
  PartiqlNode node{.kind = kind, .at = left.at};
  node.children.push_back(std::move(left));
  node.children.push_back(std::move(right));
  return node;
}

}  // namespace

void PartiqlParser::fail_at_term() {
  const PartiqlToken& token = peek();
  if (token.kind == PartiqlToken::Kind::kKeyword) {
    fail(find_infix(kWordInfixes, token.text) != nullptr ? "Unexpected operator"
                                                         : "Unexpected keyword");
  } else if (token.kind == PartiqlToken::Kind::kSymbol &&
             find_infix(kSymbolInfixes, token.text) != nullptr) {
    fail("Unexpected operator");
  } else {
    fail("Unexpected term");
  }
}

// Of the operator that comes next, or 0.
int PartiqlParser::infix_precedence() const {
  const PartiqlToken& token = peek();
  const Infix* infix = nullptr;
  if (token.kind == PartiqlToken::Kind::kSymbol) infix = find_infix(kSymbolInfixes, token.text);
  if (token.kind == PartiqlToken::Kind::kKeyword) {
    const bool negated = token.text == "not";
    const PartiqlToken& word = peek(negated ? 1 : 0);
    if (word.kind == PartiqlToken::Kind::kKeyword) infix = find_infix(kWordInfixes, word.text);
    // NOT goes with IN, BETWEEN and LIKE.
    if (negated && infix != nullptr &&
        (infix->text == "or" || infix->text == "and" || infix->text == "is")) {
      infix = nullptr;
    }
  }
  return infix != nullptr ? infix->precedence : 0;
}

PartiqlNode PartiqlParser::parse_expression(int above) {
  if (failed() || !enter_level()) return {};
  PartiqlNode left = parse_prefix();
  while (!failed()) {
    const int precedence = infix_precedence();
    if (precedence <= above) break;
    left = parse_infix(std::move(left), precedence);
  }
  leave_level();
  return left;
}

PartiqlNode PartiqlParser::parse_infix(PartiqlNode left, int precedence) {
  count_operator();
  const bool negated = accept_keyword("not");
  const std::string word = peek().text;
  advance();
  if (word == "is") return parse_is(std::move(left));
  if (at_end()) {
    fail("Missing right-hand side expression of infix operator");
    return left;
  }
  PartiqlNode right = parse_expression(precedence);
  if (word == "and") return joined(NodeKind::kAnd, std::move(left), std::move(right));
  if (word == "or") return joined(NodeKind::kOr, std::move(left), std::move(right));
  PartiqlNode node{.kind = NodeKind::kOperator, .text = word, .negated = negated, .at = left.at};
  if (const auto comparator = comparator_of(word)) {
    node.kind = NodeKind::kCompare;
    node.comparator = *comparator;
  }
  if (word == "in") node.kind = NodeKind::kIn;
  node.children.push_back(std::move(left));
  node.children.push_back(std::move(right));
  if (word == "between") {
    node.kind = NodeKind::kBetween;
    if (!accept_keyword("and")) fail("Expected AND");
    node.children.push_back(parse_expression(precedence));
  }
  return node;
}

PartiqlNode PartiqlParser::parse_is(PartiqlNode left) {
  PartiqlNode node{.kind = NodeKind::kIs, .negated = accept_keyword("not"), .at = left.at};
  const PartiqlToken& type = peek();
  if (type.kind != PartiqlToken::Kind::kKeyword ||
      std::ranges::find(kTypeWords, type.text) == std::end(kTypeWords)) {
    fail("Expected type name");
    return node;
  }
  node.text = type.text;
  advance();
  if (node.text == "double" && !accept_keyword("precision")) fail("Expected type name");
  if (node.text == "character") (void)accept_keyword("varying");
  node.children.push_back(std::move(left));
  return node;
}

PartiqlNode PartiqlParser::parse_prefix() {
  if (peek().is_keyword("not")) {
    PartiqlNode node{.kind = NodeKind::kNot, .at = peek().at};
    advance();
    count_operator();
    node.children.push_back(parse_expression(kNotPrecedence));
    return node;
  }
  if (!peek().is_symbol("+") && !peek().is_symbol("-")) return parse_term();
  const PartiqlToken sign = peek();
  advance();
  if (!enter_level()) return {};
  PartiqlNode child = parse_prefix();
  leave_level();
  if (child.kind == NodeKind::kNumber) {
    if (sign.text == "-") {
      child.text = child.text.starts_with('-') ? child.text.substr(1) : "-" + child.text;
    }
    return child;
  }
  PartiqlNode node{.kind = NodeKind::kSign, .text = sign.text, .at = sign.at};
  node.children.push_back(std::move(child));
  return node;
}

PartiqlNode PartiqlParser::parse_term() {
  const PartiqlToken& token = peek();
  PartiqlNode node{.at = token.at};
  switch (token.kind) {
    case PartiqlToken::Kind::kString: node.kind = NodeKind::kString; break;
    case PartiqlToken::Kind::kNumber: node.kind = NodeKind::kNumber; break;
    case PartiqlToken::Kind::kParameter:
      node.kind = NodeKind::kParameter;
      node.parameter = parameters_++;
      break;
    case PartiqlToken::Kind::kWord:
      if (peek(1).is_symbol("(")) return parse_call();
      [[fallthrough]];
    case PartiqlToken::Kind::kName:
      node.kind = NodeKind::kPath;
      node.path = parse_path();
      return node;
    case PartiqlToken::Kind::kKeyword: return parse_keyword_term();
    case PartiqlToken::Kind::kSymbol:
      if (token.text == "(") return parse_parentheses();
      if (token.text == "[") return parse_sequence(NodeKind::kList, "]", "RIGHT_BRACKET");
      if (token.text == "<<")
        return parse_sequence(NodeKind::kBag, ">>", "RIGHT_DOUBLE_ANGLE_BRACKET");
      if (token.text == "{") return parse_tuple();
      [[fallthrough]];
    case PartiqlToken::Kind::kEnd: fail_at_term(); return node;
  }
  node.text = token.text;
  advance();
  return node;
}

PartiqlNode PartiqlParser::parse_keyword_term() {
  const PartiqlToken& token = peek();
  const bool callable =
      std::ranges::find(kCallableKeywords, token.text) != std::end(kCallableKeywords);
  if (callable && peek(1).is_symbol("(")) return parse_call();
  PartiqlNode node{.text = token.text, .at = token.at};
  if (token.text == "true") {
    node.kind = NodeKind::kTrue;
  } else if (token.text == "false") {
    node.kind = NodeKind::kFalse;
  } else if (token.text == "null") {
    node.kind = NodeKind::kNull;
  } else if (token.text == "missing") {
    node.kind = NodeKind::kMissing;
  } else {
    fail_at_term();
    return node;
  }
  advance();
  return node;
}

// (a) is a; (a, b) is a list, as in IN (a, b).
PartiqlNode PartiqlParser::parse_parentheses() {
  const PartiqlPosition at = peek().at;
  advance();
  PartiqlNode first = parse_expression();
  if (failed()) return first;
  if (!peek().is_symbol(",")) {
    expect_symbol(")", "RIGHT_PAREN");
    return first;
  }
  PartiqlNode list{.kind = NodeKind::kList, .at = at};
  list.children.push_back(std::move(first));
  while (accept_symbol(",")) list.children.push_back(parse_expression());
  expect_symbol(")", "RIGHT_PAREN");
  return list;
}

PartiqlNode PartiqlParser::parse_sequence(NodeKind kind, std::string_view close,
                                          std::string_view name) {
  PartiqlNode node{.kind = kind, .at = peek().at};
  advance();
  if (accept_symbol(close)) return node;
  do {
    node.children.push_back(parse_expression());
  } while (accept_symbol(","));
  expect_symbol(close, name);
  return node;
}

PartiqlNode PartiqlParser::parse_tuple() {
  PartiqlNode node{.kind = NodeKind::kTuple, .at = peek().at};
  advance();
  if (accept_symbol("}")) return node;
  do {
    node.children.push_back(parse_expression());
    expect_symbol(":", "COLON");
    node.children.push_back(parse_expression());
  } while (accept_symbol(","));
  expect_symbol("}", "RIGHT_CURLY");
  return node;
}

PartiqlNode PartiqlParser::parse_call() {
  PartiqlNode node{.kind = NodeKind::kCall, .text = to_lower(peek().text), .at = peek().at};
  count_operator();
  advance();
  advance();
  if (accept_symbol(")")) return node;
  if (peek().is_symbol("*")) {
    advance();  // count(*)
    expect_symbol(")", "RIGHT_PAREN");
    return node;
  }
  do {
    node.children.push_back(parse_expression());
  } while (accept_symbol(","));
  expect_symbol(")", "RIGHT_PAREN");
  return node;
}

// The cursor is on a name.
DocumentPath PartiqlParser::parse_path() {
  DocumentPath path;
  path.elements.push_back({peek().text});
  advance();
  while (!failed() && (peek().is_symbol(".") || peek().is_symbol("["))) parse_path_step(path);
  if (path.elements.size() > kPathDepthMax) {
    set_unsupported("The document path has too many nesting levels; nesting levels: " +
                    std::to_string(path.elements.size()));
  }
  return path;
}

void PartiqlParser::parse_path_step(DocumentPath& path) {
  if (accept_symbol("[")) {
    if (peek().kind == PartiqlToken::Kind::kString) {
      path.elements.push_back({peek().text});
      advance();
    } else {
      parse_path_index(path);
    }
    return expect_symbol("]", "RIGHT_BRACKET");
  }
  advance();
  if (!peek().is_name()) return fail("Invalid path dot component");
  path.elements.push_back({peek().text});
  advance();
}

void PartiqlParser::parse_path_index(DocumentPath& path) {
  const bool negative = accept_symbol("-");
  const PartiqlToken& token = peek();
  if (token.kind != PartiqlToken::Kind::kNumber ||
      token.text.find_first_not_of("0123456789") != std::string::npos) {
    return fail("Invalid path bracket component");
  }
  PathElement element{.name = {}, .is_index = true};
  const char* const end = token.text.data() + token.text.size();
  const auto [last, error] = std::from_chars(token.text.data(), end, element.index);
  if (error != std::errc() || element.index > kListIndexMax || (negative && element.index != 0)) {
    set_unsupported("List index is not within the allowable range; index: [" +
                    std::string(negative ? "-" : "") + token.text + "]" + to_text(token.at));
    element.index = 0;
  }
  path.elements.push_back(std::move(element));
  advance();
}

}  // namespace penstock::dynamodb
