// Escaping and number forms.
#include "protocol/json_writer.h"

#include <charconv>
#include <cmath>

#include "base/bytes.h"

namespace penstock::protocol {

void JsonWriter::append_quoted(std::string_view value) {
  constexpr char kHex[] = "0123456789abcdef";
  out_ += '"';
  std::size_t from = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto c = static_cast<unsigned char>(value[i]);
    if (c >= 0x20 && c != '"' && c != '\\') [[likely]]
      continue;
    out_.append(value, from, i - from);
    from = i + 1;
    switch (c) {
      case '"': out_ += "\\\""; break;
      case '\\': out_ += "\\\\"; break;
      case '\n': out_ += "\\n"; break;
      case '\r': out_ += "\\r"; break;
      case '\t': out_ += "\\t"; break;
      case '\b': out_ += "\\b"; break;
      case '\f': out_ += "\\f"; break;
      default:
        out_ += "\\u00";
        out_ += kHex[c >> 4];
        out_ += kHex[c & 15];
    }
  }
  out_.append(value, from);
  out_ += '"';
}

JsonWriter& JsonWriter::base64(std::string_view bytes) {
  separate();
  out_ += '"';
  base64_append(out_, bytes);
  out_ += '"';
  return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t value) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return raw(std::string_view(text, static_cast<std::size_t>(end - text)));
}

JsonWriter& JsonWriter::number(double value) {
  if (std::isnan(value)) return string("NaN");
  if (std::isinf(value)) return string(value > 0 ? "Infinity" : "-Infinity");
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return raw(std::string_view(text, static_cast<std::size_t>(end - text)));
}

JsonWriter& JsonWriter::epoch_seconds(std::int64_t micros) {
  std::int64_t millis = micros / 1000;
  std::string text;
  if (millis < 0) {
    text += '-';
    millis = -millis;
  }
  text += std::to_string(millis / 1000);
  if (const auto rest = millis % 1000; rest != 0) {
    const std::string digits = std::to_string(1000 + rest);
    text += '.';
    text.append(digits, 1);
    while (text.back() == '0') text.pop_back();
  }
  return raw(text);
}

std::string json_quote(std::string_view text) {
  std::string out;
  JsonWriter(out).string(text);
  return out;
}

}  // namespace penstock::protocol
