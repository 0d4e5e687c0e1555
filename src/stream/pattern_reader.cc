// The JSON reader of event patterns. Its complaints have the wording and the places of the reader
// that EventBridge uses (recorded in its answers, and in those of other users of that reader).
#include "stream/pattern_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"

namespace penstock::stream {
namespace {

constexpr std::size_t kDepthMax = 1000;
constexpr std::size_t kShownMax = 500;  // Characters of the pattern that a complaint shows.
constexpr std::string_view kValues =
    "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

bool is_identifier_part(char c) {
  return is_letter(c) || is_digit(c) || c == '_' || c == '$' || (c & 0x80) != 0;
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// In the units of UTF-16, in which columns are counted.
std::size_t utf16_units(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (!continues_character(c)) units += byte >= 0xf0 ? 2 : 1;
  }
  return units;
}

void append_utf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  }
}

std::string_view scope_name(bool array) { return array ? "Array" : "Object"; }

}  // namespace

std::string PatternReader::location(std::size_t at) const {
  const std::string_view before = text_.substr(0, at);
  const std::size_t newline = before.rfind('\n');
  const std::size_t row_start = newline == std::string_view::npos ? 0 : newline + 1;
  const auto row = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t column = utf16_units(before.substr(row_start)) + 1;
  std::string_view shown = text_;
  std::string more;
  if (const std::size_t units = utf16_units(text_); units > kShownMax) {
    std::size_t end = 0;
    std::size_t kept = 0;
    while (end < text_.size() && (kept < kShownMax || continues_character(text_[end]))) {
      kept += utf16_units(text_.substr(end, 1));
      ++end;
    }
    shown = text_.substr(0, end);
    more = fmt::format("[truncated {} chars]", units - kept);
  }
  return fmt::format("[Source: (String)\"{}\"{}; line: {}, column: {}]", shown, more, row, column);
}

std::unexpected<Error> PatternReader::refuse_at(std::size_t at, std::string_view message) const {
  return fail(ErrorKind::kInvalid, fmt::format("{}\n at {}", message, location(at)));
}

std::uint32_t PatternReader::code_point(std::size_t at) const {
  const auto lead = static_cast<unsigned char>(text_[at]);
  if (lead < 0x80) return lead;
  std::uint32_t c = lead >= 0xf0 ? lead & 0x07 : lead >= 0xe0 ? lead & 0x0f : lead & 0x1f;
  while (++at < text_.size() && continues_character(text_[at])) {
    c = (c << 6) | (static_cast<unsigned char>(text_[at]) & 0x3f);
  }
  return c;
}

std::string PatternReader::character(std::uint32_t c) const {
  if (c < 0x20) return fmt::format("(CTRL-CHAR, code {})", c);
  std::string shown;
  append_utf8(shown, c);
  if (c > 255) return fmt::format("'{}' (code {} / 0x{:x})", shown, c, c);
  return fmt::format("'{}' (code {})", shown, c);
}

// The byte before at_. Complaints about a character have its own place.
std::unexpected<Error> PatternReader::unexpected_character(std::string_view comment) const {
  const std::size_t at = at_ - 1;
  return refuse_at(at,
                   fmt::format("Unexpected character ({}){}", character(code_point(at)), comment));
}

std::unexpected<Error> PatternReader::unexpected_end(std::string_view where) const {
  return refuse(fmt::format("Unexpected end-of-input{}", where));
}

std::unexpected<Error> PatternReader::invalid_token(std::string matched) {
  while (!at_end() && is_identifier_part(text_[at_])) matched += text_[at_++];
  return refuse(fmt::format("Unrecognized token '{}': was expecting {}", matched, kValues));
}

void PatternReader::skip_blanks() {
  while (!at_end() && is_blank(text_[at_])) ++at_;
}

PatternToken PatternReader::enter(PatternToken token) {
  current_ = token;
  if (token == PatternToken::kStartObject || token == PatternToken::kStartArray) {
    scopes_.push_back({token == PatternToken::kStartArray, at_ - 1});
  }
  return token;
}

