// Tokens of PartiQL statements.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/dynamodb/expression.h"

namespace penstock::dynamodb {

// Where a token stands, counted in characters from 1, and how long it is: AWS ends some messages
// with it.
struct PartiqlPosition {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  std::uint32_t length = 0;
};
std::string to_text(const PartiqlPosition& position);  // " at 1:8:3"

struct PartiqlToken {
  enum class Kind : std::uint8_t {
    kWord,     // A bare name.
    kKeyword,  // A bare reserved word; `text` is in lower case.
    kName,     // A name in double quotes.
    kString,
    kNumber,
    kParameter,
    kSymbol,
    kEnd,
  };
  Kind kind = Kind::kEnd;
  std::string text;  // Without quotes and escapes.
  PartiqlPosition at = {};

  bool is_symbol(std::string_view symbol) const { return kind == Kind::kSymbol && text == symbol; }
  bool is_keyword(std::string_view lower) const { return kind == Kind::kKeyword && text == lower; }
  bool is_name() const { return kind == Kind::kWord || kind == Kind::kName; }
};

// "Statement wasn't well formed, can't be processed: " and the detail.
std::string not_well_formed(std::string_view detail);

// The tokens, a kEnd token last; comments are blanks.
Checked<std::vector<PartiqlToken>> tokenize_partiql(std::string_view statement);

// PartiQL's own reserved words (SQL-92 and its additions), which are not those of expressions.
// `lower` is in lower case.
bool is_partiql_keyword(std::string_view lower);

}  // namespace penstock::dynamodb
