// Numbers against an independent arithmetic (Boost.Multiprecision) and against AWS's documented
// forms.
#include "protocol/number.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <vector>

#include "base/random.h"

namespace penstock {
namespace {

using boost::multiprecision::cpp_int;

std::string normal(std::string_view text) {
  const auto number = Number::parse(text);
  return number ? number->text() : number_problem_message(number.error(), text);
}

// Documented in the developer guide, and recorded by Alternator's test_number and by dynalite.
TEST(Number, NormalisesWhatAwsAccepts) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"0", "0"},
      {"-0", "0"},
      {"+3", "3"},
      {".123", "0.123"},
      {"0001.23", "1.23"},
      {"1e+5", "100000"},
      {"1e3", "1000"},
      {"1.50", "1.5"},
      {"-1.50e-3", "-0.0015"},
      {"12300", "12300"},
      {"5.", "5"},
      {"0.0", "0"},
      {"-17.4E37", "-174" + std::string(36, '0')},
      {"1e125", "1" + std::string(125, '0')},
      {"1e-130", "0." + std::string(129, '0') + "1"},
      {"99999999999999999999999999999999999999", "99999999999999999999999999999999999999"},
      {"100000000000000000000000000000000000000000", "100000000000000000000000000000000000000000"},
      {"0.00000000000000000000000000000000000000000000010",
       "0.0000000000000000000000000000000000000000000001"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(normal(text), expected) << text;
    EXPECT_EQ(normalise_number(text).value_or("?"), expected) << text;
    EXPECT_EQ(normal(expected), expected);
  }
}

TEST(Number, RefusesWithAwsWording) {
  const std::string numeric = "The parameter cannot be converted to a numeric value";
  EXPECT_EQ(normal(""), numeric);
  for (const std::string text : {" 1", "1 ", "1 2", "NaN", "Infinity", "-", "+", ".", "e5", "1e",
                                 "1e+", "1.2.3", "0x10", "--1", "1e5.5"}) {
    EXPECT_EQ(normal(text), numeric + ": " + text);
  }
  EXPECT_TRUE(normal("1e126").starts_with("Number overflow."));
  EXPECT_TRUE(normal("0e126").starts_with("Number overflow."));  // AWS's quirk.
  EXPECT_TRUE(normal("-1e99999999999999999999").starts_with("Number overflow."));
  EXPECT_TRUE(normal("1e-131").starts_with("Number underflow."));
  EXPECT_EQ(normal("123456789012345678901234567890123456789"),
            "Attempting to store more than 38 significant digits in a Number");
}

TEST(Number, SizeFollowsTheDocumentedRule) {
  const std::vector<std::pair<std::string, std::size_t>> cases = {
      {"0", 1},    {"42", 2},  {"100", 2}, {"420", 3},   {"123", 3},    {"-42", 3},     {"1", 2},
      {"0.01", 2}, {"0.1", 2}, {"1.5", 3}, {"10.01", 3}, {"-0.001", 3}, {"1000000", 2},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(number_size(text), expected) << text;
}

struct Sample {
  std::string text;
  cpp_int scaled;  // The value times 10^130.
};

Sample random_sample(Random& random) {
  const std::size_t digits = 1 + random.below(38);
  std::string mantissa(1, static_cast<char>('1' + random.below(9)));
  while (mantissa.size() < digits)
    mantissa += static_cast<char>('0' + (random.below(3) == 0 ? random.below(10) : 0));
  // Keep exponents close together, else sums are never exact.
  const auto exponent = static_cast<int>(random.below(60)) - 30;
  const bool negative = random.below(2) == 0;
  cpp_int scaled(mantissa);
  for (int i = 0; i < exponent + 130; ++i) scaled *= 10;
  if (negative) scaled = -scaled;
  return {(negative ? "-" : "") + mantissa + "e" + std::to_string(exponent), scaled};
}

cpp_int scaled_value(const Number& number) {
  std::string text = number.text();
  const bool negative = text.front() == '-';
  if (negative) text.erase(0, 1);
  const std::size_t point = text.find('.');
  std::size_t places = 0;
  if (point != std::string::npos) {
    places = text.size() - point - 1;
    text.erase(point, 1);
  }
  text.erase(0, std::min(text.find_first_not_of('0'), text.size() - 1));
  cpp_int value(text);
  for (std::size_t i = places; i < 130; ++i) value *= 10;
  return negative ? cpp_int(-value) : value;
}

std::size_t significant_digits(cpp_int value) {
  if (value == 0) return 0;
  if (value < 0) value = -value;
  while (value % 10 == 0) value /= 10;
  return value.str().size();
}

TEST(Number, AgreesWithAnIndependentArithmetic) {
  const auto random = make_seeded_random(7);
  int exact = 0;
  for (int i = 0; i < 5'000; ++i) {
    const Sample a = random_sample(*random), b = random_sample(*random);
    const Number x = *Number::parse(a.text), y = *Number::parse(b.text);
    ASSERT_EQ(scaled_value(x), a.scaled) << a.text;
    ASSERT_EQ(x < y, a.scaled < b.scaled) << a.text << " " << b.text;
    ASSERT_EQ(x == y, a.scaled == b.scaled);
    std::string key_x, key_y;
    x.append_key(key_x);
    y.append_key(key_y);
    ASSERT_EQ(key_x < key_y, a.scaled < b.scaled) << a.text << " " << b.text;
    for (const bool subtract : {false, true}) {
      const cpp_int expected =
          subtract ? cpp_int(a.scaled - b.scaled) : cpp_int(a.scaled + b.scaled);
      const auto sum = subtract ? x.minus(y) : x.plus(y);
      ASSERT_EQ(sum.has_value(), significant_digits(expected) <= 38) << a.text << " " << b.text;
      if (sum) {
        ++exact;
        ASSERT_EQ(scaled_value(*sum), expected) << a.text << " " << b.text;
      }
    }
  }
  EXPECT_GT(exact, 1'000);
}

TEST(Number, SumsAtTheEdges) {
  const auto parse = [](std::string_view text) { return *Number::parse(text); };
  // 10^38 - 1 needs 39 digits on the way but 38 at the end.
  EXPECT_EQ(parse("1e38").minus(parse("1"))->text(), std::string(38, '9'));
  EXPECT_EQ(parse("1e39").minus(parse("1")).error(), NumberProblem::kOverflow);
  EXPECT_EQ(parse("9e125").plus(parse("1e125")).error(), NumberProblem::kOverflow);
  EXPECT_EQ(parse("1.1e-130").minus(parse("1e-130")).error(), NumberProblem::kUnderflow);
  EXPECT_EQ(parse("5").minus(parse("5"))->text(), "0");
  EXPECT_EQ(Number(-9223372036854775807LL - 1).text(), "-9223372036854775808");
}

}  // namespace
}  // namespace penstock
