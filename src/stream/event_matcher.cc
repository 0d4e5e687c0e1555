// The operators of event patterns: what they accept in a pattern, and what they match in an event.
//
// Known from AWS's published rule engine and the table of operators for pipes in the EventBridge
// guide: no wildcard, and no operators inside anything-but.
#include "stream/event_matcher.h"

#include <locale.h>
#include <simdjson.h>
#include <wctype.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/ascii.h"
#include "base/ip_address.h"

namespace penstock::stream {
namespace {

using simdjson::dom::element;
using MatcherKind = Matcher::Kind;

constexpr double kNumberMax = 5e9;
constexpr std::string_view kOneKey = "Only one key allowed in match expression";
constexpr std::string_view kTooMany = "Too many elements in numeric expression";
constexpr std::string_view kOutOfRange = "Value must be between -5.0E9 and 5.0E9, inclusive";

std::unexpected<Error> bad(std::string message) {
  return fail(ErrorKind::kInvalid, std::move(message));
}

// Documented: numbers from -5e9 to 5e9 are compared with six digits after the point.
std::optional<std::int64_t> comparable_number(double number) {
  if (!(number >= -kNumberMax && number <= kNumberMax)) return std::nullopt;
  return static_cast<std::int64_t>(1e6 * (kNumberMax + number));
}

double number_of(const std::string& text) {
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc::result_out_of_range) return number;
  return text.find("e-") != std::string::npos || text.find("E-") != std::string::npos ? 0
                                                                                      : HUGE_VAL;
}

// Upper and lower case alike, in every script that has them.
std::string folded(std::string_view text) {
  static const locale_t kLocale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      out += is_letter(text[i]) ? static_cast<char>(lead | 0x20) : text[i];
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    wint_t c = lead & (0xff >> (length + 1));
    const std::string_view bytes = text.substr(i, length);
    for (const char byte : bytes.substr(1))
      c = (c << 6) | (static_cast<unsigned char>(byte) & 0x3f);
    c = kLocale == nullptr ? c : towlower_l(towupper_l(c, kLocale), kLocale);
    // Only compared with other folded texts: any unambiguous form will do.
    for (int shift = 18; shift >= 0; shift -= 6) {
      out += static_cast<char>(0x80 | ((c >> shift) & 0x3f));
    }
    i += bytes.size();
  }
  return out;
}

bool looks_like_address(std::string_view text) {
  const bool six =
      text.find(':') != std::string_view::npos && std::all_of(text.begin(), text.end(), [](char c) {
        const char lower = static_cast<char>(c | 0x20);
        return is_digit(c) || c == ':' || (lower >= 'a' && lower <= 'f');
      });
  if (six) return true;
  return std::count(text.begin(), text.end(), '.') == 3 &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; });
}

std::optional<std::string> parse_address(std::string_view text) {
  return looks_like_address(text) ? parse_ip_address(text) : std::nullopt;
}

// From the address itself (not the first of its network) to the last of its network.
Result<Matcher> cidr_matcher(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || text.find('/', slash + 1) != std::string_view::npos) {
    return bad("Malformed CIDR, one '/' required");
  }
  const std::string_view digits = text.substr(slash + 1);
  int bits = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (digits.empty() || error != std::errc() || stop != digits.data() + digits.size()) {
    return bad("Malformed CIDR, mask bits must be an integer");
  }
  if (bits < 0) return bad("Malformed CIDR, mask bits must not be negative");
  const std::string_view address = text.substr(0, slash);
  if (!looks_like_address(address)) return bad("Nonstandard IP address: " + std::string(address));
  const std::optional<std::string> first = parse_address(address);
  if (!first) return bad("Invalid IP address: " + std::string(address));
  if (first->size() == 4 && bits > 31) return bad("IPv4 mask bits must be < 32");
  if (first->size() == 16 && bits > 127) return bad("IPv6 mask bits must be < 128");
  Matcher matcher{.kind = MatcherKind::kAddress};
  matcher.first_address = matcher.last_address = *first;
  for (auto bit = static_cast<std::size_t>(bits); bit < first->size() * 8; ++bit) {
    matcher.last_address[bit / 8] |= static_cast<char>(0x80 >> (bit % 8));
  }
  return matcher;
}

Result<void> expect_end_object(PatternReader& reader, std::string_view otherwise = kOneKey) {
  TRY(const PatternToken token, reader.next());
  if (token != PatternToken::kEndObject) return reader.refuse(std::string(otherwise));
  return {};
}

