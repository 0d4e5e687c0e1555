// CREATE DATABASE, CREATE EXTERNAL TABLE in Hive's grammar, CREATE VIEW.

#include <fmt/format.h>

#include "base/bytes.h"
#include "sql/parser.h"

namespace penstock::sql {

Outcome<Statement> Parser::create() {
  const std::size_t start = at_;
  take();
  if (is_word("DATABASE") || is_word("SCHEMA")) return create_database();
  if (take_words({"EXTERNAL", "TABLE"})) return create_table(true);
  if (take_word("TABLE")) return create_table(false);
  if (take_words({"OR", "REPLACE"})) {
    if (take_word("VIEW")) return create_view(true);
    return std::unexpected(unexpected_token("'MATERIALIZED', 'MULTI', 'PROTECTED', 'VIEW'"));
  }
  if (take_word("VIEW")) return create_view(false);
  if (at_ == start + 1 && peek().kind == TokenKind::kWord &&
      (is_word("ROLE") || is_word("CATALOG") || is_word("FUNCTION") || is_word("MATERIALIZED"))) {
    return std::unexpected(unsupported_statement());
  }
  return std::unexpected(unexpected_token(
      "'CATALOG', 'DATABASE', 'EXTERNAL', 'FUNCTION', 'MATERIALIZED', 'OR', 'ROLE', 'SCHEMA', "
      "'TABLE', 'VIEW'"));
}

Outcome<Statement> Parser::create_database() {
  take();
  Statement out;
  out.kind = StatementKind::kCreateDatabase;
  out.if_not_exists = take_words({"IF", "NOT", "EXISTS"});
  TRY(TableName name, ddl_name());
  out.name.database = std::move(name.table);
  if (take_word("COMMENT")) {
    TRY(out.comment, string_literal());
  }
  if (take_word("LOCATION")) {
    TRY(out.location, string_literal());
  }
  if (take_words({"WITH", "DBPROPERTIES"})) {
    TRY(out.properties, property_list());
  }
  return out;
}

Outcome<Statement> Parser::create_view(bool or_replace) {
  Statement out;
  out.kind = StatementKind::kCreateView;
  out.or_replace = or_replace;
  TRY(out.name, table_name());
  TRY_VOID(expect_word("AS"));
  const std::size_t start = peek().begin;
  TRY(out.query, query());
  out.body = text_.substr(start, tokens_[at_ - 1].end - start);
  return out;
}

Outcome<Statement> Parser::create_table(bool external) {
  Statement out;
  out.kind = StatementKind::kCreateTable;
  out.external = external;
  out.if_not_exists = take_words({"IF", "NOT", "EXISTS"});
  // CREATE TABLE ... AS SELECT belongs to Trino's grammar and is not served.
  if (!external) {
    for (std::size_t ahead = 0; peek(ahead).kind != TokenKind::kEnd; ++ahead) {
      const bool query_follows =
          is_word("SELECT", ahead + 1) || is_word("WITH", ahead + 1) || is_symbol("(", ahead + 1);
      if (is_word("AS", ahead) && query_follows) return std::unexpected(unsupported_statement());
    }
  }
  TRY(out.name, ddl_name());
  TRY(out.columns, column_definitions());
  while (peek().kind != TokenKind::kEnd && !is_symbol(";")) TRY_VOID(table_clause(out));
  if (out.location.empty()) {
    SqlError error = syntax_error({}, "");
    error.message = "No location was specified for table. An S3 location must be specified";
    return std::unexpected(std::move(error));
  }
  for (const ColumnDefinition& key : out.partition_keys) {
    for (const ColumnDefinition& column : out.columns) {
      if (column.name == key.name) {
        SqlError error = syntax_error({}, "");
        error.message = "Column repeated in partitioning columns: " + key.name;
        return std::unexpected(std::move(error));
      }
    }
  }
  return out;
}

Outcome<void> Parser::table_clause(Statement& out) {
  if (take_word("COMMENT")) {
    TRY(out.comment, string_literal());
  } else if (take_words({"PARTITIONED", "BY"})) {
    TRY(out.partition_keys, column_definitions());
  } else if (take_words({"ROW", "FORMAT"})) {
    TRY_VOID(row_format(out));
  } else if (take_words({"STORED", "AS"})) {
    TRY_VOID(stored_as(out));
  } else if (take_words({"WITH", "SERDEPROPERTIES"})) {
    TRY(out.serde_properties, property_list());
  } else if (take_word("LOCATION")) {
    TRY(out.location, string_literal());
    if (!out.location.starts_with("s3://")) {
      SqlError error = syntax_error({}, "");
      error.message = "Invalid S3 location: " + out.location;
      return std::unexpected(std::move(error));
    }
  } else if (take_word("TBLPROPERTIES")) {
    TRY(out.properties, property_list());
  } else {
    const Token& token = peek();
    return std::unexpected(syntax_error(
        token.at, fmt::format("mismatched input '{}' expecting {{<EOF>, 'COMMENT', "
                              "'PARTITIONED', 'ROW', 'STORED', 'LOCATION', 'TBLPROPERTIES'}}",
                              token.text)));
  }
  return {};
}

Outcome<void> Parser::row_format(Statement& out) {
  if (take_word("SERDE")) {
    TRY(out.serde, string_literal());
    return {};
  }
  TRY_VOID(expect_word("DELIMITED"));
  out.delimited = true;
  while (true) {
    std::string key;
    if (take_words({"FIELDS", "TERMINATED", "BY"})) {
      key = "field.delim";
    } else if (take_words({"ESCAPED", "BY"})) {
      key = "escape.delim";
    } else if (take_words({"COLLECTION", "ITEMS", "TERMINATED", "BY"})) {
      key = "collection.delim";
    } else if (take_words({"MAP", "KEYS", "TERMINATED", "BY"})) {
      key = "mapkey.delim";
    } else if (take_words({"LINES", "TERMINATED", "BY"})) {
      key = "line.delim";
    } else if (take_words({"NULL", "DEFINED", "AS"})) {
      key = "serialization.null.format";
    } else {
      return {};
    }
    TRY(std::string value, string_literal());
    // Hive spells control characters with escapes inside the literal.
    if (value == "\\t") value = "\t";
    if (value == "\\n") value = "\n";
    if (value == "\\001" || value == "\\u0001") value = "\001";
    if (value == "\\002") value = "\002";
    if (value == "\\003") value = "\003";
    out.serde_properties.emplace_back(key, value);
    if (key == "field.delim") out.serde_properties.emplace_back("serialization.format", value);
  }
}

Outcome<void> Parser::stored_as(Statement& out) {
  if (take_word("INPUTFORMAT")) {
    TRY(out.input_format, string_literal());
    TRY_VOID(expect_word("OUTPUTFORMAT"));
    TRY(out.output_format, string_literal());
    return {};
  }
  if (peek().kind != TokenKind::kWord) return std::unexpected(unexpected_token("<identifier>"));
  out.stored_as = take().upper;
  return {};
}

// ( name type [COMMENT 'text'], ... )
Outcome<std::vector<ColumnDefinition>> Parser::column_definitions() {
  std::vector<ColumnDefinition> columns;
  TRY_VOID(expect_symbol("("));
  do {
    ColumnDefinition column;
    const Token& token = peek();
    if (token.kind == TokenKind::kBackquoted) {
      column.name = to_lower(take().text);
    } else if (token.kind == TokenKind::kWord) {
      column.name = to_lower(take().text);
    } else {
      return std::unexpected(
          syntax_error(token.at, fmt::format("no viable alternative at input '{}'", token.text)));
    }
    TRY(column.type, hive_type_text());
    if (take_word("COMMENT")) {
      TRY(column.comment, string_literal());
    }
    columns.push_back(std::move(column));
  } while (take_symbol(","));
  TRY_VOID(expect_symbol(")"));
  return columns;
}

// The tokens of one type, brackets balanced, spelled without blanks.
Outcome<std::string> Parser::hive_type_text() {
  std::string text;
  int open = 0;
  const Position at = peek().at;
  while (peek().kind != TokenKind::kEnd) {
    if (open == 0 && (is_symbol(",") || is_symbol(")") || is_word("COMMENT"))) break;
    const Token& token = take();
    if (token.text == "<" || token.text == "(") ++open;
    if (token.text == ">" || token.text == ")") --open;
    text += to_lower(token.text);
  }
  const std::optional<Type> type = parse_hive_type(text);
  if (!type) {
    return std::unexpected(
        syntax_error(at, fmt::format("no viable alternative at input '{}'", text)));
  }
  return hive_name(*type);
}

Outcome<Properties> Parser::property_list() {
  Properties properties;
  TRY_VOID(expect_symbol("("));
  do {
    TRY(std::string key, string_literal());
    TRY_VOID(expect_symbol("="));
    TRY(std::string value, string_literal());
    properties.emplace_back(std::move(key), std::move(value));
  } while (take_symbol(","));
  TRY_VOID(expect_symbol(")"));
  return properties;
}

}  // namespace penstock::sql
