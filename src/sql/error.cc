// Names of Trino errors with the numbers that Athena reports for them.

#include "sql/error.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace penstock::sql {

namespace {
struct TypeOfError {
  std::string_view name;
  int type;
};
constexpr std::array kTypes = {
    TypeOfError{"DIVISION_BY_ZERO", 1001},      TypeOfError{"TYPE_MISMATCH", 1002},
    TypeOfError{"COLUMN_NOT_FOUND", 1006},      TypeOfError{"CATALOG_NOT_FOUND", 1006},
    TypeOfError{"INVALID_CAST_ARGUMENT", 1100}, TypeOfError{"INVALID_FUNCTION_ARGUMENT", 1106},
    TypeOfError{"TABLE_ALREADY_EXISTS", 1110},  TypeOfError{"NOT_SUPPORTED", 1200},
    TypeOfError{"TABLE_NOT_FOUND", 1301},       TypeOfError{"SCHEMA_NOT_FOUND", 1301},
    TypeOfError{"FUNCTION_NOT_FOUND", 1303},
};
}  // namespace

int error_type_of(const std::string& name) {
  for (const TypeOfError& row : kTypes) {
    if (row.name == name) return row.type;
  }
  return 0;
}

SqlError semantic_error(std::string name, Position at, const std::string& text) {
  SqlError error;
  error.type = error_type_of(name);
  error.message = fmt::format("{}: line {}:{}: {}", name, at.line, at.column, text);
  error.name = std::move(name);
  return error;
}

SqlError plain_error(std::string name, const std::string& text) {
  SqlError error;
  error.type = error_type_of(name);
  error.message = fmt::format("{}: {}", name, text);
  error.name = std::move(name);
  return error;
}

SqlError syntax_error(Position at, const std::string& text) {
  SqlError error;
  error.is_syntax = true;
  error.message = fmt::format("line {}:{}: {}", at.line, at.column, text);
  return error;
}

SqlError unsupported_statement() {
  SqlError error;
  error.is_syntax = true;
  error.message = "Queries of this type are not supported";
  return error;
}

}  // namespace penstock::sql
