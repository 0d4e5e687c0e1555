// Numbers as Java reads them. How the expectations are known: the grammar of Double.parseDouble
// (Java SE API, without hexadecimal forms and suffixes); overflow is Java's, too.
#include "sql/number_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace penstock::sql {
namespace {

TEST(NumberText, ReadsDoubles) {
  const std::pair<std::string_view, double> cases[] = {
      {"1", 1},
      {"+1", 1},
      {"-1.5", -1.5},
      {".5", 0.5},
      {"5.", 5},
      {"1e3", 1e3},
      {" -2.5E-3\n", -2.5e-3},
      {"1e999", HUGE_VAL},
      {"-1e999", -HUGE_VAL},
      {"Infinity", HUGE_VAL},
      {"-Infinity", -HUGE_VAL},
  };
  for (const auto& [text, value] : cases) EXPECT_EQ(parse_double(text), value) << text;
  EXPECT_TRUE(std::isnan(parse_double("NaN").value_or(0)));
}

// Each stands at the end of its buffer, so that a reader that looks beyond it is seen by ASan.
TEST(NumberText, RefusesWhatIsNoDouble) {
  for (const std::string_view text : {"", " ", "-", "+", "+-1", "-+1", "--1", "e5", "inf", "nan",
                                      "0x10", "1d", "1 2", "1e", "."}) {
    const std::vector<char> exact(text.begin(), text.end());
    EXPECT_FALSE(parse_double({exact.data(), exact.size()})) << text;
  }
}

TEST(NumberText, IntegersHaveTheirBits) {
  EXPECT_EQ(parse_integer("+127", 8), 127);
  EXPECT_EQ(parse_integer("-128", 8), -128);
  EXPECT_EQ(parse_integer("9223372036854775807", 64), INT64_MAX);
  for (const std::string_view text : {"128", "+-1", "1.0", " 1", "", "+", "-"}) {
    EXPECT_FALSE(parse_integer(text, 8)) << text;
  }
}

}  // namespace
}  // namespace penstock::sql
