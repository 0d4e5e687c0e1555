// Ranges: RFC 9110 section 14 and what S3 makes of it (fact sheet 3.3).
#include "services/s3/range.h"

#include <gtest/gtest.h>

namespace penstock::s3 {
namespace {

struct Case {
  std::string_view header;
  std::uint64_t size;
  RangeVerdict verdict;
  ByteRange range = {};
};

TEST(Range, Decides) {
  constexpr auto kWhole = RangeVerdict::kWhole;
  constexpr auto kPart = RangeVerdict::kPart;
  constexpr auto kNone = RangeVerdict::kUnsatisfiable;
  const Case cases[] = {
      {"bytes=0-0", 10, kPart, {0, 1}},
      {"bytes=2-4", 10, kPart, {2, 3}},
      {"bytes=5-", 10, kPart, {5, 5}},
      {"bytes=-3", 10, kPart, {7, 3}},
      {"bytes=-100", 10, kPart, {0, 10}},
      {"bytes=9-1000", 10, kPart, {9, 1}},
      {"bytes=0-99999999999999999999999", 10, kPart, {0, 10}},
      {" bytes= 1-2 ", 10, kPart, {1, 2}},
      {"bytes=10-", 10, kNone},
      {"bytes=10-20", 10, kNone},
      {"bytes=-0", 10, kNone},
      {"bytes=0-0", 0, kNone},
      {"bytes=-1", 0, kNone},
      {"bytes=99999999999999999999999-", 10, kNone},
      {"bytes=4-2", 10, kWhole, {0, 10}},
      {"bytes=0-1,3-4", 10, kWhole, {0, 10}},
      {"bytes=", 10, kWhole, {0, 10}},
      {"bytes=-", 10, kWhole, {0, 10}},
      {"bytes=a-b", 10, kWhole, {0, 10}},
      {"bytes=+1-2", 10, kWhole, {0, 10}},
      {"items=0-1", 10, kWhole, {0, 10}},
      {"", 10, kWhole, {0, 10}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.header) + " of " + std::to_string(c.size));
    const RangeDecision decision = decide_range(c.header, c.size);
    EXPECT_EQ(decision.verdict, c.verdict);
    if (c.verdict != kNone) EXPECT_EQ(decision.range, c.range);
  }
}

TEST(Range, ContentRange) { EXPECT_EQ(content_range({2, 3}, 10), "bytes 2-4/10"); }

TEST(Range, CopySourceRangeIsStrict) {
  EXPECT_EQ(copy_source_range("bytes=0-4", 5).value(), (ByteRange{0, 5}));
  for (const char* bad :
       {"bytes=0-", "bytes=-4", "0-4", "bytes=0-5", "bytes=3-2", "bytes=0-1,2-3"}) {
    const auto refused = copy_source_range(bad, 5);
    ASSERT_FALSE(refused.has_value()) << bad;
    EXPECT_EQ(refused.error().code, "InvalidArgument");
  }
}

}  // namespace
}  // namespace penstock::s3