Result<std::string> read_string(PatternReader& reader, std::string_view otherwise) {
  TRY(const PatternToken token, reader.next());
  if (token != PatternToken::kString) return reader.refuse(std::string(otherwise));
  return reader.text();
}

Result<Matcher> read_text(PatternReader& reader, MatcherKind kind, std::string_view otherwise) {
  TRY(std::string text, read_string(reader, otherwise));
  TRY_VOID(expect_end_object(reader));
  if (kind == MatcherKind::kIgnoreCase) text = folded(text);
  return Matcher{kind, std::move(text)};
}

// prefix and suffix: a string, or {"equals-ignore-case": string}.
Result<Matcher> read_affix(PatternReader& reader, bool prefix) {
  TRY(const PatternToken token, reader.next());
  if (token == PatternToken::kString) {
    TRY(std::string text, reader.text());
    TRY_VOID(expect_end_object(reader));
    return Matcher{prefix ? MatcherKind::kPrefix : MatcherKind::kSuffix, std::move(text)};
  }
  if (token != PatternToken::kStartObject) {
    return reader.refuse(prefix ? "prefix match pattern must be a string"
                                : "suffix match pattern must be a string");
  }
  TRY(const PatternToken inner, reader.next());
  if (inner != PatternToken::kName) {
    return reader.refuse(prefix ? "Prefix expression name not found"
                                : "Suffix expression name not found");
  }
  if (reader.name() != "equals-ignore-case") {
    return reader.refuse(
        (prefix ? "Unsupported prefix pattern: " : "Unsupported suffix pattern: ") + reader.name());
  }
  TRY(const std::string text,
      read_string(reader, "equals-ignore-case match pattern must be a string"));
  TRY_VOID(expect_end_object(reader));
  TRY_VOID(expect_end_object(reader));
  return Matcher{prefix ? MatcherKind::kPrefixIgnoreCase : MatcherKind::kSuffixIgnoreCase,
                 folded(text)};
}

// A number of anything-but. The engine's own complaint has no place in the text.
Result<Matcher> number_matcher(PatternReader& reader) {
  TRY(std::string text, reader.text());
  if (!comparable_number(number_of(text))) return bad(std::string(kOutOfRange));
  return Matcher{MatcherKind::kNumber, std::move(text)};
}

Result<void> read_anything_but_list(PatternReader& reader, std::vector<Matcher>& others) {
  bool numbers = false;
  bool strings = false;
  for (;;) {
    TRY(const PatternToken token, reader.next());
    if (token == PatternToken::kEndArray) break;
    if (token == PatternToken::kString) {
      TRY(std::string text, reader.text());
      others.push_back({MatcherKind::kString, std::move(text)});
      strings = true;
    } else if (token == PatternToken::kNumber) {
      TRY(others.emplace_back(), number_matcher(reader));
      numbers = true;
    } else {
      return reader.refuse("Inside anything but list, start|null|boolean is not supported.");
    }
  }
  return numbers != strings ? Result<void>()
                            : bad("Inside anything but list, either all values are number or "
                                  "string, mixed type is not supported");
}

Result<Matcher> read_anything_but(PatternReader& reader) {
  TRY(const PatternToken token, reader.next());
  Matcher matcher{.kind = MatcherKind::kAnythingBut};
  if (token == PatternToken::kStartObject) {
    TRY(const PatternToken inner, reader.next());
    if (inner != PatternToken::kName)
      return reader.refuse("Anything-But expression name not found");
    return reader.refuse("Unsupported anything-but pattern: " + reader.name());
  }
  if (token == PatternToken::kStartArray) {
    // The engine says again where it is, even when the complaint has said so.
    if (const Result<void> list = read_anything_but_list(reader, matcher.others); !list) {
      return reader.refuse(list.error().message);
    }
  } else if (token == PatternToken::kString) {
    TRY(std::string text, reader.text());
    matcher.others.push_back({MatcherKind::kString, std::move(text)});
  } else if (token == PatternToken::kNumber) {
    TRY(matcher.others.emplace_back(), number_matcher(reader));
  } else {
    return reader.refuse("Value of anything-but must be an array or single string/number value.");
  }
  TRY_VOID(expect_end_object(reader, kTooMany));
  return matcher;
}

// The number that follows an operator.
Result<std::int64_t> read_bound(PatternReader& reader, std::string_view name) {
  TRY(const PatternToken token, reader.next());
  if (token != PatternToken::kNumber) {
    return reader.refuse("Value of " + std::string(name) + " must be numeric");
  }
  TRY(const std::string text, reader.text());
  const std::optional<std::int64_t> number = comparable_number(number_of(text));
  if (!number) return reader.refuse(std::string(kOutOfRange));
  return *number;
}

