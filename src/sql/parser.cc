// Tokens for the parser, and the entry points of statement.h.

#include "sql/parser.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "sql/limits.h"

namespace penstock::sql {

ExprPtr make_expr(ExprKind kind, Position at) {
  auto expr = std::make_unique<Expr>();
  expr->kind = kind;
  expr->at = at;
  return expr;
}

const Token& Parser::peek(std::size_t ahead) const {
  const std::size_t index = at_ + ahead;
  return index < tokens_.size() ? tokens_[index] : tokens_.back();
}

const Token& Parser::take() {
  const Token& token = peek();
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

bool Parser::is_word(std::string_view upper, std::size_t ahead) const {
  return peek(ahead).kind == TokenKind::kWord && peek(ahead).upper == upper;
}

bool Parser::is_symbol(std::string_view symbol, std::size_t ahead) const {
  return peek(ahead).kind == TokenKind::kSymbol && peek(ahead).text == symbol;
}

bool Parser::take_word(std::string_view upper) {
  if (!is_word(upper)) return false;
  take();
  return true;
}

bool Parser::take_words(std::initializer_list<std::string_view> words) {
  std::size_t ahead = 0;
  for (const std::string_view word : words) {
    if (!is_word(word, ahead++)) return false;
  }
  at_ += words.size();
  return true;
}

bool Parser::take_symbol(std::string_view symbol) {
  if (!is_symbol(symbol)) return false;
  take();
  return true;
}

Outcome<void> Parser::expect_word(std::string_view upper) {
  if (take_word(upper)) return {};
  return std::unexpected(unexpected_token(fmt::format("'{}'", upper)));
}

Outcome<void> Parser::expect_symbol(std::string_view symbol) {
  if (take_symbol(symbol)) return {};
  return std::unexpected(unexpected_token(fmt::format("'{}'", symbol)));
}

SqlError Parser::unexpected_token(std::string_view expecting) const {
  const Token& token = peek();
  const std::string_view text =
      token.kind == TokenKind::kEnd ? "<EOF>" : text_.substr(token.begin, token.end - token.begin);
  return syntax_error(token.at,
                      fmt::format("mismatched input '{}'. Expecting: {}", text, expecting));
}

bool Parser::at_identifier(std::size_t ahead) const {
  const Token& token = peek(ahead);
  return token.kind == TokenKind::kQuoted ||
         (token.kind == TokenKind::kWord && !is_reserved(token.upper));
}

Outcome<std::string> Parser::identifier() {
  if (peek().kind == TokenKind::kBackquoted) {
    return std::unexpected(
        syntax_error(peek().at,
                     "backquoted identifiers are not supported; use double quotes to quote "
                     "identifiers"));
  }
  if (!at_identifier()) return std::unexpected(unexpected_token("<identifier>"));
  return to_lower(take().text);
}

Outcome<std::vector<std::string>> Parser::path() {
  std::vector<std::string> parts;
  do {
    TRY(std::string part, identifier());
    parts.push_back(std::move(part));
  } while (take_symbol("."));
  return parts;
}

Outcome<std::vector<std::string>> Parser::column_list() {
  std::vector<std::string> names;
  TRY_VOID(expect_symbol("("));
  do {
    TRY(std::string name, identifier());
    names.push_back(std::move(name));
  } while (take_symbol(","));
  TRY_VOID(expect_symbol(")"));
  return names;
}

Outcome<std::string> Parser::string_literal() {
  if (peek().kind != TokenKind::kString) return std::unexpected(unexpected_token("<string>"));
  return take().text;
}

Outcome<void> Parser::deeper(Position at) {
  if (depth_ <= kParseDepthMax) return {};
  return std::unexpected(syntax_error(at, "statement is too large (stack overflow while parsing)"));
}

Outcome<void> Parser::expect_end() {
  take_symbol(";");
  if (peek().kind == TokenKind::kEnd) return {};
  if (at_ > 0 && tokens_[at_ - 1].text == ";" && tokens_[at_ - 1].kind == TokenKind::kSymbol) {
    SqlError error = syntax_error(peek().at, "");
    error.message = fmt::format("Only one sql statement is allowed. Got: {}", text_);
    return std::unexpected(std::move(error));
  }
  return std::unexpected(unexpected_token("<EOF>"));
}

Outcome<Statement> parse_statement(std::string_view text) {
  TRY(std::vector<Token> tokens, tokenize(text));
  Parser parser(text, std::move(tokens));
  TRY(Statement statement, parser.statement());
  TRY_VOID(parser.expect_end());
  statement.parameter_count = parser.parameter_count();
  return statement;
}

Outcome<ExprPtr> parse_expression(std::string_view text) {
  TRY(std::vector<Token> tokens, tokenize(text));
  Parser parser(text, std::move(tokens));
  TRY(ExprPtr expression, parser.expression());
  TRY_VOID(parser.expect_end());
  if (parser.parameter_count() > 0) {
    return std::unexpected(syntax_error(expression->at, "a parameter has no parameters"));
  }
  return expression;
}

}  // namespace penstock::sql
