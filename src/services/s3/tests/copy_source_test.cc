// The x-amz-copy-source header, documented under CopyObject.
#include "services/s3/copy_source.h"

#include <gtest/gtest.h>

namespace penstock::s3 {
namespace {

TEST(CopySource, Forms) {
  const auto plain = parse_copy_source("/bucket/a/b%20c%3Fd");
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->bucket, "bucket");
  EXPECT_EQ(plain->key, "a/b c?d");
  EXPECT_EQ(plain->version_id, std::nullopt);
  const auto versioned = parse_copy_source("bucket/key?versionId=null");
  ASSERT_TRUE(versioned.has_value());
  EXPECT_EQ(versioned->key, "key");
  EXPECT_EQ(versioned->version_id, "null");
  EXPECT_EQ(parse_copy_source("bucket%2Fkey")->key, "key");
}

TEST(CopySource, Refusals) {
  for (const char* bad : {"", "bucket", "/bucket", "bucket/", "/", "//key"}) {
    const auto refused = parse_copy_source(bad);
    ASSERT_FALSE(refused.has_value()) << bad;
    EXPECT_EQ(refused.error().code, "InvalidArgument");
  }
  EXPECT_EQ(parse_copy_source("arn:aws:s3:us-east-1:1:accesspoint/a/object/k").error().status, 501);
}

}  // namespace
}  // namespace penstock::s3