// After [">"|">=", number: the end, or "<"|"<=", number].
Result<void> read_upper_bound(PatternReader& reader, Matcher& matcher) {
  TRY(const PatternToken token, reader.next());
  if (token == PatternToken::kEndArray) return {};
  TRY(const std::string op, reader.text());
  if (token != PatternToken::kString) return reader.refuse("Bad value in numeric range: " + op);
  if (op != "<" && op != "<=") return reader.refuse("Bad numeric range operator: " + op);
  TRY(matcher.high, read_bound(reader, op));
  matcher.high_included = op == "<=";
  TRY(const PatternToken end, reader.next());
  if (end != PatternToken::kEndArray) {
    return reader.refuse("Too many terms in numeric range expression");
  }
  if (matcher.low >= matcher.high) return reader.refuse("Bottom must be less than top");
  return {};
}

Result<Matcher> read_numeric(PatternReader& reader) {
  TRY(PatternToken token, reader.next());
  if (token != PatternToken::kStartArray)
    return reader.refuse("Value of numeric must be an array.");
  TRY(token, reader.next());
  TRY(const std::string op, reader.text());
  if (token != PatternToken::kString)
    return reader.refuse("Invalid member in numeric match: " + op);
  Matcher matcher{.kind = MatcherKind::kNumeric};
  matcher.low = *comparable_number(-kNumberMax);
  matcher.high = *comparable_number(kNumberMax);
  matcher.low_included = matcher.high_included = true;
  if (op == ">" || op == ">=") {
    TRY(matcher.low, read_bound(reader, op));
    matcher.low_included = op == ">=";
    TRY_VOID(read_upper_bound(reader, matcher));
  } else if (op == "=" || op == "<" || op == "<=") {
    TRY(matcher.high, read_bound(reader, op == "=" ? "equals" : op));
    if (op == "=") matcher.low = matcher.high;
    matcher.high_included = op != "<";
    TRY(token, reader.next());
    if (token != PatternToken::kEndArray) return reader.refuse(std::string(kTooMany));
  } else {
    TRY_VOID(reader.next());  // Read before the operator is looked at.
    return reader.refuse("Unrecognized numeric range operator: " + op);
  }
  TRY_VOID(expect_end_object(reader, kTooMany));
  return matcher;
}

Result<Matcher> read_exists(PatternReader& reader) {
  TRY(const PatternToken token, reader.next());
  if (token != PatternToken::kTrue && token != PatternToken::kFalse) {
    return reader.refuse("exists match pattern must be either true or false.");
  }
  TRY_VOID(expect_end_object(reader));
  return Matcher{token == PatternToken::kTrue ? MatcherKind::kExists : MatcherKind::kAbsent};
}

Result<Matcher> read_cidr(PatternReader& reader) {
  // The engine does say "prefix".
  TRY(const std::string text, read_string(reader, "prefix match pattern must be a string"));
  TRY(Matcher matcher, cidr_matcher(text));
  TRY_VOID(expect_end_object(reader));
  return matcher;
}

// {"<operator>": ...}, after its opening brace.
Result<Matcher> read_operator(PatternReader& reader) {
  TRY(const PatternToken token, reader.next());
  if (token != PatternToken::kName) return reader.refuse("Match expression name not found");
  const std::string& name = reader.name();
  if (name == "exactly") {
    return read_text(reader, MatcherKind::kString, "exact match pattern must be a string");
  }
  if (name == "prefix" || name == "suffix") return read_affix(reader, name == "prefix");
  if (name == "numeric") return read_numeric(reader);
  if (name == "anything-but") return read_anything_but(reader);
  if (name == "exists") return read_exists(reader);
  if (name == "cidr") return read_cidr(reader);
  if (name == "equals-ignore-case") {
    return read_text(reader, MatcherKind::kIgnoreCase,
                     "equals-ignore-case match pattern must be a string");
  }
  return reader.refuse("Unrecognized match type " + name);
}

Result<Matcher> read_matcher(PatternReader& reader, PatternToken token) {
  switch (token) {
    case PatternToken::kStartObject: return read_operator(reader);
    case PatternToken::kTrue: return Matcher{MatcherKind::kTrue};
    case PatternToken::kFalse: return Matcher{MatcherKind::kFalse};
    case PatternToken::kNull: return Matcher{MatcherKind::kNull};
    case PatternToken::kNumber: break;
    case PatternToken::kString: break;
    default: return reader.refuse("Match value must be String, number, true, false, or null");
  }
  TRY(std::string text, reader.text());
  if (token == PatternToken::kNumber) return Matcher{MatcherKind::kNumber, std::move(text)};
  // An address is equal to itself however it is written.
  if (std::optional<std::string> address = parse_address(text)) {
    Matcher matcher{.kind = MatcherKind::kAddress};
    matcher.first_address = matcher.last_address = *address;
    return matcher;
  }
  return Matcher{MatcherKind::kString, std::move(text)};
}

