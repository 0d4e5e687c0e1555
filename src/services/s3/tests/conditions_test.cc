// Conditional requests: RFC 9110 precedence for reads, S3's recorded answers for writes (fact
// sheet 3.3).
#include "services/s3/conditions.h"

#include <gtest/gtest.h>

namespace penstock::s3 {
namespace {

constexpr Timestamp kModified{1'700'000'000'500'000};
constexpr Timestamp kBefore = Timestamp::from_seconds(std::int64_t{1'699'999'999});
constexpr Timestamp kSame = Timestamp::from_seconds(std::int64_t{1'700'000'000});
const Validators kObject{"abc", kModified};

struct Read {
  std::string_view name;
  ReadConditions conditions;
  int status;  // 200, 304 or 412.
};

TEST(Conditions, Reads) {
  const std::vector<Read> cases = {
      {"none", {}, 200},
      {"if-match", {.if_match = "\"abc\""}, 200},
      {"if-match without quotes", {.if_match = "abc"}, 200},
      {"if-match of a list", {.if_match = "\"x\", \"abc\""}, 200},
      {"if-match any", {.if_match = "*"}, 200},
      {"if-match fails", {.if_match = "\"abd\""}, 412},
      {"if-none-match", {.if_none_match = "\"x\""}, 200},
      {"if-none-match fails", {.if_none_match = "\"abc\""}, 304},
      {"if-none-match any", {.if_none_match = "*"}, 304},
      {"modified since before", {.if_modified_since = kBefore}, 200},
      {"not modified since its own second", {.if_modified_since = kSame}, 304},
      {"unmodified since its own second", {.if_unmodified_since = kSame}, 200},
      {"modified since, but must not be", {.if_unmodified_since = kBefore}, 412},
      {"if-match overrides unmodified-since",
       {.if_match = "abc", .if_unmodified_since = kBefore},
       200},
      {"if-none-match overrides modified-since",
       {.if_none_match = "abc", .if_modified_since = kBefore},
       304},
      {"if-none-match true overrides modified-since",
       {.if_none_match = "x", .if_modified_since = kSame},
       200},
      {"if-match fails before if-none-match", {.if_match = "x", .if_none_match = "abc"}, 412},
  };
  for (const Read& c : cases) {
    SCOPED_TRACE(c.name);
    const auto checked = check_read(c.conditions, kObject);
    EXPECT_EQ(checked ? 200 : checked.error().status, c.status);
    if (c.status == 304) EXPECT_EQ(checked.error().headers.front().second, "\"abc\"");
    const auto copied = check_copy_source(c.conditions, kObject);
    EXPECT_EQ(copied ? 200 : copied.error().status, c.status == 304 ? 412 : c.status);
  }
}

struct Write {
  std::string_view name;
  WriteConditions conditions;
  bool exists;
  int status;
};

TEST(Conditions, Writes) {
  const std::vector<Write> cases = {
      {"none", {}, true, 200},
      {"absent, as wanted", {.if_none_match = "*"}, false, 200},
      {"present, not wanted", {.if_none_match = "*"}, true, 412},
      {"if-none-match of a tag", {.if_none_match = "\"abc\""}, false, 501},
      {"if-match", {.if_match = "\"abc\""}, true, 200},
      {"if-match of another", {.if_match = "\"x\""}, true, 412},
      {"if-match of nothing", {.if_match = "\"abc\""}, false, 404},
      {"if-match any", {.if_match = "*"}, true, 501},
      {"both", {.if_match = "abc", .if_none_match = "*"}, true, 501},
  };
  for (const Write& c : cases) {
    SCOPED_TRACE(c.name);
    auto checked = check_write_form(c.conditions);
    if (checked) checked = check_write(c.conditions, c.exists ? &kObject : nullptr, "key");
    EXPECT_EQ(checked ? 200 : checked.error().status, c.status);
  }
}

TEST(Conditions, EntityTags) {
  EXPECT_EQ(quoted("abc"), "\"abc\"");
  EXPECT_EQ(unquoted("\"abc\""), "abc");
  EXPECT_EQ(unquoted("W/\"abc\""), "abc");
  EXPECT_EQ(unquoted("abc"), "abc");
  EXPECT_EQ(unquoted("\""), "\"");
  EXPECT_FALSE(etag_matches("", "abc"));
}

}  // namespace
}  // namespace penstock::s3
