// Reads what DuckDB says: our own errors are marked, the rest is known by its wording.

#include "sql/engine_error.h"

#include <fmt/format.h>

#include <string>

namespace penstock::sql {

namespace {

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

// "Overflow in addition of INT32 (2147483647 + 1)!" as "integer addition overflow: 2147483647 + 1".
std::string overflow_text(std::string_view message) {
  const std::size_t at = message.find("Overflow in ");
  if (at == std::string_view::npos) return first_line(message);
  const std::string_view rest = message.substr(at + 12);
  const std::string operation(rest.substr(0, rest.find(' ')));
  std::string type = "bigint";
  if (rest.find("INT32") != std::string_view::npos) type = "integer";
  if (rest.find("INT16") != std::string_view::npos) type = "smallint";
  if (rest.find("INT8") != std::string_view::npos) type = "tinyint";
  const std::size_t open = rest.find('('), close = rest.find(')');
  if (open == std::string_view::npos || close == std::string_view::npos) return first_line(message);
  return fmt::format("{} {} overflow: {}", type, operation,
                     rest.substr(open + 1, close - open - 1));
}

}  // namespace

SqlError engine_error(std::string_view message) {
  const auto has = [&](std::string_view part) {
    return message.find(part) != std::string_view::npos;
  };
  const std::size_t mark = message.find("@@");
  if (mark != std::string_view::npos) {
    std::string_view text = message.substr(mark + 2);
    text = text.substr(0, text.find("@@"));
    const std::size_t colon = text.find(": ");
    return plain_error(std::string(text.substr(0, colon)), std::string(text.substr(colon + 2)));
  }
  if (has("INTERRUPT")) return plain_error("CANCELED", "Query cancelled by user");
  if (has("Out of Memory")) {
    return plain_error("EXCEEDED_MEMORY_LIMIT", "Query exhausted resources at this scale factor");
  }
  if (has("More than one row returned by a subquery")) {
    return plain_error("SUBQUERY_MULTIPLE_ROWS", "Scalar sub-query has returned multiple rows");
  }
  if (has("Overflow") || has("Out of Range Error")) {
    return plain_error("NUMERIC_VALUE_OUT_OF_RANGE", overflow_text(message));
  }
  if (has("Map keys must be unique")) {
    return plain_error("INVALID_FUNCTION_ARGUMENT", "Duplicate map keys are not allowed");
  }
  if (has("Conversion Error")) {
    const std::size_t at = message.find("Conversion Error: ");
    return plain_error("INVALID_CAST_ARGUMENT", first_line(message.substr(at + 18)));
  }
  if (has("Invalid Input Error") || has("Out of Range")) {
    const std::size_t at = message.find(": ");
    return plain_error("INVALID_FUNCTION_ARGUMENT", first_line(message.substr(at + 2)));
  }
  SqlError error = plain_error("GENERIC_INTERNAL_ERROR", first_line(message));
  error.category = ErrorCategory::kSystem;
  return error;
}

}  // namespace penstock::sql
