// Reading Ion text: a recursive descent over one line.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/bytes.h"
#include "protocol/number.h"
#include "services/dynamodb/ion.h"

namespace penstock::dynamodb {
namespace {

constexpr int kIonDepthMax = 40;  // DynamoDB itself nests 32 deep.

struct IonEscape {
  char name;
  char value;
};
constexpr std::array kIonEscapes = {
    IonEscape{'n', '\n'},  IonEscape{'t', '\t'},  IonEscape{'r', '\r'}, IonEscape{'"', '"'},
    IonEscape{'\'', '\''}, IonEscape{'\\', '\\'}, IonEscape{'/', '/'},  IonEscape{'0', '\0'},
    IonEscape{'a', '\a'},  IonEscape{'b', '\b'},  IonEscape{'f', '\f'}, IonEscape{'v', '\v'},
    IonEscape{'?', '?'}};

bool is_symbol_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

void append_utf8(std::string& out, std::uint32_t code) {
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

// Every function leaves `ok_` false for good when the text is not of its form.
class IonReader {
 public:
  explicit IonReader(std::string_view text) : rest_(text) {}

  ParsedItem item(std::string_view member) {
    skip_space();
    if (rest_.starts_with("$ion_1_0")) rest_.remove_prefix(8);
    AttributeValue document = value(0);
    skip_space();
    if (!ok_ || !rest_.empty() || document.type() != AttributeValue::Type::kM) {
      return std::unexpected(RecordProblem{"The line is not valid Ion text", true});
    }
    AttributeValue* item = document.attributes().find(member);
    if (item == nullptr || item->type() != AttributeValue::Type::kM) {
      return std::unexpected(RecordProblem{fmt::format("The line has no member {}", member), true});
    }
    if (!problem_.empty()) return std::unexpected(RecordProblem{problem_, false});
    return std::move(item->attributes());
  }

 private:
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  void refuse() {
    ok_ = false;
    rest_ = {};
  }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  void skip_space() {
    while (true) {
      while (!rest_.empty() && std::string_view(" \t\r\n\v\f").contains(rest_.front())) {
        rest_.remove_prefix(1);
      }
      if (take("//")) {
        rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
      } else if (take("/*")) {
        const std::size_t end = rest_.find("*/");
        if (end == std::string_view::npos) return refuse();
        rest_.remove_prefix(end + 2);
      } else {
        return;
      }
    }
  }

  AttributeValue value(int depth) {
    skip_space();
    if (depth > kIonDepthMax) refuse();
    if (rest_.starts_with("{{")) return blob();
    switch (peek()) {
      case '{': return AttributeValue::map(structure(depth));
      case '[': return AttributeValue::list(list(depth));
      case '"': return AttributeValue::s(text());
      case '\'': {
        if (rest_.starts_with("'''")) return AttributeValue::s(text());
        return annotated(text(), depth);
      }
      default: break;
    }
    if (is_digit(peek()) || peek() == '-') return number();
    return word(depth);
  }

  AttributeValue word(int depth) {
    const auto end = std::ranges::find_if_not(rest_, is_symbol_character);
    std::string name(rest_.begin(), end);
    rest_.remove_prefix(name.size());
    if (name == "true" || name == "false") return AttributeValue::boolean(name == "true");
    if (name == "null") {
      if (take(".")) {
        rest_.remove_prefix(static_cast<std::size_t>(
            std::ranges::find_if_not(rest_, is_symbol_character) - rest_.begin()));
      }
      return AttributeValue::null();
    }
    if (name.empty()) refuse();
    return annotated(std::move(name), depth);
  }

  AttributeValue annotated(std::string annotation, int depth) {
    skip_space();
    if (!take("::")) refuse();
    AttributeValue::Type type = AttributeValue::Type::kInvalid;
    if (annotation == "$dynamodb_SS") type = AttributeValue::Type::kSS;
    if (annotation == "$dynamodb_NS") type = AttributeValue::Type::kNS;
    if (annotation == "$dynamodb_BS") type = AttributeValue::Type::kBS;
    skip_space();
    if (type == AttributeValue::Type::kInvalid || peek() != '[') refuse();
    if (!ok_) return {};
    return set_of(type, list(depth));
  }

  AttributeValue set_of(AttributeValue::Type type, const AttributeValue::List& elements) {
    const auto wanted = type == AttributeValue::Type::kSS   ? AttributeValue::Type::kS
                        : type == AttributeValue::Type::kNS ? AttributeValue::Type::kN
                                                            : AttributeValue::Type::kB;
    AttributeValue::Set members;
    for (const AttributeValue& element : elements) {
      if (element.type() != wanted) {
        refuse();
        return {};
      }
      members.push_back(element.scalar());
    }
    std::ranges::sort(members);
    if (members.empty()) {
      note("One or more parameter values were invalid: A set may not be empty");
    } else if (std::ranges::adjacent_find(members) != members.end()) {
      note("One or more parameter values were invalid: Input collection contains duplicates");
    } else {
      return AttributeValue::set(type, std::move(members));
    }
    return {};
  }

  // The value has the form of one, and is none that DynamoDB has.
  void note(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
  }

  AttributeValue number() {
    const auto end = std::ranges::find_if_not(
        rest_, [](char c) { return is_symbol_character(c) || c == '.' || c == '+' || c == '-'; });
    std::string text(rest_.begin(), end);
    rest_.remove_prefix(text.size());
    std::erase(text, '_');
    std::ranges::replace(text, 'd', 'e');
    std::ranges::replace(text, 'D', 'e');
    // "103." and "6.e2" are numbers of Ion, but not of DynamoDB.
    const std::size_t dot = text.find('.');
    if (dot != std::string::npos && (dot + 1 == text.size() || !is_digit(text[dot + 1]))) {
      text.erase(dot, 1);
    }
    auto normalised = normalise_number(text);
    if (normalised) return AttributeValue::n(std::move(*normalised));
    if (normalised.error() == NumberProblem::kNotNumeric) refuse();
    note(number_problem_message(normalised.error(), text));
    return {};
  }

  AttributeValue blob() {
    take("{{");
    const std::size_t end = rest_.find("}}");
    if (end == std::string_view::npos) {
      refuse();
      return {};
    }
    std::string digits(rest_.substr(0, end));
    rest_.remove_prefix(end + 2);
    std::erase_if(digits, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
    auto bytes = base64_decode(digits);
    if (!bytes) refuse();
    return AttributeValue::b(bytes ? std::move(*bytes) : std::string());
  }

  AttributeValue::List list(int depth) {
    AttributeValue::List elements;
    take("[");
    while (ok_) {
      skip_space();
      if (take("]")) return elements;
      elements.push_back(value(depth + 1));
      skip_space();
      if (!take(",") && peek() != ']') refuse();
    }
    return elements;
  }

  AttributeMap structure(int depth) {
    AttributeMap::Entries entries;
    take("{");
    while (ok_) {
      skip_space();
      if (take("}")) return AttributeMap::from_entries(std::move(entries));
      std::string name = field_name();
      skip_space();
      if (!take(":") || name.empty()) refuse();
      entries.push_back({std::move(name), value(depth + 1)});
      skip_space();
      if (!take(",") && peek() != '}') refuse();
    }
    return {};
  }

  std::string field_name() {
    if (peek() == '"' || peek() == '\'') return text();
    const auto end = std::ranges::find_if_not(rest_, is_symbol_character);
    std::string name(rest_.begin(), end);
    rest_.remove_prefix(name.size());
    return name;
  }

  // A string or a quoted symbol; long strings that follow each other are one.
  std::string text() {
    std::string out;
    if (!rest_.starts_with("'''")) {
      const std::string_view quote = rest_.substr(0, 1);
      rest_.remove_prefix(1);
      quoted(quote, out);
    } else {
      while (take("'''")) {
        quoted("'''", out);
        skip_space();
      }
    }
    if (!is_valid_utf8(out)) refuse();
    return out;
  }

  void quoted(std::string_view quote, std::string& out) {
    while (ok_ && !take(quote)) {
      if (rest_.empty()) return refuse();
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '\\') {
        escape(out);
      } else {
        out += c;
      }
    }
  }

  void escape(std::string& out) {
    if (rest_.empty()) return refuse();
    const char name = rest_.front();
    rest_.remove_prefix(1);
    if (name == 'x') return hex(2, out);
    if (name == 'u') return hex(4, out);
    if (name == 'U') return hex(8, out);
    const auto found = std::ranges::find(kIonEscapes, name, &IonEscape::name);
    if (found == kIonEscapes.end()) return refuse();
    out += found->value;
  }

  std::optional<std::uint32_t> hex_digits(std::size_t digits) {
    if (rest_.size() < digits) return std::nullopt;
    const auto bytes = from_hex(rest_.substr(0, digits));
    if (!bytes) return std::nullopt;
    rest_.remove_prefix(digits);
    std::uint32_t code = 0;
    for (const char c : *bytes) code = code << 8 | static_cast<unsigned char>(c);
    return code;
  }

  void hex(std::size_t digits, std::string& out) {
    auto code = hex_digits(digits);
    if (code && *code >= 0xD800 && *code < 0xDC00 && take("\\u")) {
      const auto low = hex_digits(4);  // The other half of a surrogate pair.
      if (low && *low >= 0xDC00 && *low < 0xE000) {
        code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
      } else {
        code = std::nullopt;
      }
    }
    if (!code || *code > 0x10FFFF) return refuse();
    append_utf8(out, *code);
  }

  std::string_view rest_;
  bool ok_ = true;
  std::string problem_;
};

class IonFormat final : public ItemFormat {
 public:
  std::optional<ParsedItem> read(std::string_view record) override {
    const std::string_view text = trim_blanks(record);
    if (text.empty() || text == "$ion_1_0") return std::nullopt;
    return parse_ion_item(text);
  }
};

}  // namespace

ParsedItem parse_ion_item(std::string_view line, std::string_view member) {
  return IonReader(line).item(member);
}

std::unique_ptr<ItemFormat> make_ion_format() { return std::make_unique<IonFormat>(); }

}  // namespace penstock::dynamodb
