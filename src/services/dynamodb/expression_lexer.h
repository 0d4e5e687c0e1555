// Tokens of DynamoDB expressions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::dynamodb {

struct Token {
  enum class Kind : std::uint8_t {
    kName,        // Letter, then letters, digits, underscores. Keywords are names, too.
    kNamePlace,   // #name
    kValuePlace,  // :value
    kDigits,
    kSymbol,   // = <> < <= > >= + - ( ) [ ] , .
    kUnknown,  // One character that starts no token.
    kEnd,
  };
  Kind kind = Kind::kEnd;
  std::string_view text;  // A view into the expression.
  std::size_t begin = 0;

  bool is_symbol(std::string_view symbol) const { return kind == Kind::kSymbol && text == symbol; }
  // Keywords are case-insensitive.
  bool is_keyword(std::string_view upper) const;
};

// The tokens of the expression, a kEnd token last. The views live as long as `expression`.
std::vector<Token> tokenize(std::string_view expression);

// Syntax error; token: "x", near: "a x b"
std::string syntax_error(std::string_view expression, const std::vector<Token>& tokens,
                         std::size_t at);

}  // namespace penstock::dynamodb
