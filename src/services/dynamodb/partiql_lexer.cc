// Tokens of PartiQL statements. The whole statement is read before any of it is understood, so what
// is no token comes before every other complaint, and AWS gives no detail for it.
#include "services/dynamodb/partiql_lexer.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/ascii.h"
#include "base/bytes.h"

namespace penstock::dynamodb {
namespace {

constexpr std::string_view kPartiqlKeywords[] = {
    "absolute",
    "action",
    "add",
    "all",
    "allocate",
    "alter",
    "and",
    "any",
    "are",
    "as",
    "asc",
    "assertion",
    "at",
    "authorization",
    "avg",
    "bag",
    "begin",
    "between",
    "bigint",
    "bit",
    "bit_length",
    "blob",
    "bool",
    "boolean",
    "by",
    "can_cast",
    "can_lossless_cast",
    "cascade",
    "cascaded",
    "case",
    "cast",
    "catalog",
    "char",
    "char_length",
    "character",
    "character_length",
    "check",
    "clob",
    "close",
    "coalesce",
    "collate",
    "collation",
    "column",
    "commit",
    "conflict",
    "connect",
    "connection",
    "constraint",
    "constraints",
    "continue",
    "convert",
    "corresponding",
    "count",
    "create",
    "cross",
    "current",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "cursor",
    "date",
    "date_add",
    "date_diff",
    "deallocate",
    "dec",
    "decimal",
    "declare",
    "default",
    "deferrable",
    "deferred",
    "delete",
    "desc",
    "describe",
    "descriptor",
    "diagnostics",
    "disconnect",
    "distinct",
    "do",
    "domain",
    "double",
    "drop",
    "else",
    "end",
    "escape",
    "except",
    "exception",
    "exec",
    "execute",
    "exists",
    "external",
    "extract",
    "false",
    "fetch",
    "first",
    "float",
    "for",
    "foreign",
    "found",
    "from",
    "full",
    "get",
    "global",
    "go",
    "goto",
    "grant",
    "group",
    "having",
    "identity",
    "immediate",
    "in",
    "index",
    "indicator",
    "initially",
    "inner",
    "input",
    "insensitive",
    "insert",
    "int",
    "int2",
    "int4",
    "int8",
    "integer",
    "integer2",
    "integer4",
    "integer8",
    "intersect",
    "interval",
    "into",
    "is",
    "isolation",
    "join",
    "key",
    "language",
    "last",
    "left",
    "let",
    "level",
    "like",
    "limit",
    "list",
    "local",
    "lower",
    "match",
    "max",
    "min",
    "missing",
    "modified",
    "module",
    "names",
    "national",
    "natural",
    "nchar",
    "new",
    "next",
    "no",
    "not",
    "nothing",
    "null",
    "nullif",
    "numeric",
    "octet_length",
    "of",
    "offset",
    "old",
    "on",
    "only",
    "open",
    "option",
    "or",
    "order",
    "outer",
    "output",
    "overlaps",
    "pad",
    "partial",
    "pivot",
    "position",
    "precision",
    "prepare",
    "preserve",
    "primary",
    "prior",
    "privileges",
    "procedure",
    "public",
    "read",
    "real",
    "references",
    "relative",
    "remove",
    "restrict",
    "returning",
    "revoke",
    "right",
    "rollback",
    "rows",
    "schema",
    "scroll",
    "section",
    "select",
    "session",
    "session_user",
    "set",
    "sexp",
    "size",
    "smallint",
    "some",
    "space",
    "sql",
    "sqlcode",
    "sqlerror",
    "sqlstate",
    "string",
    "struct",
    "substring",
    "sum",
    "symbol",
    "system_user",
    "table",
    "temporary",
    "then",
    "time",
    "timestamp",
    "to",
    "transaction",
    "translate",
    "translation",
    "trim",
    "true",
    "tuple",
    "union",
    "unique",
    "unknown",
    "unpivot",
    "update",
    "upper",
    "usage",
    "user",
    "using",
    "value",
    "values",
    "varchar",
    "varying",
    "view",
    "when",
    "whenever",
    "where",
    "with",
    "work",
    "write",
    "zone",
};
static_assert(std::ranges::is_sorted(kPartiqlKeywords));

constexpr std::string_view kLongSymbols[] = {"<<", ">>", "<=", ">=", "<>", "!=", "||"};
constexpr std::string_view kShortSymbols = "()[]{},.:;=<>+-*/%@~";

bool starts_word(char c) { return is_letter(c) || c == '_' || c == '$'; }
bool is_in_word(char c) { return starts_word(c) || is_digit(c); }
// Bytes that begin a character of UTF-8.
bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

class PartiqlScanner {
 public:
  explicit PartiqlScanner(std::string_view text) : text_(text) {}

