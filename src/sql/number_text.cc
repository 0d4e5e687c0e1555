// Java's number formats, and decimals on 128 bits.

#include "sql/number_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>

namespace penstock::sql {

namespace {

constexpr int kDigitsMax = 38;

// The shortest digits that read back the same, in Java's layout.
template <typename Float>
std::string format_java(Float value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (value == 0) return std::signbit(value) ? "-0.0" : "0.0";
  char buffer[64];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  std::string out;
  if (text[0] == '-') {
    out = "-";
    text.remove_prefix(1);
  }
  const std::size_t e = text.find('e');
  const int exponent = std::atoi(std::string(text.substr(e + 1)).c_str());
  std::string digits(1, text[0]);
  if (e > 2) digits += text.substr(2, e - 2);
  if (exponent >= -3 && exponent < 7) {
    if (exponent < 0) {
      out += "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
      return out;
    }
    const auto whole = static_cast<std::size_t>(exponent + 1);
    if (digits.size() < whole) digits.append(whole - digits.size(), '0');
    out += digits.substr(0, whole) + '.';
    out += digits.size() > whole ? digits.substr(whole) : "0";
    return out;
  }
  out += digits.substr(0, 1) + '.' + (digits.size() > 1 ? digits.substr(1) : "0");
  return out + fmt::format("E{}", exponent);
}

__int128 power_of_ten(int exponent) {
  __int128 value = 1;
  for (int i = 0; i < exponent; ++i) value *= 10;
  return value;
}

struct Digits {
  bool negative = false;
  std::string digits;  // without leading zeros
  int exponent = 0;    // value = digits * 10^exponent
};

std::optional<Digits> read_digits(std::string_view text) {
  Digits out;
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) out.negative = text[at++] == '-';
  bool any = false, point = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      any = true;
      if (point) --out.exponent;
      if (!out.digits.empty() || c != '0') out.digits += c;
      if (out.digits.size() > 400) return std::nullopt;
    } else {
      break;
    }
  }
  if (!any) return std::nullopt;
  if (at < text.size()) {
    if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
    int exponent = 0;
    std::string_view rest = text.substr(at + 1);
    if (!rest.empty() && rest[0] == '+') rest.remove_prefix(1);
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), exponent);
    if (error != std::errc() || end != rest.data() + rest.size() || rest.empty())
      return std::nullopt;
    if (exponent > 400 || exponent < -400) return std::nullopt;
    out.exponent += exponent;
  }
  return out;
}

}  // namespace

std::string format_double(double value) { return format_java(value); }
std::string format_real(float value) { return format_java(value); }

std::optional<std::int64_t> parse_integer(std::string_view text, int bits) {
  if (!text.empty() && text[0] == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text[0] == '-') return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (bits < 64) {
    const std::int64_t limit = std::int64_t{1} << (bits - 1);
    if (value < -limit || value >= limit) return std::nullopt;
  }
  return value;
}

std::optional<double> parse_double(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return std::nullopt;
  text = text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
  if (text == "NaN") return std::nan("");
  if (text == "Infinity" || text == "+Infinity") return HUGE_VAL;
  if (text == "-Infinity") return -HUGE_VAL;
  const bool has_sign = text[0] == '+' || text[0] == '-';
  const char next = text.size() > (has_sign ? 1 : 0) ? text[has_sign ? 1 : 0] : '\0';
  if (!((next >= '0' && next <= '9') || next == '.')) return std::nullopt;
  if (text[0] == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range)
    return std::strtod(std::string(text).c_str(), nullptr);
  if (error != std::errc()) return std::nullopt;
  return value;
}

std::optional<__int128> parse_decimal(std::string_view text, int precision, int scale) {
  auto read = read_digits(text);
  if (!read) return std::nullopt;
  // Shift to `scale` by adding zeros or dropping digits, the last of them rounding.
  const int shift = read->exponent + scale;
  bool round_up = false;
  if (shift < 0) {
    const auto drop = static_cast<std::size_t>(-shift);
    if (drop > read->digits.size()) {
      read->digits.clear();
    } else {
      const std::size_t keep = read->digits.size() - drop;
      round_up = read->digits[keep] >= '5';
      read->digits.resize(keep);
    }
  } else if (!read->digits.empty()) {
    if (static_cast<int>(read->digits.size()) + shift > kDigitsMax) return std::nullopt;
    read->digits.append(static_cast<std::size_t>(shift), '0');
  }
  if (static_cast<int>(read->digits.size()) > kDigitsMax) return std::nullopt;
  __int128 value = 0;
  for (const char c : read->digits) value = value * 10 + (c - '0');
  if (round_up) ++value;
  if (value >= power_of_ten(precision)) return std::nullopt;
  return read->negative ? -value : value;
}

std::string format_decimal(__int128 unscaled, int scale) {
  const bool negative = unscaled < 0;
  __int128 rest = negative ? -unscaled : unscaled;
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  const auto places = static_cast<std::size_t>(scale);
  if (digits.size() <= places) digits.insert(0, places - digits.size() + 1, '0');
  if (places > 0) digits.insert(digits.size() - places, ".");
  return negative ? "-" + digits : digits;
}

namespace {
int scale_of(std::string_view text) {
  const std::size_t point = text.find('.');
  return point == std::string_view::npos ? 0 : static_cast<int>(text.size() - point - 1);
}
}  // namespace

std::optional<std::string> divide_decimals(std::string_view a, std::string_view b, int scale) {
  const int sa = scale_of(a), sb = scale_of(b);
  auto x = parse_decimal(a, kDigitsMax, sa);
  auto y = parse_decimal(b, kDigitsMax, sb);
  if (!x || !y || *y == 0) return std::nullopt;
  // a/b at `scale` is x * 10^(scale - sa + sb) / y.
  const int shift = scale - sa + sb;
  __int128 dividend = *x, divisor = *y;
  for (int i = 0; i < shift; ++i) {
    if (__builtin_mul_overflow(dividend, static_cast<__int128>(10), &dividend)) return std::nullopt;
  }
  for (int i = shift; i < 0; ++i) {
    if (__builtin_mul_overflow(divisor, static_cast<__int128>(10), &divisor)) return std::nullopt;
  }
  __int128 quotient = dividend / divisor;
  __int128 rest = dividend % divisor;
  if (rest < 0) rest = -rest;
  const __int128 half = divisor < 0 ? -divisor : divisor;
  if (rest >= half - rest) quotient += (dividend < 0) == (divisor < 0) ? 1 : -1;
  return format_decimal(quotient, scale);
}

std::optional<std::string> modulus_decimals(std::string_view a, std::string_view b, int scale) {
  auto x = parse_decimal(a, kDigitsMax, scale);
  auto y = parse_decimal(b, kDigitsMax, scale);
  if (!x || !y || *y == 0) return std::nullopt;
  return format_decimal(*x % *y, scale);
}

}  // namespace penstock::sql
