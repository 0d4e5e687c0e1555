// A strict JSON parser with a bounded depth that can tell "cut off" from "wrong": samples of big
// objects end in the middle of a record.
#include "services/glue/json_value.h"

#include "base/ascii.h"
#include "base/limits.h"

namespace penstock::glue {
namespace {

void append_utf8(std::string& out, unsigned code_point) {
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xC0 | (code_point >> 6));
    out += static_cast<char>(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xE0 | (code_point >> 12));
    out += static_cast<char>(0x80 | ((code_point >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code_point & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code_point >> 18));
    out += static_cast<char>(0x80 | ((code_point >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code_point >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code_point & 0x3F));
  }
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
  for (const JsonMember& member : members) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

JsonReader::JsonReader(std::string_view bytes) : bytes_(bytes) {
  if (bytes_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // A byte order mark is not data.
}

void JsonReader::skip_blanks() {
  while (!at_end() && is_blank(bytes_[at_])) ++at_;
}

JsonStatus JsonReader::next(JsonValue& value) {
  skip_blanks();
  begin_ = at_;
  if (at_end()) return JsonStatus::kEnd;
  value = JsonValue{};
  return read(value, 0);
}

bool JsonReader::skip_line() {
  const std::size_t line_break = bytes_.find('\n', at_);
  if (line_break == std::string_view::npos) return false;
  at_ = line_break + 1;
  return true;
}

JsonStatus JsonReader::read(JsonValue& value, int depth) {
  if (depth > limits::kGlueJsonDepth) return JsonStatus::kMalformed;
  if (at_end()) return JsonStatus::kIncomplete;
  switch (bytes_[at_]) {
    case '{': return read_object(value, depth);
    case '[': return read_array(value, depth);
    case '"':
      value.kind = JsonValue::Kind::kString;
      ++at_;
      return read_string(value.text);
    case 't': value.kind = JsonValue::Kind::kTrue; return read_word("true");
    case 'f': value.kind = JsonValue::Kind::kFalse; return read_word("false");
    case 'n': value.kind = JsonValue::Kind::kNull; return read_word("null");
    default: value.kind = JsonValue::Kind::kNumber; return read_number(value.text);
  }
}

JsonStatus JsonReader::read_object(JsonValue& value, int depth) {
  value.kind = JsonValue::Kind::kObject;
  ++at_;
  skip_blanks();
  if (at_end()) return JsonStatus::kIncomplete;
  if (bytes_[at_] == '}') {
    ++at_;
    return JsonStatus::kValue;
  }
  while (true) {
    skip_blanks();
    if (at_end()) return JsonStatus::kIncomplete;
    if (bytes_[at_] != '"') return JsonStatus::kMalformed;
    ++at_;
    JsonMember& member = value.members.emplace_back();
    if (const JsonStatus status = read_string(member.name); status != JsonStatus::kValue)
      return status;
    skip_blanks();
    if (at_end()) return JsonStatus::kIncomplete;
    if (bytes_[at_++] != ':') return JsonStatus::kMalformed;
    skip_blanks();
    if (const JsonStatus status = read(member.value, depth + 1); status != JsonStatus::kValue) {
      return status;
    }
    skip_blanks();
    if (at_end()) return JsonStatus::kIncomplete;
    const char next = bytes_[at_++];
    if (next == '}') return JsonStatus::kValue;
    if (next != ',') return JsonStatus::kMalformed;
  }
}

JsonStatus JsonReader::read_array(JsonValue& value, int depth) {
  value.kind = JsonValue::Kind::kArray;
  ++at_;
  skip_blanks();
  if (at_end()) return JsonStatus::kIncomplete;
  if (bytes_[at_] == ']') {
    ++at_;
    return JsonStatus::kValue;
  }
  while (true) {
    skip_blanks();
    if (const JsonStatus status = read(value.elements.emplace_back(), depth + 1);
        status != JsonStatus::kValue) {
      return status;
    }
    skip_blanks();
    if (at_end()) return JsonStatus::kIncomplete;
    const char next = bytes_[at_++];
    if (next == ']') return JsonStatus::kValue;
    if (next != ',') return JsonStatus::kMalformed;
  }
}

JsonStatus JsonReader::read_string(std::string& text) {
  while (!at_end()) {
    const char c = bytes_[at_++];
    if (c == '"') return JsonStatus::kValue;
    if (c == '\\') {
      if (const JsonStatus status = read_escape(text); status != JsonStatus::kValue) return status;
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x20) return JsonStatus::kMalformed;
    text += c;
  }
  return JsonStatus::kIncomplete;
}

JsonStatus JsonReader::read_code_unit(unsigned& unit) {
  unit = 0;
  for (int i = 0; i < 4; ++i) {
    if (at_end()) return JsonStatus::kIncomplete;
    const char c = bytes_[at_++];
    unit <<= 4;
    if (is_digit(c)) {
      unit |= static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      unit |= static_cast<unsigned>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      unit |= static_cast<unsigned>(c - 'A' + 10);
    } else {
      return JsonStatus::kMalformed;
    }
  }
  return JsonStatus::kValue;
}

JsonStatus JsonReader::read_escape(std::string& text) {
  if (at_end()) return JsonStatus::kIncomplete;
  switch (bytes_[at_++]) {
    case '"': text += '"'; return JsonStatus::kValue;
    case '\\': text += '\\'; return JsonStatus::kValue;
    case '/': text += '/'; return JsonStatus::kValue;
    case 'b': text += '\b'; return JsonStatus::kValue;
    case 'f': text += '\f'; return JsonStatus::kValue;
    case 'n': text += '\n'; return JsonStatus::kValue;
    case 'r': text += '\r'; return JsonStatus::kValue;
    case 't': text += '\t'; return JsonStatus::kValue;
    case 'u': break;
    default: return JsonStatus::kMalformed;
  }
  unsigned unit = 0;
  if (const JsonStatus status = read_code_unit(unit); status != JsonStatus::kValue) return status;
  const bool high_surrogate = unit >= 0xD800 && unit < 0xDC00;
  if (high_surrogate && bytes_.substr(at_).starts_with("\\u")) {
    at_ += 2;
    unsigned low = 0;
    if (const JsonStatus status = read_code_unit(low); status != JsonStatus::kValue) return status;
    if (low < 0xDC00 || low > 0xDFFF) return JsonStatus::kMalformed;
    append_utf8(text, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
    return JsonStatus::kValue;
  }
  // A lone surrogate has no UTF-8 form; U+FFFD stands for it.
  append_utf8(text, unit >= 0xD800 && unit <= 0xDFFF ? 0xFFFD : unit);
  return JsonStatus::kValue;
}

JsonStatus JsonReader::read_number(std::string& text) {
  const std::size_t start = at_;
  const auto take_digits = [this] {
    const std::size_t first = at_;
    while (!at_end() && is_digit(bytes_[at_])) ++at_;
    return at_ > first;
  };
  const auto missing = [this] {
    return at_end() ? JsonStatus::kIncomplete : JsonStatus::kMalformed;
  };
  if (bytes_[at_] == '-') ++at_;
  const std::size_t first_digit = at_;
  if (!take_digits()) return missing();
  if (bytes_[first_digit] == '0' && at_ - first_digit > 1) return JsonStatus::kMalformed;
  if (!at_end() && bytes_[at_] == '.') {
    ++at_;
    if (!take_digits()) return missing();
  }
  if (!at_end() && (bytes_[at_] == 'e' || bytes_[at_] == 'E')) {
    ++at_;
    if (!at_end() && (bytes_[at_] == '+' || bytes_[at_] == '-')) ++at_;
    if (!take_digits()) return missing();
  }
  text.assign(bytes_.substr(start, at_ - start));
  return JsonStatus::kValue;
}

JsonStatus JsonReader::read_word(std::string_view word) {
  const std::string_view rest = bytes_.substr(at_, word.size());
  if (rest == word) {
    at_ += word.size();
    return JsonStatus::kValue;
  }
  return word.starts_with(rest) ? JsonStatus::kIncomplete : JsonStatus::kMalformed;
}

}  // namespace penstock::glue