  Checked<std::vector<PartiqlToken>> scan() {
    while (skip_blanks() && at_ < text_.size()) {
      if (!scan_token()) return std::unexpected(not_well_formed(""));
    }
    if (at_ < text_.size()) return std::unexpected(not_well_formed(""));
    tokens_.push_back({PartiqlToken::Kind::kEnd, {}, here_});
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void advance(std::size_t bytes) {
    for (; bytes > 0; --bytes, ++at_) {
      if (text_[at_] == '\n') {
        ++here_.line;
        here_.column = 1;
      } else if (begins_character(text_[at_])) {
        ++here_.column;
      }
    }
  }

  // Blanks and comments. False when a comment has no end.
  bool skip_blanks() {
    while (at_ < text_.size()) {
      if (is_blank(peek())) {
        advance(1);
      } else if (peek() == '-' && peek(1) == '-') {
        advance(std::min(text_.find('\n', at_), text_.size()) - at_);
      } else if (peek() == '/' && peek(1) == '*') {
        const std::size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) return false;
        advance(end + 2 - at_);
      } else {
        break;
      }
    }
    return true;
  }

  bool scan_token() {
    const char c = peek();
    if (c == '\'') return scan_quoted(PartiqlToken::Kind::kString);
    if (c == '"') return scan_quoted(PartiqlToken::Kind::kName);
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return scan_number();
    if (starts_word(c)) return scan_word();
    if (c == '?') return add(PartiqlToken::Kind::kParameter, "?", 1);
    const std::string_view rest = text_.substr(at_);
    for (const std::string_view symbol : kLongSymbols) {
      if (rest.starts_with(symbol)) {
        return add(PartiqlToken::Kind::kSymbol, std::string(symbol), symbol.size());
      }
    }
    if (kShortSymbols.find(c) == std::string_view::npos) return false;
    return add(PartiqlToken::Kind::kSymbol, std::string(1, c), 1);
  }

  bool add(PartiqlToken::Kind kind, std::string text, std::size_t bytes) {
    PartiqlToken token{kind, std::move(text), here_};
    token.at.length = static_cast<std::uint32_t>(
        std::ranges::count_if(text_.substr(at_, bytes), begins_character));
    tokens_.push_back(std::move(token));
    advance(bytes);
    return true;
  }

  bool scan_word() {
    std::size_t end = at_;
    while (end < text_.size() && is_in_word(text_[end])) ++end;
    const std::string_view word = text_.substr(at_, end - at_);
    std::string lower = to_lower(word);
    if (is_partiql_keyword(lower)) {
      return add(PartiqlToken::Kind::kKeyword, std::move(lower), word.size());
    }
    return add(PartiqlToken::Kind::kWord, std::string(word), word.size());
  }

  // A quote within is doubled.
  bool scan_quoted(PartiqlToken::Kind kind) {
    const char quote = peek();
    std::string value;
    for (std::size_t end = at_ + 1; end < text_.size(); ++end) {
      if (text_[end] != quote) {
        value += text_[end];
      } else if (end + 1 < text_.size() && text_[end + 1] == quote) {
        value += quote;
        ++end;
      } else {
        return add(kind, std::move(value), end + 1 - at_);
      }
    }
    return false;
  }

  // Digits with a point, and an exponent. AWS reads it as a decimal whose exponent and scale are
  // 32-bit integers, and fails on others.
  bool scan_number() {
    std::size_t end = at_;
    const auto digits = [this, &end] {
      const std::size_t begin = end;
      while (end < text_.size() && is_digit(text_[end])) ++end;
      return end - begin;
    };
    digits();
    std::int64_t decimals = 0;
    if (end < text_.size() && text_[end] == '.') {
      ++end;
      decimals = static_cast<std::int64_t>(digits());
    }
    std::int64_t exponent = 0;
    if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
      ++end;
      const bool negative = end < text_.size() && text_[end] == '-';
      if (end < text_.size() && (text_[end] == '-' || text_[end] == '+')) ++end;
      const std::size_t begin = end;
      if (digits() == 0) return false;
      const auto [last, error] =
          std::from_chars(text_.data() + begin, text_.data() + end, exponent);
      if (error != std::errc()) return false;
      if (negative) exponent = -exponent;
    }
    using Limits = std::numeric_limits<std::int32_t>;
    const auto fits = [](std::int64_t n) { return n >= Limits::min() && n <= Limits::max(); };
    if (!fits(exponent) || !fits(decimals - exponent)) return false;
    if (end < text_.size() && is_in_word(text_[end])) return false;
    return add(PartiqlToken::Kind::kNumber, std::string(text_.substr(at_, end - at_)), end - at_);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  PartiqlPosition here_;
  std::vector<PartiqlToken> tokens_;
};

}  // namespace

std::string to_text(const PartiqlPosition& position) {
  return " at " + std::to_string(position.line) + ":" + std::to_string(position.column) + ":" +
         std::to_string(position.length);
}

std::string not_well_formed(std::string_view detail) {
  return "Statement wasn't well formed, can't be processed: " + std::string(detail);
}

bool is_partiql_keyword(std::string_view lower) {
  return std::ranges::binary_search(kPartiqlKeywords, lower);
}

Checked<std::vector<PartiqlToken>> tokenize_partiql(std::string_view statement) {
  return PartiqlScanner(statement).scan();
}

}  // namespace penstock::dynamodb
