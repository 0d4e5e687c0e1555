// Tag rules, documented under "Categorizing your storage using tags"; messages from fact sheet 3.2.
#include "services/s3/tagging.h"

#include <gtest/gtest.h>

namespace penstock::s3 {
namespace {

TEST(Tagging, HeaderIsAQueryString) {
  const auto tags = parse_tagging_header("team=data&note=a%20b+c&empty=&bare");
  ASSERT_TRUE(tags.has_value());
  const TagList expected = {{"team", "data"}, {"note", "a b c"}, {"empty", ""}, {"bare", ""}};
  EXPECT_EQ(*tags, expected);
  EXPECT_TRUE(parse_tagging_header("")->empty());
}

struct RefusedTagging {
  std::string_view name;
  TagList tags;
  std::string_view code;
  std::string_view message;
};

TEST(Tagging, Rules) {
  TagList eleven;
  for (int i = 0; i < 11; ++i) eleven.emplace_back("k" + std::to_string(i), "v");
  std::string letters;
  for (int i = 0; i < 129; ++i) letters += "\xc3\xa9";
  const std::vector<RefusedTagging> cases = {
      {"too many", eleven, "BadRequest", "Object tags cannot be greater than 10"},
      {"no key", {{"", "v"}}, "InvalidTag", "The TagKey you have provided is invalid"},
      {"long key", {{letters, "v"}}, "InvalidTag", "The TagKey you have provided is invalid"},
      {"bad sign", {{"a*", "v"}}, "InvalidTag", "The TagKey you have provided is invalid"},
      {"long value",
       {{"k", letters + letters}},
       "InvalidTag",
       "The TagValue you have provided is invalid"},
      {"system",
       {{"aws:x", "v"}},
       "InvalidTag",
       "System tags cannot be added/updated by requester"},
      {"twice",
       {{"k", "1"}, {"k", "2"}},
       "InvalidTag",
       "Cannot provide multiple Tags with the same key"},
  };
  for (const RefusedTagging& c : cases) {
    SCOPED_TRACE(c.name);
    const auto checked = check_tags(c.tags, TagOwner::kObject);
    ASSERT_FALSE(checked.has_value());
    EXPECT_EQ(checked.error().code, c.code);
    EXPECT_EQ(checked.error().message, c.message);
  }
  EXPECT_TRUE(check_tags(eleven, TagOwner::kBucket).has_value());
  EXPECT_TRUE(check_tags({{letters.substr(0, 256), "+-=._:/@ 9"}}, TagOwner::kObject).has_value());
}

TEST(Tagging, HeaderWithDuplicatesIsMalformed) {
  const auto tags = parse_tagging_header("a=1&a=2");
  ASSERT_FALSE(tags.has_value());
  EXPECT_EQ(tags.error().code, "InvalidArgument");
}

}  // namespace
}  // namespace penstock::s3
