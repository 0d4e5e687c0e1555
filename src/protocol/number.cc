// Decimal arithmetic on 128-bit coefficients. 10^38 fits below 2^127, so every Number's digits do;
// a sum that does not fit 128 bits cannot have 38 digits either (see plus()).
#include "protocol/number.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.h"
#include "base/check.h"

namespace penstock {
namespace {

using Coefficient = unsigned __int128;

constexpr int kDigitsMax = 38;
constexpr int kMagnitudeMax = 125;  // Power of ten of the first digit.
constexpr int kMagnitudeMin = -130;

constexpr std::array<Coefficient, 39> make_powers() {
  std::array<Coefficient, 39> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}
constexpr auto kPower = make_powers();

int digit_count(Coefficient value) {
  const auto above = std::upper_bound(kPower.begin(), kPower.end(), value);
  return static_cast<int>(above - kPower.begin());
}

// The significant digits of a number text and where the decimal point stands.
struct Digits {
  bool negative = false;
  Coefficient coefficient = 0;
  int count = 0;  // Digits in `coefficient`.
  std::int64_t exponent = 0;
  std::int64_t written_exponent = 0;
  bool too_many = false;  // More than 38 digits even without trailing zeros.
};

// Adds one digit of the mantissa. Zeros are held back until a digit follows them, so that trailing
// zeros never count as significant.
struct Mantissa {
  Digits& digits;
  std::int64_t held_zeros = 0;
  void add(char c) {
    if (c == '0') {
      if (digits.count > 0) ++held_zeros;
      return;
    }
    const std::int64_t needed = digits.count + held_zeros + 1;
    if (needed > kDigitsMax) {
      digits.too_many = true;
    } else {
      const int shift = static_cast<int>(held_zeros) + 1;
      digits.coefficient = digits.coefficient * kPower[static_cast<std::size_t>(shift)] +
                           static_cast<unsigned>(c - '0');
      digits.count += shift;
    }
    held_zeros = 0;
  }
};

bool read_exponent(std::string_view text, std::int64_t& exponent) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty() || !std::ranges::all_of(text, is_digit)) return false;
  // Beyond nine digits only the sign matters: the magnitude is out of range anyway.
  constexpr std::int64_t kFar = 1'000'000'000;
  while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
  std::int64_t value = kFar;
  if (text.size() <= 9) std::from_chars(text.data(), text.data() + text.size(), value);
  exponent = negative ? -value : value;
  return true;
}

bool read_digits(std::string_view text, Digits& digits) {
  std::size_t i = 0;
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) digits.negative = text[i++] == '-';
  Mantissa mantissa{digits};
  bool any = false, after_point = false;
  std::int64_t places =
      0;  // Digits after the point, or zeros held at the end before it (negative).
  for (; i < text.size(); ++i) {
    if (is_digit(text[i])) {
      any = true;
      mantissa.add(text[i]);
      if (after_point) ++places;
    } else if (text[i] == '.' && !after_point) {
      after_point = true;
    } else {
      break;
    }
  }
  if (!any) return false;
  if (i < text.size()) {
    if ((text[i] != 'e' && text[i] != 'E') ||
        !read_exponent(text.substr(i + 1), digits.written_exponent)) {
      return false;
    }
  }
  digits.exponent = digits.written_exponent - places + mantissa.held_zeros;
  return true;
}

}  // namespace

std::string number_problem_message(NumberProblem problem, std::string_view text) {
  switch (problem) {
    case NumberProblem::kNotNumeric:
      if (text.empty()) return "The parameter cannot be converted to a numeric value";
      return "The parameter cannot be converted to a numeric value: " + std::string(text);
    case NumberProblem::kTooManyDigits:
      return "Attempting to store more than 38 significant digits in a Number";
    case NumberProblem::kOverflow:
      return "Number overflow. Attempting to store a number with magnitude larger than supported "
             "range";
    case NumberProblem::kUnderflow:
      return "Number underflow. Attempting to store a number with magnitude smaller than supported "
             "range";
  }
  return {};
}