Result<PatternToken> PatternReader::next() {
  if (current_ == PatternToken::kName) return enter(value_);
  if (unread_string_) TRY_VOID(text());
  skip_blanks();
  if (at_end()) {
    if (scopes_.empty()) return current_ = PatternToken::kEnd;
    const Scope& scope = scopes_.back();
    return unexpected_end(fmt::format(": expected close marker for {} (start marker at {})",
                                      scope_name(scope.array), location(scope.start)));
  }
  char c = text_[at_++];
  if (c == ']' || c == '}') return take_close(c);
  if (scopes_.empty()) {
    TRY(const PatternToken root, take_value(c));
    return enter(root);
  }
  TRY_VOID(take_comma(c));
  if (scopes_.size() > kDepthMax) {
    return refuse(fmt::format("Document nesting depth ({}) exceeds the maximum allowed ({})",
                              scopes_.size(), kDepthMax));
  }
  if (scopes_.back().array) {
    TRY(const PatternToken element, take_value(c));
    return enter(element);
  }
  TRY_VOID(take_name(c));
  TRY(value_, take_value(c));
  return current_ = PatternToken::kName;
}

Result<PatternToken> PatternReader::take_close(char c) {
  const bool array = c == ']';
  if (scopes_.empty())
    return unexpected_character(fmt::format(": expected a valid value {}", kValues));
  const Scope scope = scopes_.back();
  if (scope.array != array) {
    return refuse_at(
        at_ - 1, fmt::format("Unexpected close marker '{}': expected '{}' (for {} starting at {})",
                             c, array ? '}' : ']', scope_name(scope.array), location(scope.start)));
  }
  scopes_.pop_back();
  return current_ = array ? PatternToken::kEndArray : PatternToken::kEndObject;
}

Result<void> PatternReader::take_comma(char& c) {
  Scope& scope = scopes_.back();
  if (std::exchange(scope.has_entries, true)) {
    const std::string_view name = scope_name(scope.array);
    if (c != ',') {
      return unexpected_character(
          fmt::format(": was expecting comma to separate {} entries", name));
    }
    skip_blanks();
    if (at_end()) return unexpected_end(fmt::format(" within/between {} entries", name));
    c = text_[at_++];
  }
  return {};
}

Result<void> PatternReader::take_name(char& c) {
  if (c != '"') return unexpected_character(": was expecting double-quote to start field name");
  TRY(name_, take_string("name", " in field name"));
  skip_blanks();
  if (at_end()) return unexpected_end(" within/between Object entries");
  c = text_[at_++];
  if (c != ':') {
    return unexpected_character(": was expecting a colon to separate field name and value");
  }
  skip_blanks();
  if (at_end()) return unexpected_end(" within/between Object entries");
  c = text_[at_++];
  return {};
}

Result<PatternToken> PatternReader::take_value(char c) {
  switch (c) {
    case '"': unread_string_ = true; return PatternToken::kString;
    case '{': return PatternToken::kStartObject;
    case '[': return PatternToken::kStartArray;
    case 't': return take_literal("true", PatternToken::kTrue);
    case 'f': return take_literal("false", PatternToken::kFalse);
    case 'n': return take_literal("null", PatternToken::kNull);
    default: break;
  }
  if (c == '-' || is_digit(c)) return take_number(c);
  if (is_identifier_part(c)) return invalid_token(std::string(1, c));
  return unexpected_character(fmt::format(": expected a valid value {}", kValues));
}

Result<PatternToken> PatternReader::take_literal(std::string_view literal, PatternToken token) {
  std::size_t matched = 1;
  while (matched < literal.size() && !at_end() && text_[at_] == literal[matched]) {
    ++matched;
    ++at_;
  }
  const bool whole = matched == literal.size() && (at_end() || !is_identifier_part(text_[at_]));
  if (!whole) return invalid_token(std::string(literal.substr(0, matched)));
  return token;
}

Result<void> PatternReader::take_digits(std::string_view missing, char first) {
  if (at_end() || !is_digit(text_[at_])) {
    const char c = at_end() ? first : text_[at_++];
    return refuse_at(at_ - 1, fmt::format("Unexpected character ({}) in numeric value: {}",
                                          character(static_cast<unsigned char>(c)), missing));
  }
  while (!at_end() && is_digit(text_[at_])) ++at_;
  return {};
}

