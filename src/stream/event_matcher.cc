// The operators of event patterns: what they accept in a pattern, and what they match in an event.
#include "stream/event_matcher.h"

#include <arpa/inet.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>

#include "base/bytes.h"

namespace penstock::stream {
namespace {

using simdjson::dom::element;
using MatcherKind = Matcher::Kind;

std::optional<std::string> parse_address(const std::string& text) {
  unsigned char bytes[16];
  if (inet_pton(AF_INET, text.c_str(), bytes) == 1) return std::string(bytes, bytes + 4);
  if (inet_pton(AF_INET6, text.c_str(), bytes) == 1) return std::string(bytes, bytes + 16);
  return std::nullopt;
}

Result<Matcher> parse_cidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  Matcher matcher{.kind = MatcherKind::kCidr};
  const std::optional<std::string> network = parse_address(std::string(text.substr(0, slash)));
  if (slash == std::string_view::npos || !network)
    return bad_pattern("Malformed CIDR, one '/' required");
  const std::string_view bits = text.substr(slash + 1);
  const char* const end = bits.data() + bits.size();
  const auto [stop, error] = std::from_chars(bits.data(), end, matcher.cidr.bits);
  if (bits.empty() || error != std::errc() || stop != end || matcher.cidr.bits < 0 ||
      matcher.cidr.bits > static_cast<int>(network->size() * 8)) {
    return bad_pattern("Malformed CIDR, mask bits must be an integer");
  }
  matcher.cidr.network = *network;
  return matcher;
}

bool in_network(const Cidr& cidr, std::string_view text) {
  const std::optional<std::string> address = parse_address(std::string(text));
  if (!address || address->size() != cidr.network.size()) return false;
  for (int bit = 0; bit < cidr.bits; ++bit) {
    const auto at = static_cast<std::size_t>(bit / 8);
    if (((*address)[at] ^ cidr.network[at]) & (0x80 >> (bit % 8))) return false;
  }
  return true;
}

// ["<op>", n] or [">"|">=", a, "<"|"<=", b].
Result<Matcher> parse_numeric(const element& json) {
  simdjson::dom::array array;
  if (json.get_array().get(array)) return bad_pattern("Value of numeric must be an array.");
  Matcher matcher{.kind = MatcherKind::kNumeric};
  const std::vector<element> parts(array.begin(), array.end());
  if (parts.size() != 2 && parts.size() != 4)
    return bad_pattern("Invalid numeric range expression.");
  for (std::size_t i = 0; i < parts.size(); i += 2) {
    std::string_view op;
    double number = 0;
    if (parts[i].get_string().get(op)) return bad_pattern("Numeric operator must be a string.");
    if (parts[i + 1].get_double().get(number))
      return bad_pattern("Value of " + std::string(op) + " must be numeric");
    const bool first = i == 0;
    if (op == "=" && first && parts.size() == 2) {
      matcher.low = matcher.high = number;
      matcher.low_included = matcher.high_included = true;
    } else if ((op == ">" || op == ">=") && first) {
      matcher.low = number;
      matcher.low_included = op == ">=";
    } else if ((op == "<" || op == "<=") && (!first || parts.size() == 2)) {
      matcher.high = number;
      matcher.high_included = op == "<=";
    } else {
      return bad_pattern("Unrecognized numeric range operator: " + std::string(op));
    }
  }
  if (parts.size() == 4 && *matcher.low >= *matcher.high)
    return bad_pattern("Bottom must be less than top");
  return matcher;
}

Result<Matcher> parse_anything_but(const element& json) {
  Matcher matcher{.kind = MatcherKind::kAnythingBut};
  simdjson::dom::array array;
  if (json.is_object()) return bad_pattern("Unrecognized match type inside anything-but");
  if (json.get_array().get(array) == simdjson::SUCCESS) {
    for (const element& each : array) {
      TRY(matcher.others.emplace_back(), parse_matcher(each));
    }
    const auto& others = matcher.others;
    const bool uniform = std::all_of(others.begin(), others.end(), [&](const Matcher& other) {
      return other.kind == others.front().kind &&
             (other.kind == MatcherKind::kString || other.kind == MatcherKind::kNumber);
    });
    if (others.empty() || !uniform) {
      return bad_pattern(
          "Inside anything but list, either all values are number or string, mixed type is not "
          "supported");
    }
    return matcher;
  }
  TRY(matcher.others.emplace_back(), parse_matcher(json));
  const MatcherKind kind = matcher.others.front().kind;
  if (kind != MatcherKind::kString && kind != MatcherKind::kNumber) {
    return bad_pattern("Value of anything-but must be an array or single string/number value.");
  }
  return matcher;
}

// prefix and suffix: a string, or {"equals-ignore-case": string}.
Result<Matcher> parse_affix(std::string_view name, const element& json, MatcherKind plain,
                            MatcherKind folded) {
  std::string_view text;
  if (json.get_string().get(text) == simdjson::SUCCESS) return Matcher{plain, std::string(text)};
  simdjson::dom::object object;
  element inner;
  if (json.get_object().get(object) || object.size() != 1 ||
      object.at_key("equals-ignore-case").get(inner) || inner.get_string().get(text)) {
    return bad_pattern(std::string(name) + " match pattern must be a string");
  }
  return Matcher{folded, to_lower(text)};
}

Result<Matcher> parse_operator(std::string_view name, const element& json) {
  if (name == "prefix")
    return parse_affix(name, json, MatcherKind::kPrefix, MatcherKind::kPrefixIgnoreCase);
  if (name == "suffix")
    return parse_affix(name, json, MatcherKind::kSuffix, MatcherKind::kSuffixIgnoreCase);
  if (name == "anything-but") return parse_anything_but(json);
  if (name == "numeric") return parse_numeric(json);
  if (name == "exists") {
    bool exists = false;
    if (json.get_bool().get(exists))
      return bad_pattern("exists match pattern must be either true or false.");
    return Matcher{exists ? MatcherKind::kExists : MatcherKind::kAbsent};
  }
  std::string_view text;
  if (name == "equals-ignore-case" || name == "cidr") {
    if (json.get_string().get(text)) {
      return bad_pattern(std::string(name) + " match pattern must be a string");
    }
    if (name == "cidr") return parse_cidr(text);
    return Matcher{MatcherKind::kIgnoreCase, to_lower(text)};
  }
  return bad_pattern("Unrecognized match type " + std::string(name));
}

bool matches_text(const Matcher& m, std::string_view value) {
  switch (m.kind) {
    case MatcherKind::kString: return value == m.text;
    case MatcherKind::kPrefix: return value.starts_with(m.text);
    case MatcherKind::kSuffix: return value.ends_with(m.text);
    case MatcherKind::kIgnoreCase: return to_lower(value) == m.text;
    case MatcherKind::kPrefixIgnoreCase: return to_lower(value).starts_with(m.text);
    case MatcherKind::kSuffixIgnoreCase: return to_lower(value).ends_with(m.text);
    case MatcherKind::kCidr: return in_network(m.cidr, value);
    default: return false;
  }
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
  if (kind == MatcherKind::kNumber) return real == number;
  if (kind != MatcherKind::kNumeric) return false;
  const bool above = !low || real > *low || (low_included && real == *low);
  const bool below = !high || real < *high || (high_included && real == *high);
  return above && below;
}

std::unexpected<Error> bad_pattern(std::string message) {
  return fail(ErrorKind::kInvalid, std::move(message));
}

Result<Matcher> parse_matcher(const element& json) {
  std::string_view text;
  bool truth = false;
  double number = 0;
  if (json.get_string().get(text) == simdjson::SUCCESS) {
    return Matcher{MatcherKind::kString, std::string(text)};
  }
  if (json.get_bool().get(truth) == simdjson::SUCCESS) {
    return Matcher{truth ? MatcherKind::kTrue : MatcherKind::kFalse};
  }
  if (json.is_null()) return Matcher{MatcherKind::kNull};
  if (json.get_double().get(number) == simdjson::SUCCESS)
    return Matcher{MatcherKind::kNumber, {}, number};
  simdjson::dom::object object;
  if (json.get_object().get(object)) {
    return bad_pattern("Match value must be String, number, true, false, or null");
  }
  if (object.size() != 1) return bad_pattern("Only one key allowed in match expression");
  const simdjson::dom::key_value_pair field = *object.begin();
  return parse_operator(field.key, field.value);
}

}  // namespace penstock::stream
