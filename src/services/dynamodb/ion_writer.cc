// Writing Ion text as exports have it.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/bytes.h"
#include "services/dynamodb/ion.h"

namespace penstock::dynamodb {
namespace {

constexpr std::size_t kPlainFractionMax = 20;  // Longer ones are written with an exponent.

void append_ion_text(std::string& out, std::string_view text, char quote) {
  out += quote;
  for (const char c : text) {
    if (c == quote || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  out += quote;
}

bool is_plain_symbol(std::string_view name) {
  if (name.empty() || is_digit(name.front()) || name.starts_with('$')) return false;
  if (name == "null" || name == "true" || name == "false" || name == "nan") return false;
  return std::ranges::all_of(name, [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
  });
}

// 103 is 103., 600 is 6d2, 1.5 is 1.5.
void append_ion_number(std::string& out, std::string_view number) {
  const std::size_t dot = number.find('.');
  if (dot != std::string_view::npos) {
    if (number.size() <= kPlainFractionMax) {
      out += number;
      return;
    }
    std::string digits(number.substr(0, dot));
    digits += number.substr(dot + 1);
    const bool negative = digits.starts_with('-');
    if (negative) digits.erase(0, 1);
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
    out += fmt::format("{}{}d-{}", negative ? "-" : "", digits, number.size() - dot - 1);
    return;
  }
  const std::size_t last = number.find_last_not_of('0');
  const std::size_t zeros =
      number == "0" || last == std::string_view::npos ? 0 : number.size() - last - 1;
  if (zeros == 0) {
    out.append(number).append(".");
  } else {
    out += fmt::format("{}d{}", number.substr(0, last + 1), zeros);
  }
}

void append_ion_blob(std::string& out, std::string_view bytes) {
  out += "{{";
  base64_append(out, bytes);
  out += "}}";
}

void append_ion_value(std::string& out, const AttributeValue& value);

void append_ion_set(std::string& out, const AttributeValue& value) {
  out.append("$dynamodb_").append(type_name(value.type())).append("::[");
  bool first = true;
  for (const std::string& member : value.members()) {
    if (!std::exchange(first, false)) out += ',';
    switch (value.type()) {
      case AttributeValue::Type::kSS: append_ion_text(out, member, '"'); break;
      case AttributeValue::Type::kNS: append_ion_number(out, member); break;
      default: append_ion_blob(out, member); break;
    }
  }
  out += ']';
}

void append_ion_list(std::string& out, const AttributeValue::List& elements) {
  out += '[';
  bool first = true;
  for (const AttributeValue& element : elements) {
    if (!std::exchange(first, false)) out += ',';
    append_ion_value(out, element);
  }
  out += ']';
}

void append_ion_value(std::string& out, const AttributeValue& value) {
  switch (value.type()) {
    case AttributeValue::Type::kS: append_ion_text(out, value.scalar(), '"'); break;
    case AttributeValue::Type::kN: append_ion_number(out, value.scalar()); break;
    case AttributeValue::Type::kB: append_ion_blob(out, value.scalar()); break;
    case AttributeValue::Type::kSS:
    case AttributeValue::Type::kNS:
    case AttributeValue::Type::kBS: append_ion_set(out, value); break;
    case AttributeValue::Type::kM: append_ion_map(out, value.attributes()); break;
    case AttributeValue::Type::kL: append_ion_list(out, value.elements()); break;
    case AttributeValue::Type::kBool: out += value.truth() ? "true" : "false"; break;
    case AttributeValue::Type::kNull:
    case AttributeValue::Type::kInvalid: out += "null"; break;
  }
}

}  // namespace

void append_ion_map(std::string& out, const AttributeMap& map) {
  out += '{';
  bool first = true;
  for (const AttributeMap::Entry& entry : map) {
    if (!std::exchange(first, false)) out += ',';
    if (is_plain_symbol(entry.name)) {
      out += entry.name;
    } else {
      append_ion_text(out, entry.name, '\'');
    }
    out += ':';
    append_ion_value(out, entry.value);
  }
  out += '}';
}

}  // namespace penstock::dynamodb