bool matches_text(const Matcher& m, std::string_view value) {
  switch (m.kind) {
    case MatcherKind::kString: return value == m.text;
    case MatcherKind::kPrefix: return value.starts_with(m.text);
    case MatcherKind::kSuffix: return value.ends_with(m.text);
    case MatcherKind::kIgnoreCase: return folded(value) == m.text;
    case MatcherKind::kPrefixIgnoreCase: return folded(value).starts_with(m.text);
    case MatcherKind::kSuffixIgnoreCase: return folded(value).ends_with(m.text);
    case MatcherKind::kAddress: {
      const std::optional<std::string> address = parse_address(value);
      return address && address->size() == m.first_address.size() && *address >= m.first_address &&
             *address <= m.last_address;
    }
    default: return false;
  }
}

// A number of the pattern and one of the event: equal as numbers where they are compared as such,
// else the same integer.
bool same_number(const std::string& text, const element& value, double real) {
  const double wanted = number_of(text);
  const auto a = comparable_number(wanted);
  const auto b = comparable_number(real);
  if (a || b) return a == b;
  std::int64_t integer = 0;
  std::uint64_t natural = 0;
  const char* const end = text.data() + text.size();
  std::int64_t value_integer = 0;
  std::uint64_t value_natural = 0;
  if (const auto [stop, error] = std::from_chars(text.data(), end, integer);
      error == std::errc() && stop == end && !value.get_int64().get(value_integer)) {
    return integer == value_integer;
  }
  if (const auto [stop, error] = std::from_chars(text.data(), end, natural);
      error == std::errc() && stop == end && !value.get_uint64().get(value_natural)) {
    return natural == value_natural;
  }
  return wanted == real;
}

}  // namespace

bool Matcher::matches(const element& value) const {
  if (kind == MatcherKind::kExists) return true;
  if (kind == MatcherKind::kAbsent) return false;
  if (kind == MatcherKind::kAnythingBut) {
    return std::none_of(others.begin(), others.end(),
                        [&](const Matcher& other) { return other.matches(value); });
  }
  std::string_view string;
  if (value.get_string().get(string) == simdjson::SUCCESS) return matches_text(*this, string);
  bool truth = false;
  if (value.get_bool().get(truth) == simdjson::SUCCESS) {
    return kind == (truth ? MatcherKind::kTrue : MatcherKind::kFalse);
  }
  if (value.is_null()) return kind == MatcherKind::kNull;
  double real = 0;
  if (value.get_double().get(real)) return false;
  if (kind == MatcherKind::kNumber) return same_number(text, value, real);
  const std::optional<std::int64_t> number = comparable_number(real);
  if (kind != MatcherKind::kNumeric || !number) return false;
  return (*number > low || (low_included && *number == low)) &&
         (*number < high || (high_included && *number == high));
}

Result<std::vector<Matcher>> read_matchers(PatternReader& reader) {
  std::vector<Matcher> matchers;
  for (;;) {
    TRY(const PatternToken token, reader.next());
    if (token == PatternToken::kEndArray) break;
    TRY(matchers.emplace_back(), read_matcher(reader, token));
  }
  if (matchers.empty()) return reader.refuse("Empty arrays are not allowed");
  return matchers;
}

bool is_reserved_in_or(std::string_view name) {
  constexpr std::string_view kWords[] = {"exactly",
                                         "equals-ignore-case",
                                         "prefix",
                                         "suffix",
                                         "anything-but",
                                         "exists",
                                         "wildcard",
                                         "numeric",
                                         "cidr",
                                         "=",
                                         "<",
                                         "<=",
                                         ">",
                                         ">=",
                                         "regex",
                                         "not-wildcard",
                                         "not-equals-ignore-case",
                                         "date-after",
                                         "date-on-or-after",
                                         "date-before",
                                         "date-on-or-before",
                                         "in-date-range",
                                         "ip-address-in-range",
                                         "ip-address-not-in-range"};
  return std::find(std::begin(kWords), std::end(kWords), name) != std::end(kWords);
}

}  // namespace penstock::stream