Result<PatternToken> PatternReader::take_number(char c) {
  token_start_ = at_ - 1;
  if (c == '-') {
    TRY_VOID(take_digits("expected digit (0-9) to follow minus sign, for valid numeric value", c));
  } else {
    while (!at_end() && is_digit(text_[at_])) ++at_;
  }
  const std::string_view digits = text_.substr(token_start_, at_ - token_start_);
  const std::string_view whole = digits.substr(digits.front() == '-' ? 1 : 0);
  if (whole.size() > 1 && whole.front() == '0') {
    at_ = token_start_ + (digits.size() - whole.size()) + 2;
    return refuse("Invalid numeric value: Leading zeroes not allowed");
  }
  if (!at_end() && text_[at_] == '.') {
    ++at_;
    TRY_VOID(take_digits("Decimal point not followed by a digit", '.'));
  }
  if (!at_end() && (text_[at_] == 'e' || text_[at_] == 'E')) {
    ++at_;
    if (!at_end() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
    TRY_VOID(take_digits("Exponent indicator not followed by a digit", 'e'));
  }
  return PatternToken::kNumber;
}

Result<std::string> PatternReader::text() {
  switch (current_) {
    case PatternToken::kStartObject: return "{";
    case PatternToken::kEndObject: return "}";
    case PatternToken::kStartArray: return "[";
    case PatternToken::kEndArray: return "]";
    case PatternToken::kName: return name_;
    case PatternToken::kTrue: return "true";
    case PatternToken::kFalse: return "false";
    case PatternToken::kNull: return "null";
    case PatternToken::kEnd: return "";
    case PatternToken::kNumber: return std::string(text_.substr(token_start_, at_ - token_start_));
    case PatternToken::kString: break;
  }
  unread_string_ = false;
  return take_string("string value", ": was expecting closing quote for a string value");
}

// After the opening quote, up to and with the closing one.
Result<std::string> PatternReader::take_string(std::string_view what, std::string_view unfinished) {
  std::string out;
  while (!at_end()) {
    const char c = text_[at_++];
    if (c == '"') return out;
    if (c == '\\') {
      TRY_VOID(take_escape(out));
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x20) {
      return refuse_at(at_ - 1,
                       fmt::format("Illegal unquoted character ({}): has to be escaped using "
                                   "backslash to be included in {}",
                                   character(static_cast<unsigned char>(c)), what));
    }
    out += c;
  }
  return unexpected_end(unfinished);
}

Result<std::uint32_t> PatternReader::take_hex() {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    if (at_end()) return unexpected_end(" in character escape sequence");
    const char c = text_[at_++];
    const char lower = static_cast<char>(c | 0x20);
    if (!is_digit(c) && !(lower >= 'a' && lower <= 'f')) {
      return unexpected_character(": expected a hex-digit for character escape sequence");
    }
    const int digit = is_digit(c) ? c - '0' : lower - 'a' + 10;
    value = value * 16 + static_cast<std::uint32_t>(digit);
  }
  return value;
}

// After the backslash.
Result<void> PatternReader::take_escape(std::string& out) {
  if (at_end()) return unexpected_end(" in character escape sequence");
  const char c = text_[at_++];
  constexpr std::string_view kNames = "bfnrt\"\\/";
  constexpr std::string_view kMeanings = "\b\f\n\r\t\"\\/";
  if (const std::size_t known = kNames.find(c); known != std::string_view::npos) {
    out += kMeanings[known];
    return {};
  }
  if (c != 'u') {
    return refuse_at(at_ - 1, "Unrecognized character escape " + character(code_point(at_ - 1)));
  }
  TRY(std::uint32_t value, take_hex());
  if (value >= 0xd800 && value < 0xdc00 && text_.substr(at_, 2) == "\\u") {
    at_ += 2;
    TRY(const std::uint32_t low, take_hex());
    if (low >= 0xdc00 && low < 0xe000) {
      value = 0x10000 + ((value - 0xd800) << 10) + (low - 0xdc00);
    } else {
      append_utf8(out, 0xfffd);
      value = low;
    }
  }
  // Half of a pair is no character.
  append_utf8(out, value >= 0xd800 && value < 0xe000 ? 0xfffd : value);
  return {};
}

}  // namespace penstock::stream
