// Stored records and keys: round trips, order, and that no bytes abort.
#include "services/s3/records.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "services/s3/keys.h"

namespace penstock::s3 {
namespace {

ObjectRecord sample_object() {
  ObjectRecord record;
  record.summary = {
      12,
      "etag-2",
      {1'700'000'000'000'001},
      "STANDARD_IA",
      {ChecksumAlgorithm::kSha256, ChecksumType::kComposite, std::string(32, 'x'), 2}};
  record.headers.content_type = "text/plain";
  record.headers.expires = "never";
  record.metadata = {{"a", "1"}, {"b", std::string("\0", 1)}};
  record.tags = {{"t", "v"}};
  record.pieces = {{Piece::Place::kFile, "f", 7}, {Piece::Place::kStore, "s", 5}};
  record.parts = {{1, 7, "c1"}, {4, 5, "c2"}};
  record.upload_id = "u";
  return record;
}

TEST(Records, RoundTrip) {
  const ObjectRecord object = sample_object();
  EXPECT_EQ(decode_object(encode(object)).value(), object);
  EXPECT_EQ(decode_object_summary(encode(object)).value(), object.summary);

  const BucketRecord bucket{7, "000000000000", "eu-west-1", {5}, {{"k", "v"}}};
  EXPECT_EQ(decode_bucket(encode(bucket)).value(), bucket);

  UploadRecord upload;
  upload.initiated = {9};
  upload.initiator = "arn:aws:iam::000000000000:root";
  upload.attributes.tags = {{"k", "v"}};
  upload.checksum = {ChecksumAlgorithm::kCrc32c, ChecksumType::kComposite, true};
  const auto upload_again = decode_upload(encode(upload)).value();
  EXPECT_EQ(upload_again.attributes, upload.attributes);
  EXPECT_EQ(upload_again.checksum.algorithm, upload.checksum.algorithm);
  EXPECT_TRUE(upload_again.checksum.chosen);

  PartRecord part;
  part.md5 = std::string(16, 'm');
  part.bytes = 3;
  part.other_checksum = Checksum{ChecksumAlgorithm::kCrc32, ChecksumType::kFullObject, "abcd", 0};
  part.pieces = {{Piece::Place::kStore, "p", 3}};
  const auto part_again = decode_part(encode(part)).value();
  EXPECT_EQ(part_again.md5, part.md5);
  EXPECT_EQ(part_again.other_checksum, part.other_checksum);
  EXPECT_EQ(part_again.pieces, part.pieces);
}

TEST(Records, DamagedBytesAreRefusedNotGuessed) {
  const std::string object = encode(sample_object());
  for (std::size_t length = 0; length < object.size(); ++length) {
    EXPECT_FALSE(decode_object(std::string_view(object).substr(0, length)).has_value()) << length;
  }
  std::string newer = object;
  newer[0] = 99;
  EXPECT_FALSE(decode_object(newer).has_value());
  EXPECT_TRUE(rc::check("no bytes abort", [](const std::string& bytes) {
    (void)decode_object(bytes);
    (void)decode_bucket(bytes);
    (void)decode_upload(bytes);
    (void)decode_part(bytes);
  }));
}

TEST(Keys, KeepTheOrderOfObjectKeys) {
  EXPECT_TRUE(
      rc::check("order", [](const std::string& a, const std::string& b, std::uint64_t bucket) {
        RC_ASSERT((object_key(bucket, a) < object_key(bucket, b)) == (a < b));
        RC_ASSERT(object_key_of(object_key(bucket, a)) == a);
        RC_ASSERT((object_scan_begin(bucket, a) <= object_key(bucket, b)) == (a <= b));
        if (bucket + 1 != 0) RC_ASSERT(object_key(bucket, a) < object_scan_end(bucket));
        const auto upload = upload_name_of(upload_key(bucket, a, b));
        RC_ASSERT(upload.has_value());
        RC_ASSERT(upload->key == a);
        RC_ASSERT(upload->upload_id == b);
      }));
}

TEST(Keys, Parts) {
  EXPECT_LT(part_key("u", 2), part_key("u", 10));
  EXPECT_EQ(part_scan_begin("u", 2), part_key("u", 3));
  EXPECT_LT(part_key("u", 10000), part_scan_end("u"));
  EXPECT_GT(part_key("u1", 1), part_scan_end("u"));
  EXPECT_EQ(part_name_of(part_key("u", 7))->number, 7);
  EXPECT_EQ(part_name_of("nonsense"), std::nullopt);
}

}  // namespace
}  // namespace penstock::s3
