// SqlError: what a statement is refused with, as Athena classifies and words it.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace penstock::sql {

// Where a token begins, both counted from 1.
struct Position {
  int line = 1;
  int column = 1;
};

// Who is to blame, as AthenaError.ErrorCategory counts.
enum class ErrorCategory { kSystem = 1, kUser = 2, kOther = 3 };

struct [[nodiscard]] SqlError {
  std::string name;        // "TYPE_MISMATCH"; empty for a syntax error.
  std::string message;     // The whole text, name and position included.
  bool is_syntax = false;  // Found by the parser: no execution is created for it.
  ErrorCategory category = ErrorCategory::kUser;
  int type = 0;  // AthenaError.ErrorType
};

template <typename T>
using Outcome = std::expected<T, SqlError>;

// "NAME: line L:C: text", with the category and type that belong to the name.
SqlError semantic_error(std::string name, Position at, const std::string& text);
// "NAME: text".
SqlError plain_error(std::string name, const std::string& text);
// "line L:C: text"; the caller words the rest.
SqlError syntax_error(Position at, const std::string& text);
// A statement kind that is not served.
SqlError unsupported_statement();

// AthenaError.ErrorType of an error name ("DIVISION_BY_ZERO" is 1001); 0 when not known.
int error_type_of(const std::string& name);

}  // namespace penstock::sql
