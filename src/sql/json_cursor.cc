// Strings, numbers and the skipping of what nobody asked for.

#include "sql/json_cursor.h"

#include <fmt/format.h>

#include <cstring>

namespace penstock::sql {

namespace {

constexpr int kDepthMax = 200;

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

bool is_number(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t start = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at > start;
  };
  if (at < text.size() && text[at] == '-') ++at;
  if (!digits()) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!digits()) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digits()) return false;
  }
  return at == text.size();
}

}  // namespace

void JsonCursor::fail(std::string message) {
  if (failed_) return;
  failed_ = true;
  error_ = fmt::format("{} at {} [character {} line 1]", message, at_ + 1, at_ + 2);
}

bool JsonCursor::literal(std::string_view word) {
  if (failed_ || text_.substr(at_, word.size()) != word) return false;
  at_ += word.size();
  return true;
}

bool JsonCursor::four_hex(unsigned& out) {
  if (at_ + 4 > text_.size()) return false;
  out = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = text_[at_++];
    out <<= 4;
    if (c >= '0' && c <= '9')
      out |= static_cast<unsigned>(c - '0');
    else if (c >= 'a' && c <= 'f')
      out |= static_cast<unsigned>(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      out |= static_cast<unsigned>(c - 'A' + 10);
    else
      return false;
  }
  return true;
}

bool JsonCursor::escape(std::string& out) {
  if (at_ >= text_.size()) return false;
  switch (text_[at_++]) {
    case '"': out += '"'; return true;
    case '\\': out += '\\'; return true;
    case '/': out += '/'; return true;
    case '\'': out += '\''; return true;
    case 'b': out += '\b'; return true;
    case 'f': out += '\f'; return true;
    case 'n': out += '\n'; return true;
    case 'r': out += '\r'; return true;
    case 't': out += '\t'; return true;
    case 'u': {
      unsigned code = 0;
      if (!four_hex(code)) return false;
      if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_, 2) == "\\u") {
        at_ += 2;
        unsigned low = 0;
        if (!four_hex(low)) return false;
        if (low >= 0xDC00 && low < 0xE000) {
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        } else {
          append_utf8(out, 0xFFFD);
          code = low;
        }
      }
      if (code >= 0xD800 && code < 0xE000) code = 0xFFFD;  // Half a pair is no character.
      append_utf8(out, code);
      return true;
    }
    default: return false;
  }
}

bool JsonCursor::string(std::string& out) {
  out.clear();
  if (!take('"')) {
    fail("Expected a string");
    return false;
  }
  while (true) {
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\') ++at_;
    out.append(text_, start, at_ - start);
    if (at_ >= text_.size()) {
      fail("Unterminated string");
      return false;
    }
    if (text_[at_++] == '"') return true;
    if (!escape(out)) {
      fail("Illegal escape.");
      return false;
    }
  }
}

bool JsonCursor::scalar(std::string_view& out) {
  blanks();
  const std::size_t start = at_;
  while (at_ < text_.size() && std::strchr(",]}: \t\r\n\"[{", text_[at_]) == nullptr) ++at_;
  out = text_.substr(start, at_ - start);
  if (!failed_ && (out == "true" || out == "false" || out == "null" || is_number(out))) return true;
  fail(out.empty() ? "Missing value" : fmt::format("Value '{}' is not JSON", out));
  return false;
}

void JsonCursor::skip(int depth) {
  if (failed_) return;
  if (depth > kDepthMax) return fail("Nesting too deep");
  const char c = peek();
  if (c == '"') {
    ++at_;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    if (at_ >= text_.size()) return fail("Unterminated string");
    ++at_;
    return;
  }
  if (c != '{' && c != '[') {
    std::string_view token;
    scalar(token);
    return;
  }
  const char closing = c == '{' ? '}' : ']';
  ++at_;
  if (take(closing)) return;
  do {
    if (c == '{') {
      if (peek() != '"') return fail("Expected a string");
      skip(depth + 1);
      if (!take(':')) return fail("Expected a ':' after a key");
    }
    skip(depth + 1);
    if (failed_) return;
  } while (take(','));
  if (!take(closing)) fail(fmt::format("Expected a ',' or '{}'", closing));
}

void JsonCursor::copy(std::string& out, int depth) {
  if (failed_) return;
  if (depth > kDepthMax) return fail("Nesting too deep");
  const char c = peek();
  if (c != '{' && c != '[') {
    const std::size_t start = at_;
    skip(depth);
    if (!failed_) out.append(text_, start, at_ - start);
    return;
  }
  const char closing = c == '{' ? '}' : ']';
  ++at_;
  out += c;
  if (!take(closing)) {
    bool first = true;
    do {
      if (!first) out += ',';
      first = false;
      if (c == '{') {
        if (peek() != '"') return fail("Expected a string");
        copy(out, depth + 1);
        if (!take(':')) return fail("Expected a ':' after a key");
        out += ':';
      }
      copy(out, depth + 1);
      if (failed_) return;
    } while (take(','));
    if (!take(closing)) return fail(fmt::format("Expected a ',' or '{}'", closing));
  }
  out += closing;
}

std::size_t JsonCursor::count_elements(int depth) {
  const std::size_t start = at_;
  const bool object = peek() == '{';
  const char closing = object ? '}' : ']';
  ++at_;
  std::size_t count = 0;
  if (!take(closing)) {
    do {
      if (object) {
        if (peek() != '"') {
          fail("Expected a string");
          return 0;
        }
        skip(depth + 1);
        if (!take(':')) {
          fail("Expected a ':' after a key");
          return 0;
        }
      }
      skip(depth + 1);
      ++count;
      if (failed_) return 0;
    } while (take(','));
    if (!take(closing)) fail(fmt::format("Expected a ',' or '{}'", closing));
  }
  if (!failed_) at_ = start;
  return count;
}

}  // namespace penstock::sql