Number::Number(std::int64_t value) {
  const Coefficient magnitude =
      value < 0 ? -static_cast<__int128>(value) : static_cast<__int128>(value);
  *this = *make(value < 0, magnitude, 0);
}

std::expected<Number, NumberProblem> Number::make(bool negative, Coefficient coefficient,
                                                  int exponent) {
  if (coefficient == 0) return Number();
  while (coefficient % 10 == 0) {
    coefficient /= 10;
    ++exponent;
  }
  const int count = digit_count(coefficient);
  if (count > kDigitsMax) return std::unexpected(NumberProblem::kOverflow);
  if (exponent + count - 1 > kMagnitudeMax) return std::unexpected(NumberProblem::kOverflow);
  if (exponent + count - 1 < kMagnitudeMin) return std::unexpected(NumberProblem::kUnderflow);
  Number number;
  number.negative_ = negative;
  number.coefficient_ = coefficient;
  number.exponent_ = exponent;
  return number;
}

std::expected<Number, NumberProblem> Number::parse(std::string_view text) {
  Digits digits;
  if (!read_digits(text, digits)) return std::unexpected(NumberProblem::kNotNumeric);
  if (digits.too_many) return std::unexpected(NumberProblem::kTooManyDigits);
  if (digits.coefficient == 0) {
    // AWS refuses 0e126 although it is zero.
    if (digits.written_exponent > kMagnitudeMax) return std::unexpected(NumberProblem::kOverflow);
    return Number();
  }
  const std::int64_t magnitude = digits.exponent + digits.count - 1;
  if (magnitude > kMagnitudeMax) return std::unexpected(NumberProblem::kOverflow);
  if (magnitude < kMagnitudeMin) return std::unexpected(NumberProblem::kUnderflow);
  return make(digits.negative, digits.coefficient, static_cast<int>(digits.exponent));
}

std::string Number::text() const {
  if (coefficient_ == 0) return "0";
  std::array<char, 40> buffer;
  std::size_t begin = buffer.size();
  for (Coefficient rest = coefficient_; rest != 0; rest /= 10) {
    buffer[--begin] = static_cast<char>('0' + static_cast<int>(rest % 10));
  }
  const std::string_view digits(buffer.data() + begin, buffer.size() - begin);
  std::string out;
  if (negative_) out += '-';
  const int point =
      static_cast<int>(digits.size()) + exponent_;  // Digits before the decimal point.
  if (exponent_ >= 0) {
    out += digits;
    out.append(static_cast<std::size_t>(exponent_), '0');
  } else if (point > 0) {
    out += digits.substr(0, static_cast<std::size_t>(point));
    out += '.';
    out += digits.substr(static_cast<std::size_t>(point));
  } else {
    out += "0.";
    out.append(static_cast<std::size_t>(-point), '0');
    out += digits;
  }
  return out;
}

std::expected<Number, NumberProblem> Number::plus(const Number& other) const {
  if (is_zero()) return other;
  if (other.is_zero()) return *this;
  const Number& high = exponent_ >= other.exponent_ ? *this : other;
  const Number& low = exponent_ >= other.exponent_ ? other : *this;
  const int shift = high.exponent_ - low.exponent_;
  // Aligned to the lower exponent. If that does not fit 128 bits then `high` has at least 39 digits
  // there, begins above 3.4E38, and no 38-digit `low` can bring the sum below 1E38 again; as the
  // last digit of `low` is not zero (or shift is 0), the sum has more than 38 significant digits.
  Coefficient aligned;
  if (shift > kDigitsMax ||
      __builtin_mul_overflow(high.coefficient_, kPower[static_cast<std::size_t>(shift)],
                             &aligned)) {
    return std::unexpected(NumberProblem::kOverflow);
  }
  if (high.negative_ == low.negative_) {
    Coefficient sum;
    if (__builtin_add_overflow(aligned, low.coefficient_, &sum)) {
      return std::unexpected(NumberProblem::kOverflow);
    }
    return make(high.negative_, sum, low.exponent_);
  }
  if (aligned >= low.coefficient_) {
    return make(high.negative_, aligned - low.coefficient_, low.exponent_);
  }
  return make(low.negative_, low.coefficient_ - aligned, low.exponent_);
}

