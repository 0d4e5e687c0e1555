// Filter patterns, as AWS's "filter and pattern syntax" describes them (documented).
#include "services/logs/filter_pattern.h"

#include <gtest/gtest.h>

namespace penstock::logs {
namespace {

struct Case {
  std::string_view pattern;
  std::string_view message;
  bool matches;
};

TEST(FilterPattern, MatchesWordsAndJson) {
  constexpr std::string_view kJson =
      R"({"a":1,"s":"hello world","t":true,"n":null,"o":{"x":[{"y":5},{"y":7}]},"d.k":2})";
  const Case cases[] = {
      {"", "anything", true},
      {"ERROR", "[ERROR] 401", true},
      {"ERROR", "error", false},
      {"ERROR 401", "401 ERROR", true},
      {"ERROR 401", "ERROR 402", false},
      {"\"out of memory\"", "it ran out of memory here", true},
      {"\"out of memory\"", "memory of out", false},
      {"ERROR -retry", "ERROR now", true},
      {"ERROR -retry", "ERROR retry", false},
      {"?A ?B", "has B", true},
      {"?A ?B", "has C", false},
      {"?A X", "only X", true},
      {"{ $.a = 1 }", kJson, true},
      {"{ $.a = 2 }", kJson, false},
      {"{ $.a != 2 }", kJson, true},
      {"{ $.missing != 2 }", kJson, false},
      {"{ $.a >= 1 && $.a < 2 }", kJson, true},
      {"{ $.a > 1 || $.s = hello* }", kJson, true},
      {"{ $.s = \"*world\" }", kJson, true},
      {"{ $.s = \"world\" }", kJson, false},
      {"{ $.t IS TRUE }", kJson, true},
      {"{ $.t IS FALSE }", kJson, false},
      {"{ $.n IS NULL }", kJson, true},
      {"{ $.missing NOT EXISTS }", kJson, true},
      {"{ $.a NOT EXISTS }", kJson, false},
      {"{ $.o.x[1].y = 7 }", kJson, true},
      {"{ $.o.x[0].y = 7 }", kJson, false},
      {"{ $.o.x[*].y = 7 }", kJson, true},
      {"{ $['d.k'] = 2 }", kJson, true},
      {"{ ($.a = 2 || $.a = 1) && $.t IS TRUE }", kJson, true},
      {"{ $.a = 1 }", "not json", false},
      {"{ $.a = 1 }", "{\"a\":", false},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.pattern);
    const auto pattern = FilterPattern::parse(test.pattern);
    ASSERT_TRUE(pattern.has_value()) << pattern.error().message;
    EXPECT_EQ(pattern->matches(test.message), test.matches) << test.message;
  }
}

TEST(FilterPattern, RefusesWhatItCannotRead) {
  for (const std::string_view text :
       {"\"open", "-", "?", "{ $.a = 1", "{ }", "{ a = 1 }", "{ $.a }", "{ $.a = }", "{ $.a > x }",
        "{ $.a = 1 && }", "{ ($.a = 1 }", "{ $.a[x] = 1 }", "{ $.a = 1 } }", "{ $.a IS 1 }",
        "[ip, user]", "%regex%", "{ $.a = %x% }"}) {
    SCOPED_TRACE(text);
    const auto pattern = FilterPattern::parse(text);
    ASSERT_FALSE(pattern.has_value());
    EXPECT_TRUE(pattern.error().message.starts_with("Invalid filter pattern"))
        << pattern.error().message;
  }
  std::string deep = "{ ";
  for (int i = 0; i < 200; ++i) deep += '(';
  EXPECT_FALSE(FilterPattern::parse(deep + "}").has_value());
}

}  // namespace
}  // namespace penstock::logs
