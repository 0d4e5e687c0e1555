// Number: a DynamoDB number, an exact decimal of up to 38 significant digits with a magnitude from
// 1E-130 to 9.99E+125 (or zero). Values are kept normalised, so equal numbers have equal texts and
// equal keys.
#pragma once

#include <compare>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace penstock {

// Why a text or a sum is no Number. The message is AWS's.
enum class NumberProblem : std::uint8_t { kNotNumeric, kTooManyDigits, kOverflow, kUnderflow };
// `text` is what the client sent; only kNotNumeric mentions it.
std::string number_problem_message(NumberProblem problem, std::string_view text);

class Number {
 public:
  Number() = default;  // Zero.
  explicit Number(std::int64_t value);

  // Accepts +3, .123, 0001.23, 1e+5, -17.4E37. No blanks, NaN or Infinity.
  static std::expected<Number, NumberProblem> parse(std::string_view text);

  // Plain decimal: no exponent, no zeros that say nothing ("1e3" is "1000", "1.50" is "1.5").
  std::string text() const;

  std::expected<Number, NumberProblem> plus(const Number& other) const;
  std::expected<Number, NumberProblem> minus(const Number& other) const;
  Number negated() const;

  // Byte order of keys is numeric order; equal numbers have equal keys. 18 bytes (1 for zero).
  void append_key(std::string& out) const;

  bool is_zero() const { return coefficient_ == 0; }
  friend bool operator==(const Number&, const Number&) = default;
  friend std::strong_ordering operator<=>(const Number& a, const Number& b);

 private:
  using Coefficient = unsigned __int128;
  static std::expected<Number, NumberProblem> make(bool negative, Coefficient coefficient,
                                                   int exponent);

  bool negative_ = false;
  int exponent_ = 0;             // The value is coefficient * 10^exponent.
  Coefficient coefficient_ = 0;  // No trailing decimal zeros; zero has exponent 0.
};

// The size in bytes that AWS counts for a normalised number text: 1, plus 1 per base-100 digit,
// plus 1 for a minus sign.
std::size_t number_size(std::string_view normalised_text);

// `text` normalised; the common case (an integer already in normal form) does not go through
// Number.
std::expected<std::string, NumberProblem> normalise_number(std::string_view text);

}  // namespace penstock
