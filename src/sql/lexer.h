// Tokens of Athena's SQL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sql/error.h"

namespace penstock::sql {

enum class TokenKind : std::uint8_t {
  kEnd,
  kWord,        // select, orders: text as written
  kQuoted,      // "orders": text without the quotes
  kBackquoted,  // `orders`: DDL only
  kString,      // 'it''s': text decoded
  kBinary,      // X'0a': text is the bytes
  kInteger,
  kDecimal,  // 1.5
  kFloat,    // 1e0
  kSymbol,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;
  std::string upper;  // of a kWord
  Position at;
  std::size_t begin = 0;  // byte offsets in the statement
  std::size_t end = 0;
};

// Always ends with a kEnd token. Comments and blanks are dropped.
Outcome<std::vector<Token>> tokenize(std::string_view statement);

// Words that name nothing unless quoted.
bool is_reserved(std::string_view upper);

}  // namespace penstock::sql
