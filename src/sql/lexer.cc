// Splits a statement into tokens, with positions as Trino counts them.

#include "sql/lexer.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/bytes.h"
#include "sql/limits.h"

namespace penstock::sql {

namespace {

constexpr std::string_view kReserved[] = {"ALTER",        "AND",
                                          "AS",           "BETWEEN",
                                          "BY",           "CASE",
                                          "CAST",         "CONSTRAINT",
                                          "CREATE",       "CROSS",
                                          "CUBE",         "CURRENT_CATALOG",
                                          "CURRENT_DATE", "CURRENT_PATH",
                                          "CURRENT_ROLE", "CURRENT_SCHEMA",
                                          "CURRENT_TIME", "CURRENT_TIMESTAMP",
                                          "CURRENT_USER", "DEALLOCATE",
                                          "DELETE",       "DESCRIBE",
                                          "DISTINCT",     "DROP",
                                          "ELSE",         "END",
                                          "ESCAPE",       "EXCEPT",
                                          "EXECUTE",      "EXISTS",
                                          "EXTRACT",      "FALSE",
                                          "FOR",          "FROM",
                                          "FULL",         "GROUP",
                                          "GROUPING",     "HAVING",
                                          "IN",           "INNER",
                                          "INSERT",       "INTERSECT",
                                          "INTO",         "IS",
                                          "JOIN",         "LEFT",
                                          "LIKE",         "LISTAGG",
                                          "LOCALTIME",    "LOCALTIMESTAMP",
                                          "NATURAL",      "NORMALIZE",
                                          "NOT",          "NULL",
                                          "ON",           "OR",
                                          "ORDER",        "OUTER",
                                          "PREPARE",      "RECURSIVE",
                                          "RIGHT",        "ROLLUP",
                                          "SELECT",       "SKIP",
                                          "TABLE",        "THEN",
                                          "TRIM",         "TRUE",
                                          "UESCAPE",      "UNION",
                                          "UNNEST",       "USING",
                                          "VALUES",       "WHEN",
                                          "WHERE",        "WITH"};

bool starts_word(char c) { return is_letter(c) || c == '_'; }
bool is_word_part(char c) { return starts_word(c) || is_digit(c) || c == '@'; }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Outcome<std::vector<Token>> run() {
    if (text_.find('\0') != std::string_view::npos || !is_valid_utf8(text_)) {
      return std::unexpected(syntax_error({}, "mismatched input: the statement is not text"));
    }
    while (true) {
      skip_blanks();
      if (failed_) return std::unexpected(error_);
      if (at_ >= text_.size()) break;
      if (tokens_.size() >= kTokensMax) {
        return std::unexpected(syntax_error(position_, "statement is too large (too many tokens)"));
      }
      next();
      if (failed_) return std::unexpected(error_);
    }
    begin(TokenKind::kEnd);
    finish();
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void advance() {
    if (text_[at_] == '\n') {
      ++position_.line;
      position_.column = 1;
    } else if ((static_cast<unsigned char>(text_[at_]) & 0xC0) != 0x80) {
      ++position_.column;  // A character of several bytes counts once.
    }
    ++at_;
  }
  void fail_here(Position at, const std::string& message) {
    failed_ = true;
    error_ = syntax_error(at, message);
  }
  void begin(TokenKind kind) {
    token_ = {};
    token_.kind = kind;
    token_.at = position_;
    token_.begin = at_;
  }
  void finish() {
    token_.end = at_;
    tokens_.push_back(std::move(token_));
  }

  void skip_blanks() {
    while (at_ < text_.size()) {
      const char c = peek();
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        advance();
      } else if (c == '-' && peek(1) == '-') {
        while (at_ < text_.size() && peek() != '\n') advance();
      } else if (c == '/' && peek(1) == '*') {
        const Position start = position_;
        advance();
        advance();
        while (at_ < text_.size() && !(peek() == '*' && peek(1) == '/')) advance();
        if (at_ >= text_.size()) return fail_here(start, "mismatched input '/'");
        advance();
        advance();
      } else {
        return;
      }
    }
  }

