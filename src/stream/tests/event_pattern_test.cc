// The filter language, on data: event_patterns.txt holds the cases, each with how it is known.
#include "stream/event_pattern.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <charconv>
#include <filesystem>
#include <fstream>

#include "base/ascii.h"

namespace penstock::stream {
namespace {

struct Document {
  explicit Document(std::string_view json) : text(json) {
    EXPECT_EQ(parser.parse(text).get(root), simdjson::SUCCESS) << json;
  }
  simdjson::padded_string text;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
};

// The first word of the line; the rest stays.
std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

std::string placed(std::string_view reason, std::string_view pattern, int column) {
  return fmt::format("{}\n at [Source: (String)\"{}\"; line: 1, column: {}]", reason, pattern,
                     column);
}

void expect_refused(std::string_view pattern, std::string_view expected) {
  const auto parsed = EventPattern::parse(pattern);
  ASSERT_FALSE(parsed.has_value()) << pattern;
  expected = trim(expected);
  const std::string_view column = take_word(expected);
  int number = 0;
  std::from_chars(column.data(), column.data() + column.size(), number);
  const std::string message(column == "-" ? expected : placed(expected, pattern, number));
  EXPECT_EQ(parsed.error().message, message);
}

TEST(EventPattern, DoesWhatTheTableSays) {
  std::ifstream file(std::filesystem::path(__FILE__).parent_path() / "event_patterns.txt");
  ASSERT_TRUE(file.is_open());
  std::unique_ptr<Document> event;
  int cases = 0;
  std::string line;
  std::string evidence;
  for (int number = 1; std::getline(file, line); ++number) {
    SCOPED_TRACE(fmt::format("line {}, {}", number, evidence));
    std::string_view rest = line;
    const std::string_view kind = take_word(rest);
    if (kind.empty() || kind == "#") continue;
    if (kind == "evidence") {
      evidence = rest;
      const std::string_view word = take_word(rest);
      EXPECT_TRUE(word == "recorded:" || word == "documented:" || word == "deduced:");
    } else if (kind == "event") {
      event = std::make_unique<Document>(rest);
    } else if (kind == "match" || kind == "miss") {
      const auto pattern = EventPattern::parse(rest);
      ASSERT_TRUE(pattern.has_value()) << pattern.error().message;
      EXPECT_EQ(pattern->matches(event->root), kind == "match") << rest;
      ++cases;
    } else if (kind == "error") {
      const std::string pattern(rest);
      ASSERT_TRUE(std::getline(file, line));
      ++number;
      expect_refused(pattern, line);
      ++cases;
    } else {
      FAIL() << "an unknown line: " << line;
    }
  }
  EXPECT_GE(cases, 200);
}

// Recorded: a complaint about a list has its place twice, as the engine catches its own.
TEST(EventPattern, NamesThePlaceInAListTwice) {
  constexpr std::string_view kPattern = R"({"a":[{"anything-but":["x",true]}]})";
  const auto parsed = EventPattern::parse(kPattern);
  ASSERT_FALSE(parsed.has_value());
  const std::string once =
      placed("Inside anything but list, start|null|boolean is not supported.", kPattern, 32);
  EXPECT_EQ(parsed.error().message, placed(once, kPattern, 32));
}

// Recorded for several lines (line 5, column 16 of a pattern of nine lines): rows are counted.
TEST(EventPattern, NamesTheRow) {
  const auto parsed = EventPattern::parse("{\n  \"a\": {\n    \"é\": \"x\"\n  }\n}");
  ASSERT_FALSE(parsed.has_value());
  EXPECT_TRUE(parsed.error().message.ends_with("line: 3, column: 11]")) << parsed.error().message;
}

// Deduced from the JSON reader: 500 characters of the pattern are shown.
TEST(EventPattern, ShowsTheBeginningOfALongPattern) {
  const std::string pattern = "{\"" + std::string(600, 'x') + "\":1}";
  const auto parsed = EventPattern::parse(pattern);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_TRUE(parsed.error().message.ends_with("\n at [Source: (String)\"" +
                                               pattern.substr(0, 500) +
                                               "\"[truncated 106 chars]; line: 1, column: 606]"))
      << parsed.error().message;
}

// Documented for pipes: what the poller adds to a record cannot be filtered on.
TEST(EventPattern, DoesNotSeeWhatIsHidden) {
  const Document event(R"({"eventID":"e","data":{"eventID":"d"}})");
  constexpr std::string_view kHidden[] = {"eventID"};
  const auto own = EventPattern::parse(R"({"eventID":[{"exists":true}]})");
  EXPECT_TRUE(own->matches(event.root));
  EXPECT_FALSE(own->matches(event.root, kHidden));
  EXPECT_TRUE(EventPattern::parse(R"({"data":{"eventID":["d"]}})")->matches(event.root, kHidden));
}

TEST(EventPattern, KnowsWhichFieldsItTakesAsValues) {
  const auto pattern = EventPattern::parse(R"({"a":{"b":["x"]},"$or":[{"c":[1]},{"d.e":[2]}]})");
  EXPECT_TRUE(pattern->takes_value_of("a.b"));
  EXPECT_TRUE(pattern->takes_value_of("c"));
  EXPECT_TRUE(pattern->takes_value_of("d.e"));
  EXPECT_FALSE(pattern->takes_value_of("a"));
  EXPECT_FALSE(pattern->takes_value_of("d"));
  EXPECT_FALSE(pattern->takes_value_of("z"));
}

// What could make a pattern slow or deep is limited.
TEST(EventPattern, IsLimited) {
  std::string deep;
  for (int i = 0; i < 1100; ++i) deep += "{\"a\":";
  const auto too_deep = EventPattern::parse(deep);
  ASSERT_FALSE(too_deep.has_value());
  EXPECT_TRUE(too_deep.error().message.starts_with("Document nesting depth (1001) exceeds"));
  std::string ors = "{";
  for (int i = 0; i < 10; ++i) {
    ors += fmt::format(R"({}"o{}":{{"$or":[{{"a":[1]}},{{"b":[1]}}]}})", i == 0 ? "" : ",", i);
  }
  const auto many = EventPattern::parse(ors + "}");
  ASSERT_FALSE(many.has_value());
  EXPECT_TRUE(many.error().message.starts_with("Too many combinations of $or"));
}

// Arrays that a pattern does not tie together cost their sum, not their product.
TEST(EventPattern, DoesNotTryEveryCombination) {
  std::string json = "{";
  std::string text = "{";
  for (int i = 0; i < 12; ++i) {
    const std::string_view comma = i == 0 ? "" : ",";
    json += fmt::format(R"({}"l{}":[)", comma, i);
    for (int k = 0; k < 100; ++k) json += fmt::format("{}{{\"v\":{}}}", k == 0 ? "" : ",", k);
    json += "]";
    text += fmt::format(R"({}"l{}":{{"v":[{{"numeric":[">=",0]}}]}})", comma, i);
  }
  const Document event(json + "}");
  EXPECT_TRUE(EventPattern::parse(text + "}")->matches(event.root));
  EXPECT_FALSE(EventPattern::parse(text + R"(,"z":[1]})")->matches(event.root));
}

}  // namespace
}  // namespace penstock::stream
