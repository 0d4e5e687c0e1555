// Type names as casts and typed literals spell them.

#include <fmt/format.h>

#include "base/bytes.h"
#include "sql/parser.h"

namespace penstock::sql {

Outcome<int> Parser::type_number() {
  if (peek().kind != TokenKind::kInteger || peek().text.size() > 9) {
    return std::unexpected(unexpected_token("<integer>"));
  }
  return std::stoi(take().text);
}

Outcome<Type> Parser::type_name() {
  const Nesting nesting(*this);
  TRY_VOID(deeper(peek().at));
  const Position at = peek().at;
  TRY(std::string name, identifier());
  TRY(Type type, type_with_arguments(std::move(name), at));
  while (take_word("ARRAY")) type = array_type(std::move(type));
  return type;
}

Outcome<Type> Parser::type_with_arguments(std::string name, Position at) {
  if (name == "double") {
    take_word("PRECISION");
    return simple_type(TypeKind::kDouble);
  }
  if (name == "array") {
    const bool angle = take_symbol("<");
    if (!angle) TRY_VOID(expect_symbol("("));
    TRY(Type element, type_name());
    TRY_VOID(expect_symbol(angle ? ">" : ")"));
    return array_type(std::move(element));
  }
  if (name == "map") {
    const bool angle = take_symbol("<");
    if (!angle) TRY_VOID(expect_symbol("("));
    TRY(Type key, type_name());
    TRY_VOID(expect_symbol(","));
    TRY(Type value, type_name());
    TRY_VOID(expect_symbol(angle ? ">" : ")"));
    return map_type(std::move(key), std::move(value));
  }
  if (name == "row") {
    std::vector<Type> fields;
    std::vector<std::string> names;
    TRY_VOID(expect_symbol("("));
    do {
      // "a integer" names the field; "integer" alone does not.
      const bool named = at_identifier(1) || is_word("ARRAY", 1);
      std::string field;
      if (named && !is_word("PRECISION", 1) && !is_word("WITH", 1)) {
        TRY(field, identifier());
      }
      TRY(Type type, type_name());
      fields.push_back(std::move(type));
      names.push_back(std::move(field));
    } while (take_symbol(","));
    TRY_VOID(expect_symbol(")"));
    return row_type(std::move(fields), std::move(names));
  }
  if (name == "timestamp" || name == "time") {
    int precision = 3;
    if (take_symbol("(")) {
      TRY(precision, type_number());
      TRY_VOID(expect_symbol(")"));
    }
    const bool zoned = take_words({"WITH", "TIME", "ZONE"});
    if (!zoned) take_words({"WITHOUT", "TIME", "ZONE"});
    if (name == "timestamp") {
      return zoned ? timestamp_tz_type(precision) : timestamp_type(precision);
    }
    Type time = simple_type(TypeKind::kTime);
    time.precision = precision;
    return time;
  }
  if (name == "decimal" || name == "dec" || name == "numeric") {
    int precision = 38, scale = 0;
    if (take_symbol("(")) {
      TRY(precision, type_number());
      if (take_symbol(",")) {
        TRY(scale, type_number());
      }
      TRY_VOID(expect_symbol(")"));
    }
    if (precision < 1 || precision > 38 || scale > precision) {
      return std::unexpected(syntax_error(
          at, fmt::format("Invalid DECIMAL precision {} or scale {}", precision, scale)));
    }
    return decimal_type(precision, scale);
  }
  if (name == "varchar" || name == "char") {
    Type type = varchar_type(name == "char" ? 1 : 0);
    if (name == "char") type.kind = TypeKind::kChar;
    if (take_symbol("(")) {
      TRY(type.precision, type_number());
      TRY_VOID(expect_symbol(")"));
    }
    return type;
  }
  static constexpr std::pair<std::string_view, TypeKind> kNames[] = {
      {"boolean", TypeKind::kBoolean},   {"tinyint", TypeKind::kTinyint},
      {"smallint", TypeKind::kSmallint}, {"integer", TypeKind::kInteger},
      {"int", TypeKind::kInteger},       {"bigint", TypeKind::kBigint},
      {"real", TypeKind::kReal},         {"float", TypeKind::kReal},
      {"string", TypeKind::kVarchar},    {"varbinary", TypeKind::kVarbinary},
      {"date", TypeKind::kDate},         {"json", TypeKind::kJson},
      {"uuid", TypeKind::kUuid}};
  for (const auto& [known, kind] : kNames) {
    if (known == name) return simple_type(kind);
  }
  return std::unexpected(syntax_error(at, fmt::format("Unknown type: {}", name)));
}

}  // namespace penstock::sql
