// Scalars as text, the dates among them.
//
// How the expectations are known: the forms are those of RFC 3339, RFC 9110 (IMF-fixdate) and the
// Smithy timestamp formats; the seconds were computed with date(1).
#include "protocol/scalar_text.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/clock.h"

namespace penstock::protocol {
namespace {

std::string time_text(TimestampFormat format, std::string_view text) {
  const Shape shape{.name = "Time", .kind = Kind::kTimestamp};
  Timestamp t;
  return scalar_from_text(shape, format, text, &t) ? std::to_string(t.millis()) : "refused";
}

TEST(ScalarText, ReadsTimes) {
  using enum TimestampFormat;
  const struct {
    TimestampFormat format;
    std::string_view text;
    std::string_view millis;
  } cases[] = {
      {kIso8601, "2026-11-22T07:30:01Z", "1795332601000"},
      {kIso8601, "2026-11-22T07:30:01.123Z", "1795332601123"},
      {kIso8601, "2026-11-22T07:30:01.123456789Z", "1795332601123"},
      {kIso8601, "2026-11-22T09:30:01+02:00", "1795332601000"},
      {kIso8601, "2026-11-22T05:00:01-0230", "1795332601000"},
      {kIso8601, "2026-11-22", "1795305600000"},
      {kIso8601, "2024-02-29T00:00:00Z", "1709164800000"},
      {kIso8601, "1969-12-31T23:59:59Z", "-1000"},
      {kIso8601, "Sun, 22 Nov 2026 07:30:01 GMT", "1795332601000"},
      {kRfc822, "Sun, 22 Nov 2026 07:30:01 GMT", "1795332601000"},
      {kRfc822, "2026-11-22T07:30:01Z", "1795332601000"},
      {kUnix, "1795332601", "1795332601000"},
      {kUnix, "1795332601.5", "1795332601500"},
      {kUnix, "-1", "-1000"},
      {kUnix, "1.5e3", "1500000"},
  };
  for (const auto& c : cases) EXPECT_EQ(time_text(c.format, c.text), c.millis) << c.text;
}

TEST(ScalarText, RefusesWhatIsNoTime) {
  for (const std::string_view text : {"",
                                      "now",
                                      "2026-11-22T07:30Z",
                                      "2026-11-22T07-30-01Z",
                                      "2026-11-22T07:30x01Z",
                                      "2026-13-22T07:30:01Z",
                                      "2026-02-29T00:00:00Z",
                                      "2026-11-22T24:00:00Z",
                                      "2026-11-22T07:30:01.Z",
                                      "2026-11-22T07:30:01+02",
                                      "2026-11-22T07:30:01+02:00x",
                                      "2026-11-22T07:30:01+02-00",
                                      "2026-11-22T07:30:01+24:00",
                                      "2026-11-22T07:30:01+02:60",
                                      "2026-11-22T07:30:01Zulu",
                                      "2026/11/22",
                                      "20261122",
                                      "2026-11-22T",
                                      " 2026-11-22",
                                      "Sun, 22 Nov 2026 07:30:01 UTC",
                                      "Sun, 22 Nov 2026 07-30-01 GMT",
                                      "Sun: 22 Nov 2026 07:30:01 GMT",
                                      "Sun, 22_Nov_2026_07:30:01 GMT",
                                      "Sun, 22 Now 2026 07:30:01 GMT",
                                      "Sun, 31 Feb 2026 07:30:01 GMT"}) {
    EXPECT_EQ(time_text(TimestampFormat::kIso8601, text), "refused") << text;
    EXPECT_EQ(time_text(TimestampFormat::kRfc822, text), "refused") << text;
  }
  for (const std::string_view text :
       {"", "x", "1795332601 ", "nan", "inf", "1e300", "0x10", "2026-11-22T07:30:01Z"}) {
    EXPECT_EQ(time_text(TimestampFormat::kUnix, text), "refused") << text;
  }
}

TEST(ScalarText, WritesTimesAsTheirPlaceHasThem) {
  const Shape shape{.name = "Time", .kind = Kind::kTimestamp};
  const Timestamp t{1'795'332'601'123'456};
  EXPECT_EQ(scalar_to_text(shape, TimestampFormat::kIso8601, &t), "2026-11-22T07:30:01.123Z");
  EXPECT_EQ(scalar_to_text(shape, TimestampFormat::kDefault, &t), "2026-11-22T07:30:01.123Z");
  EXPECT_EQ(scalar_to_text(shape, TimestampFormat::kRfc822, &t), "Sun, 22 Nov 2026 07:30:01 GMT");
  EXPECT_EQ(scalar_to_text(shape, TimestampFormat::kUnix, &t), "1795332601");
  Member member{.name = "m", .shape = &shape};
  EXPECT_EQ(timestamp_format(member), TimestampFormat::kIso8601);
  member.location = Location::kHeader;
  EXPECT_EQ(timestamp_format(member), TimestampFormat::kRfc822);
  member.timestamp = TimestampFormat::kUnix;
  EXPECT_EQ(timestamp_format(member), TimestampFormat::kUnix);
}

template <typename T>
std::optional<T> scalar_of(Kind kind, std::string_view text) {
  const Shape shape{.name = "Scalar", .kind = kind};
  T value{};
  if (!scalar_from_text(shape, TimestampFormat::kDefault, text, &value)) return std::nullopt;
  return value;
}

TEST(ScalarText, NumbersAreWholeAndInRange) {
  EXPECT_EQ(scalar_of<std::int32_t>(Kind::kInteger, "-2147483648"), INT32_MIN);
  for (const std::string_view text : {"", "2147483648", "1 ", " 1", "+1", "1.0", "1e3", "0x1"}) {
    EXPECT_FALSE(scalar_of<std::int32_t>(Kind::kInteger, text)) << text;
  }
  EXPECT_EQ(scalar_of<std::int64_t>(Kind::kLong, "9223372036854775807"), INT64_MAX);
  EXPECT_FALSE(scalar_of<std::int64_t>(Kind::kLong, "9223372036854775808"));
  EXPECT_EQ(scalar_of<double>(Kind::kDouble, "-1.5e3"), -1500.0);
  EXPECT_FALSE(scalar_of<double>(Kind::kDouble, "1,5"));
  EXPECT_EQ(scalar_of<bool>(Kind::kBoolean, "True"), true);
  EXPECT_FALSE(scalar_of<bool>(Kind::kBoolean, "1"));
  EXPECT_EQ(scalar_of<Blob>(Kind::kBlob, "AAH/")->bytes, std::string("\0\1\xFF", 3));
  EXPECT_FALSE(scalar_of<Blob>(Kind::kBlob, "AAH"));
}

}  // namespace
}  // namespace penstock::protocol