std::expected<Number, NumberProblem> Number::minus(const Number& other) const {
  return plus(other.negated());
}

Number Number::negated() const {
  Number number = *this;
  number.negative_ = !negative_ && coefficient_ != 0;
  return number;
}

void Number::append_key(std::string& out) const {
  if (coefficient_ == 0) {
    out += '\x02';
    return;
  }
  const int count = digit_count(coefficient_);
  const int magnitude = exponent_ + count - 1 - kMagnitudeMin;  // 0..255
  CHECK(magnitude >= 0 && magnitude <= 255);
  const Coefficient digits = coefficient_ * kPower[static_cast<std::size_t>(kDigitsMax - count)];
  const std::uint8_t flip = negative_ ? 0xFF : 0x00;
  out += negative_ ? '\x01' : '\x03';
  out += static_cast<char>(static_cast<std::uint8_t>(magnitude) ^ flip);
  for (int shift = 120; shift >= 0; shift -= 8) {
    out += static_cast<char>(static_cast<std::uint8_t>(digits >> shift) ^ flip);
  }
}

std::strong_ordering operator<=>(const Number& a, const Number& b) {
  const int sign_a = a.is_zero() ? 0 : (a.negative_ ? -1 : 1);
  const int sign_b = b.is_zero() ? 0 : (b.negative_ ? -1 : 1);
  if (sign_a != sign_b || sign_a == 0) return sign_a <=> sign_b;
  const Number& x = sign_a > 0 ? a : b;
  const Number& y = sign_a > 0 ? b : a;
  const int digits_x = digit_count(x.coefficient_), digits_y = digit_count(y.coefficient_);
  const int magnitude_x = x.exponent_ + digits_x, magnitude_y = y.exponent_ + digits_y;
  if (magnitude_x != magnitude_y) return magnitude_x <=> magnitude_y;
  const auto left = x.coefficient_ * kPower[static_cast<std::size_t>(kDigitsMax - digits_x)];
  const auto right = y.coefficient_ * kPower[static_cast<std::size_t>(kDigitsMax - digits_y)];
  if (left == right) return std::strong_ordering::equal;
  return left < right ? std::strong_ordering::less : std::strong_ordering::greater;
}

std::size_t number_size(std::string_view text) {
  std::size_t size = 1;
  if (!text.empty() && text.front() == '-') {
    ++size;
    text.remove_prefix(1);
  }
  if (text == "0") return size;
  const std::size_t point = std::min(text.find('.'), text.size());
  // The power of ten of the digit at `index`.
  const auto power = [point](std::size_t index) {
    const auto distance = static_cast<int>(point) - static_cast<int>(index);
    return index < point ? distance - 1 : distance;
  };
  const std::size_t first = text.find_first_not_of("0.");
  const std::size_t last = text.find_last_not_of("0.");
  if (first == std::string_view::npos) return size;
  const auto floor_half = [](int value) { return value >= 0 ? value / 2 : -((1 - value) / 2); };
  return size + static_cast<std::size_t>(floor_half(power(first)) - floor_half(power(last)) + 1);
}

std::expected<std::string, NumberProblem> normalise_number(std::string_view text) {
  std::string_view digits = text;
  if (!digits.empty() && digits.front() == '-') digits.remove_prefix(1);
  const bool plain = !digits.empty() && digits.size() <= static_cast<std::size_t>(kDigitsMax) &&
                     digits.front() != '0' && std::ranges::all_of(digits, is_digit);
  if (plain) return std::string(text);
  const auto number = Number::parse(text);
  if (!number) return std::unexpected(number.error());
  return number->text();
}

}  // namespace penstock