  void next() {
    const char c = peek();
    if (c == '\'') return quoted(TokenKind::kString, '\'');
    if (c == '"') return quoted(TokenKind::kQuoted, '"');
    if (c == '`') return quoted(TokenKind::kBackquoted, '`');
    if ((c == 'x' || c == 'X') && peek(1) == '\'') return binary();
    if (starts_word(c)) return word();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    symbol();
  }

  void quoted(TokenKind kind, char quote) {
    begin(kind);
    advance();
    while (true) {
      if (at_ >= text_.size()) {
        return fail_here(token_.at, kind == TokenKind::kString
                                        ? "mismatched input '''. Expecting: <expression>"
                                        : "mismatched input '\"'. Expecting: <identifier>");
      }
      if (peek() == quote) {
        advance();
        if (peek() != quote) break;
      }
      token_.text += peek();
      advance();
    }
    if (kind == TokenKind::kQuoted && token_.text.empty()) {
      return fail_here(token_.at, "Zero-length delimited identifier not allowed");
    }
    finish();
  }

  void binary() {
    const Position start = position_;
    advance();
    quoted(TokenKind::kBinary, '\'');
    if (failed_) return;
    Token& token = tokens_.back();
    std::erase_if(token.text, [](char c) { return c == ' ' || c == '\n' || c == '\t'; });
    token.at = start;
    --token.begin;
    auto bytes = from_hex(token.text);
    if (!bytes) {
      return fail_here(start, token.text.size() % 2 != 0
                                  ? "Binary literal must contain an even number of digits"
                                  : "Binary literal can only contain hexadecimal digits");
    }
    token.text = std::move(*bytes);
  }

  void word() {
    begin(TokenKind::kWord);
    while (is_word_part(peek())) advance();
    token_.text = text_.substr(token_.begin, at_ - token_.begin);
    token_.upper = token_.text;
    std::ranges::transform(token_.upper, token_.upper.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    finish();
  }

  void number() {
    begin(TokenKind::kInteger);
    while (is_digit(peek())) advance();
    if (peek() == '.') {
      token_.kind = TokenKind::kDecimal;
      advance();
      while (is_digit(peek())) advance();
    }
    if (peek() == 'e' || peek() == 'E') {
      const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
      if (is_digit(peek(1 + sign))) {
        token_.kind = TokenKind::kFloat;
        for (std::size_t i = 0; i <= sign; ++i) advance();
        while (is_digit(peek())) advance();
      }
    }
    if (starts_word(peek())) {
      return fail_here(token_.at,
                       "identifiers must not start with a digit; surround the identifier with "
                       "double quotes");
    }
    token_.text = text_.substr(token_.begin, at_ - token_.begin);
    finish();
  }

  void symbol() {
    static constexpr std::array<std::string_view, 8> kPairs = {
        "<>", "!=", "<=", ">=", "||", "->", "=>", "::"};
    static constexpr std::string_view kSingles = "+-*/%=<>(),.;[]?:{}$|";
    begin(TokenKind::kSymbol);
    for (const std::string_view pair : kPairs) {
      if (text_.substr(at_, 2) == pair) {
        advance();
        advance();
        token_.text = pair;
        return finish();
      }
    }
    if (kSingles.find(peek()) == std::string_view::npos) {
      std::size_t length = 1;
      while (at_ + length < text_.size() &&
             (static_cast<unsigned char>(text_[at_ + length]) & 0xC0) == 0x80) {
        ++length;
      }
      return fail_here(position_,
                       "mismatched input '" + std::string(text_.substr(at_, length)) + "'");
    }
    token_.text = std::string(1, peek());
    advance();
    finish();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Position position_;
  Token token_;
  std::vector<Token> tokens_;
  bool failed_ = false;
  SqlError error_;
};

}  // namespace

Outcome<std::vector<Token>> tokenize(std::string_view statement) { return Lexer(statement).run(); }

bool is_reserved(std::string_view upper) { return std::ranges::binary_search(kReserved, upper); }

}  // namespace penstock::sql
