// Bucket names, keys and regions. Rules documented under "Bucket naming rules".
#include "base/ascii.h"
#include "services/s3/names.h"

#include <gtest/gtest.h>

namespace penstock::s3 {
namespace {

TEST(Names, BucketNames) {
  for (const char* good :
       {"abc", "my-bucket", "a.b.c", "0abc9", "192.168.1", "1.2.3.4.5", "a1-b2.c3"}) {
    EXPECT_TRUE(is_valid_bucket_name(good)) << good;
  }
  EXPECT_TRUE(is_valid_bucket_name(std::string(63, 'a')));
  for (const char* bad : {"",
                          "ab",
                          "Abc",
                          "a_b",
                          "-abc",
                          "abc-",
                          ".abc",
                          "abc.",
                          "a..b",
                          "192.168.5.4",
                          "xn--abc",
                          "sthree-abc",
                          "amzn-s3-demo-bucket",
                          "abc-s3alias",
                          "abc--ol-s3",
                          "abc.mrap",
                          "abc--x-s3",
                          "abc--table-s3",
                          "a b c",
                          "a/b"}) {
    EXPECT_FALSE(is_valid_bucket_name(bad)) << bad;
  }
  EXPECT_FALSE(is_valid_bucket_name(std::string(64, 'a')));
}

TEST(Names, Keys) {
  EXPECT_EQ(judge_key("a"), KeyVerdict::kGood);
  EXPECT_EQ(judge_key(std::string(1024, 'k')), KeyVerdict::kGood);
  EXPECT_EQ(judge_key("h\xc3\xa9llo/../."), KeyVerdict::kGood);
  EXPECT_EQ(judge_key(""), KeyVerdict::kEmpty);
  EXPECT_EQ(judge_key(std::string(1025, 'k')), KeyVerdict::kTooLong);
  EXPECT_EQ(judge_key("\xff"), KeyVerdict::kNotUtf8);
}

TEST(Names, Regions) {
  for (const char* good : {"us-east-1", "eu-west-3", "ap-southeast-2", "us-gov-west-1", "EU"}) {
    EXPECT_TRUE(is_plausible_region(good)) << good;
  }
  for (const char* bad :
       {"", "us", "us-east", "us-east-", "us-east-12x", "foo", "US-EAST-1", "a--1"}) {
    EXPECT_FALSE(is_plausible_region(bad)) << bad;
  }
}

TEST(Names, OwnersAndVersions) {
  EXPECT_EQ(canonical_user_id("000000000000").size(), 64U);
  EXPECT_NE(canonical_user_id("000000000000"), canonical_user_id("000000000001"));
  EXPECT_TRUE(is_account_id("123456789012"));
  EXPECT_FALSE(is_account_id("12345678901"));
  EXPECT_FALSE(is_account_id("12345678901a"));
  EXPECT_TRUE(has_version_id_form("3HL4kqtJlcpXroDTDmJ-rmSpXd3dIbrH"));
  EXPECT_FALSE(has_version_id_form("3HL4"));
}

}  // namespace
}  // namespace penstock::s3
