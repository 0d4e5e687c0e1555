// Tokens of DynamoDB expressions.
#include "services/dynamodb/expression_lexer.h"

#include "base/ascii.h"
#include "base/bytes.h"

namespace penstock::dynamodb {
namespace {

bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '_'; }

// How many bytes from `at` on satisfy `test`.
template <typename Test>
std::size_t run(std::string_view text, std::size_t at, Test test) {
  std::size_t end = at;
  while (end < text.size() && test(text[end])) ++end;
  return end - at;
}

std::size_t symbol_length(std::string_view rest) {
  if (rest.starts_with("<>") || rest.starts_with("<=") || rest.starts_with(">=")) return 2;
  return std::string_view("=<>+-()[],.").find(rest.front()) != std::string_view::npos ? 1 : 0;
}

// The bytes of one UTF-8 character, so that a message never holds half of one.
std::size_t character_length(std::string_view rest) {
  std::size_t length = 1;
  while (length < rest.size() && (static_cast<unsigned char>(rest[length]) & 0xC0) == 0x80)
    ++length;
  return length;
}

}  // namespace

bool Token::is_keyword(std::string_view upper) const {
  return kind == Kind::kName && equals_ignore_case(text, upper);
}

std::vector<Token> tokenize(std::string_view expression) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (true) {
    at += run(expression, at, is_blank);
    if (at >= expression.size()) break;
    const std::string_view rest = expression.substr(at);
    Token token{Token::Kind::kUnknown, {}, at};
    std::size_t length = 0;
    if (is_letter(rest.front())) {
      token.kind = Token::Kind::kName;
      length = run(expression, at, is_word);
    } else if (is_digit(rest.front())) {
      token.kind = Token::Kind::kDigits;
      length = run(expression, at, is_digit);
    } else if ((rest.front() == '#' || rest.front() == ':') && rest.size() > 1 &&
               is_word(rest[1])) {
      token.kind = rest.front() == '#' ? Token::Kind::kNamePlace : Token::Kind::kValuePlace;
      length = 1 + run(expression, at + 1, is_word);
    } else if (const std::size_t symbol = symbol_length(rest); symbol > 0) {
      token.kind = Token::Kind::kSymbol;
      length = symbol;
    } else {
      length = character_length(rest);
    }
    token.text = rest.substr(0, length);
    tokens.push_back(token);
    at += length;
  }
  tokens.push_back({Token::Kind::kEnd, {}, expression.size()});
  return tokens;
}

std::string syntax_error(std::string_view expression, const std::vector<Token>& tokens,
                         std::size_t at) {
  const std::size_t begin = at > 0 ? tokens[at - 1].begin : tokens[at].begin;
  const std::size_t last = at + 1 < tokens.size() ? at + 1 : at;
  const std::size_t end = tokens[last].begin + tokens[last].text.size();
  const bool is_end = tokens[at].kind == Token::Kind::kEnd;
  std::string near(expression.substr(begin, end - begin));
  while (!near.empty() && is_blank(near.back())) near.pop_back();
  return "Syntax error; token: \"" + (is_end ? "<EOF>" : std::string(tokens[at].text)) +
         "\", near: \"" + near + "\"";
}

}  // namespace penstock::dynamodb
