// Name expressions (Java regular expressions, whole match) and exclude globs (documented with
// examples in "Include and exclude patterns").
#include "services/glue/pattern.h"

#include <gtest/gtest.h>

#include <string>

#include "services/glue/crawler_configuration.h"

namespace penstock::glue {
namespace {

struct PatternCase {
  std::string_view pattern;
  std::string_view text;
  bool matches;
};

TEST(Pattern, Regex) {
  const PatternCase cases[] = {
      {"sales", "sales", true},
      {"sales", "sales_2024", false},
      {"sales.*", "sales_2024", true},
      {".*", "", true},
      {"", "", true},
      {"a|bc|d", "bc", true},
      {"a|", "", true},
      {"(ab)+", "ababab", true},
      {"(ab)+", "aba", false},
      {"a{2,3}", "aa", true},
      {"a{2,3}", "aaaa", false},
      {"a{2}", "aa", true},
      {"a{2,}", "aaaaa", true},
      {"[a-c_]+\\d", "ab_3", true},
      {"[^a-c]+", "xyz", true},
      {"[^a-c]+", "xaz", false},
      {"^sales$", "sales", true},
      {"\\w+", "a_1", true},
      {"a\\.b", "a.b", true},
      {"a\\.b", "axb", false},
      {"(?:a|b)*?c", "ababc", true},
      {"[]a]", "]", true},
      {"[a-]", "-", true},
      {"x*y*z*", "xxzz", true},
      {"\xC3\xA4.", "\xC3\xA4\xC3\xB6", true},
  };
  for (const PatternCase& c : cases) {
    SCOPED_TRACE(c.pattern);
    const Result<Pattern> pattern = Pattern::regex(c.pattern);
    ASSERT_TRUE(pattern.has_value()) << pattern.error().message;
    EXPECT_EQ(pattern->matches(c.text), c.matches) << c.text;
  }
}

TEST(Pattern, RefusesWhatItCannotMatch) {
  for (const std::string_view pattern : {"*a", "(a", "a)", "[a", "a{2", "a{3,2}", "(?!a)b",
                                         "(a)\\1", "[[:alpha:]]", "a\\", "[z-a]"}) {
    EXPECT_FALSE(Pattern::regex(pattern).has_value()) << pattern;
  }
  EXPECT_FALSE(Pattern::regex("((((a{1000}){1000}){1000}){1000})").has_value());
  EXPECT_FALSE(Pattern::regex("(((){1000}){1000}){1000}{1000}{1000}").has_value());
}

TEST(Pattern, DoesNotBacktrack) {
  const Result<Pattern> pattern = Pattern::regex("(a*)*b");
  ASSERT_TRUE(pattern.has_value());
  EXPECT_FALSE(pattern->matches(std::string(2'000, 'a')));
}

TEST(Pattern, Glob) {
  const PatternCase cases[] = {
      {"*.csv", "a.csv", true},
      {"*.csv", "x/a.csv", false},
      {"*.*", "a.b", true},
      {"*.{csv,avro}", "a.avro", true},
      {"*.{csv,avro}", "a.json", false},
      {"foo.?", "foo.x", true},
      {"foo.?", "foo.xy", false},
      {"myfolder/*", "myfolder/a", true},
      {"myfolder/*", "myfolder/a/b", false},
      {"myfolder/**", "myfolder/a/b", true},
      {"**.csv", "x/y/a.csv", true},
      {"department/**", "department/finance.json", true},
      {"employees/hr/name=[!J]*", "employees/hr/name=Bob", true},
      {"employees/hr/name=[!J]*", "employees/hr/name=Joe", false},
      {"market*", "market-us.json", true},
      {"a\\*b", "a*b", true},
      {"a\\*b", "axb", false},
      {"[a-c]1", "b1", true},
      {"a+b(c)", "a+b(c)", true},
  };
  for (const PatternCase& c : cases) {
    SCOPED_TRACE(c.pattern);
    const Result<Pattern> pattern = Pattern::glob(c.pattern);
    ASSERT_TRUE(pattern.has_value()) << pattern.error().message;
    EXPECT_EQ(pattern->matches(c.text), c.matches) << c.text;
  }
  EXPECT_FALSE(Pattern::glob("{a").has_value());
  EXPECT_FALSE(Pattern::glob("[a").has_value());
}

TEST(CrawlerConfiguration, Reads) {
  const auto configuration = parse_crawler_configuration(
      R"({"Version":1.0,"Grouping":{"TableGroupingPolicy":"CombineCompatibleSchemas",)"
      R"("TableLevelConfiguration":2},"CrawlerOutput":{"Partitions":{"AddOrUpdateBehavior":)"
      R"("InheritFromTable"},"Tables":{"AddOrUpdateBehavior":"MergeNewColumns",)"
      R"("TableThreshold":5}},)"
      R"("CreatePartitionIndex":true})");
  ASSERT_TRUE(configuration.has_value()) << configuration.error().message;
  EXPECT_TRUE(configuration->combine_compatible);
  EXPECT_EQ(configuration->table_level, 2);
  EXPECT_TRUE(configuration->partitions_inherit);
  EXPECT_TRUE(configuration->merge_new_columns);
  EXPECT_EQ(configuration->table_threshold, 5);
  EXPECT_TRUE(configuration->partition_index);
}

TEST(CrawlerConfiguration, RefusesByName) {
  const auto message = [](std::string_view text) {
    const auto configuration = parse_crawler_configuration(text);
    return configuration ? std::string() : configuration.error().message;
  };
  EXPECT_EQ(message(""), "");
  EXPECT_EQ(
      message("{}"),
      "Crawler configuration not valid: Crawler configuration missing required key: Version.");
  EXPECT_EQ(message("nope"),
            "Crawler configuration not valid: Crawler configuration is not a JSON object.");
  EXPECT_EQ(
      message(R"({"Version":1.0,"Surprise":1})"),
      "Crawler configuration not valid: Crawler configuration has an unsupported key: Surprise.");
  EXPECT_NE(message(R"({"Version":1.0,"Grouping":{"TableGroupingPolicy":"x"}})"), "");
  EXPECT_NE(message(R"({"Version":1.0,"Grouping":{"TableLevelConfiguration":0}})"), "");
  EXPECT_NE(message(R"({"Version":2.0})"), "");
}

}  // namespace
}  // namespace penstock::glue
