// Names of Trino errors with the numbers that Athena reports for them.

#include "sql/error.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace penstock::sql {

namespace {
struct Row {
  std::string_view name;
  int type;
};
constexpr std::array kTypes = {
    Row{"DIVISION_BY_ZERO", 1001},      Row{"TYPE_MISMATCH", 1002},
    Row{"COLUMN_NOT_FOUND", 1006},      Row{"CATALOG_NOT_FOUND", 1006},
    Row{"INVALID_CAST_ARGUMENT", 1100}, Row{"INVALID_FUNCTION_ARGUMENT", 1106},
    Row{"TABLE_ALREADY_EXISTS", 1110},  Row{"NOT_SUPPORTED", 1200},
    Row{"TABLE_NOT_FOUND", 1301},       Row{"SCHEMA_NOT_FOUND", 1301},
    Row{"FUNCTION_NOT_FOUND", 1303},
};
}  // namespace

int error_type_of(const std::string& name) {
  for (const Row& row : kTypes) {
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
