// Object keys: date patterns, time zones, prefixes and suffixes.
#include "services/firehose/key_template.h"

#include <gtest/gtest.h>

namespace penstock::firehose {
namespace {

Timestamp at(std::string_view text) { return parse_iso8601(text).value(); }

std::string format(std::string_view pattern, std::string_view time, std::string_view zone = "UTC") {
  const Result<DatePattern> parsed = DatePattern::parse(pattern);
  if (!parsed) return "refused";
  std::string out;
  parsed->append_to(out, TimeZone::load(zone).value()->at(at(time)));
  return out;
}

// Known from Java's DateTimeFormatter (documentation of its pattern letters, locale en_US).
TEST(DatePattern, FormatsAsJava) {
  struct Case {
    std::string_view pattern, time, expected;
  };
  constexpr std::string_view kTime = "2026-11-22T07:05:09.123Z";
  for (const Case& c : {
           Case{"yyyy/MM/dd/HH/", kTime, "2026/11/22/07/"},
           {"yyyy-MM-dd-HH-mm-ss", kTime, "2026-11-22-07-05-09"},
           {"yy", kTime, "26"},
           {"y-M-d H:m:s", kTime, "2026-11-22 7:5:9"},
           {"'year='yyyy'/month='MM", kTime, "year=2026/month=11"},
           {"''''", kTime, "'"},
           {"yy''MM", kTime, "26'11"},
           {"'o''clock'", kTime, "o'clock"},
           {"MMM MMMM MMMMM", kTime, "Nov November N"},
           {"E EEEE e", kTime, "Sun Sunday 1"},
           {"DDD", kTime, "326"},
           {"a h K k", "2026-11-22T00:00:00Z", "AM 12 0 24"},
           {"a h K k", "2026-11-22T13:00:00Z", "PM 1 1 13"},
           {"SSS n", kTime, "123 123000000"},
           {"Q QQQ", kTime, "4 Q4"},
           {"X x Z O z", kTime, "Z +00 +0000 GMT UTC"},
           {"YYYY-w", "2026-12-31T00:00:00Z", "2027-1"},
           {"YYYY-w", "2026-12-26T00:00:00Z", "2026-52"},
           {"YYYY-w", "2022-12-31T00:00:00Z", "2022-53"},
           {"YYYY-w", "2026-01-01T00:00:00Z", "2026-1"},
           {"[yyyy]", kTime, "2026"},
       }) {
    EXPECT_EQ(format(c.pattern, c.time), c.expected) << c.pattern;
  }
}

// The letters that Firehose rejects outside quotes (recorded), and Java's limits on repetition.
TEST(DatePattern, RefusesWhatItCannotFormat) {
  for (const char letter : std::string_view("CIJPRTUVbfijloprt")) {
    EXPECT_EQ(format(std::string(1, letter), "2026-11-22T07:05:09Z"), "refused") << letter;
    EXPECT_EQ(format("'" + std::string(1, letter) + "'", "2026-11-22T07:05:09Z"),
              std::string(1, letter));
  }
  for (const std::string_view pattern :
       {"ddd", "HHH", "DDDD", "MMMMMM", "aa", "'open", "cc", "#"}) {
    EXPECT_EQ(format(pattern, "2026-11-22T07:05:09Z"), "refused") << pattern;
  }
}

// Known from the IANA time zone database.
TEST(TimeZone, AppliesOffsetsAndDaylightTime) {
  EXPECT_EQ(format("yyyy-MM-dd HH xxx z", "2026-07-01T12:00:00Z", "Europe/Berlin"),
            "2026-07-01 14 +02:00 CEST");
  EXPECT_EQ(format("yyyy-MM-dd HH xxx z", "2026-12-31T23:30:00Z", "Europe/Berlin"),
            "2027-01-01 00 +01:00 CET");
  EXPECT_EQ(format("HH:mm", "2026-01-01T00:00:00Z", "Asia/Kolkata"), "05:30");
  // Beyond the transitions that files list.
  EXPECT_EQ(format("HH z", "2060-07-01T12:00:00Z", "America/New_York"), "08 EDT");
  EXPECT_EQ(format("HH z", "2060-01-01T12:00:00Z", "Australia/Sydney"), "23 AEDT");
  EXPECT_FALSE(TimeZone::load("Mars/Olympus").has_value());
  EXPECT_FALSE(TimeZone::load("/etc/passwd").has_value());
}

TEST(TimeZone, ReadsPosixRules) {
  const auto rule = parse_posix_rule("CET-1CEST,M3.5.0,M10.5.0/3");
  ASSERT_TRUE(rule.has_value());
  EXPECT_EQ(rule->standard_offset, 3600);
  EXPECT_EQ(rule->daylight_offset, 7200);
  EXPECT_EQ(rule->end.seconds, 3 * 3600);
  EXPECT_EQ(parse_posix_rule("<+0530>-5:30")->standard_offset, 19'800);
  for (const std::string_view text : {"", "C", "CET", "CET-1CEST", "CET-1CEST,M13.1.0,M1.1.0"}) {
    EXPECT_FALSE(parse_posix_rule(text).has_value()) << text;
  }
}

class KeyTemplateTest : public ::testing::Test {
 protected:
  Result<KeyTemplates> make(std::string_view prefix, std::string_view error_prefix) {
    return make_key_templates(prefix, error_prefix, TimeZone::utc(), kTime, *random_);
  }
  std::string refusal(std::string_view prefix, std::string_view error_prefix) {
    const auto templates = make(prefix, error_prefix);
    return templates ? "accepted" : templates.error().message;
  }
  // Without the UUID at the end.
  std::string key(std::string_view prefix, std::string_view error_prefix, bool error = false,
                  std::string_view extension = "") {
    const auto templates = make(prefix, error_prefix);
    if (!templates) return templates.error().message;
    const KeyParts parts{"orders", "3", kTime, extension};
    std::string key = error ? error_object_key(*templates, parts, *random_)
                            : object_key(*templates, parts, *random_);
    const std::size_t uuid = key.size() - extension.size() - 36;
    key.erase(uuid, 36);
    return key;
  }
  const Timestamp kTime = at("2026-11-22T07:05:09Z");
  std::unique_ptr<Random> random_ = make_seeded_random(1);
};

constexpr std::string_view kSuffix = "orders-3-2026-11-22-07-05-09-";

// Documented: developer guide, "Amazon S3 object name format" and "custom prefixes"; that nothing
// stands between a plain prefix and the time was probed on AWS.
TEST_F(KeyTemplateTest, BuildsKeys) {
  const std::string suffix(kSuffix);
  EXPECT_EQ(key("", ""), "2026/11/22/07/" + suffix);
  EXPECT_EQ(key("legacy", ""), "legacy2026/11/22/07/" + suffix);
  EXPECT_EQ(key("sales/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/",
                "errors/!{firehose:error-output-type}/"),
            "sales/dt=2026-11-22/hour=07/" + suffix);
  EXPECT_EQ(key("a/", "", false, ".gz"), "a/2026/11/22/07/" + suffix + ".gz");
}

// Documented with the example myFirehosePrefix/processing-failed/2018/08/27/.
TEST_F(KeyTemplateTest, BuildsErrorKeys) {
  const std::string suffix(kSuffix);
  EXPECT_EQ(key("", "", true), "processing-failed/2026/11/22/07/" + suffix);
  EXPECT_EQ(key("my/", "", true), "my/processing-failed/2026/11/22/07/" + suffix);
  EXPECT_EQ(key("", "bad/!{firehose:error-output-type}/!{timestamp:yyyy}/", true),
            "bad/processing-failed/2026/" + suffix);
  EXPECT_EQ(key("", "bad/", true), "bad/" + suffix);
}

TEST_F(KeyTemplateTest, RandomStringsHaveElevenCharacters) {
  const std::string text = key("!{firehose:random-string}/", "e/!{firehose:error-output-type}/");
  EXPECT_EQ(text.size(), 11 + 1 + 14 + kSuffix.size());
  EXPECT_EQ(text[8], '-');
}

// Texts: recorded refusals of the service, except those of malformed and unknown expressions.
TEST_F(KeyTemplateTest, RefusesInvalidPrefixes) {
  EXPECT_EQ(refusal("!{timestamp:yyyy}/", ""),
            "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions");
  EXPECT_EQ(refusal("!{firehose:error-output-type}/", "x"),
            "Prefix must not contain any occurrence of !{firehose:error-output-type}");
  EXPECT_EQ(refusal("!{timestamp:yyyyTHH}/", "e/!{firehose:error-output-type}"),
            "Invalid conversion character used in the value of the expression in Prefix");
  EXPECT_EQ(
      refusal("", "e/!{timestamp:jj}!{firehose:error-output-type}"),
      "Invalid conversion character used in the value of the expression in ErrorOutputPrefix");
  EXPECT_EQ(refusal("", "e/!{timestamp:yyyy}"),
            "ErrorOutputPrefix must contain !{firehose:error-output-type} when it contains "
            "expressions");
  EXPECT_EQ(refusal(std::string(513, 'x'), ""),
            "Length of evaluated prefix cannot be greater than 512");
  EXPECT_EQ(refusal("", std::string(513, 'x')),
            "Length of evaluated ErrorOutputPrefix cannot be greater than 512");
  for (const std::string_view prefix : {"!{", "!{timestamp}", "!{timestamp:yyyy", "!{a:b}",
                                        "!{partitionKeyFromLambda:x}", "!{timestamp:}"}) {
    EXPECT_NE(refusal(prefix, "e/!{firehose:error-output-type}"), "accepted") << prefix;
  }
}

}  // namespace
}  // namespace penstock::firehose
