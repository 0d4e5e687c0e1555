// Completion of multipart uploads: the order of refusals and what comes out (fact
// sheet 3.2, 3.5, 3.6).
#include "services/s3/multipart.h"

#include <gtest/gtest.h>

#include <map>

#include "base/bytes.h"
#include "base/limits.h"

namespace penstock::s3 {
namespace {

constexpr std::uint64_t kFull = limits::kS3PartBytesMin;

PartRecord part_of(std::uint64_t bytes, char seed) {
  PartRecord part;
  part.md5 = md5(std::string(1, seed));
  part.bytes = bytes;
  part.checksum = {ChecksumAlgorithm::kCrc64Nvme, ChecksumType::kFullObject, std::string(8, seed),
                   0};
  part.pieces = {{Piece::Place::kFile, std::string(1, seed), bytes}};
  return part;
}

struct Upload {
  MultipartChecksum checksum;
  std::map<std::int32_t, PartRecord> parts = {
      {1, part_of(kFull, 'a')}, {2, part_of(kFull, 'b')}, {5, part_of(3, 'c')}};

  protocol::ApiResult<PlannedObject> complete(const Completion& completion) const {
    return plan_completion("upload", checksum, completion, [this](std::int32_t number) {
      const auto found = parts.find(number);
      return found == parts.end() ? nullptr : &found->second;
    });
  }
  ListedPart listed(std::int32_t number) const {
    return {number, "\"" + to_hex(parts.at(number).md5) + "\"", {}};
  }
};

TEST(Multipart, PutsTheListedPartsTogether) {
  const Upload upload;
  const auto planned = upload.complete({.parts = {upload.listed(1), upload.listed(5)}});
  ASSERT_TRUE(planned.has_value());
  EXPECT_EQ(planned->bytes, kFull + 3);
  EXPECT_EQ(planned->etag, to_hex(md5(md5("a") + md5("c"))) + "-2");
  EXPECT_EQ(planned->checksum.type, ChecksumType::kFullObject);
  ASSERT_EQ(planned->pieces.size(), 2U);
  EXPECT_EQ(planned->pieces[1].id, "c");
  EXPECT_EQ(planned->parts[1].number, 5);
}

struct Refused {
  std::string_view name;
  Completion completion;
  std::string_view code;
};

TEST(Multipart, RefusesInOrder) {
  const Upload upload;
  ListedPart wrong = upload.listed(2);
  wrong.etag = "\"00\"";
  ListedPart bad_checksum = upload.listed(1);
  bad_checksum.checksums.crc64nvme = base64_encode("AAAAAAAA");
  const std::vector<Refused> cases = {
      {"nothing", {}, "InvalidRequest"},
      {"descending", {.parts = {upload.listed(2), upload.listed(1)}}, "InvalidPartOrder"},
      {"twice", {.parts = {upload.listed(1), upload.listed(1)}}, "InvalidPartOrder"},
      {"never uploaded", {.parts = {{3, "x", {}}}}, "InvalidPart"},
      {"another ETag", {.parts = {upload.listed(1), wrong}}, "InvalidPart"},
      {"another checksum", {.parts = {bad_checksum}}, "InvalidPart"},
      {"small part first",
       {.parts = {upload.listed(5), {6, upload.listed(5).etag, {}}}},
       "InvalidPart"},
      {"size", {.parts = {upload.listed(1)}, .object_bytes = 1}, "InvalidRequest"},
      {"checksum of the whole",
       {.parts = {upload.listed(1)}, .checksums = {.crc64nvme = base64_encode("AAAAAAAA")}},
       "BadDigest"},
      {"checksum type",
       {.parts = {upload.listed(1)}, .checksum_type = "COMPOSITE"},
       "InvalidRequest"},
  };
  for (const Refused& c : cases) {
    SCOPED_TRACE(c.name);
    const auto planned = upload.complete(c.completion);
    ASSERT_FALSE(planned.has_value());
    EXPECT_EQ(planned.error().code, c.code);
  }
}

TEST(Multipart, OnlyTheLastPartMayBeSmall) {
  Upload upload;
  upload.parts[2] = part_of(100, 'b');
  const auto planned =
      upload.complete({.parts = {upload.listed(1), upload.listed(2), upload.listed(5)}});
  ASSERT_FALSE(planned.has_value());
  EXPECT_EQ(planned.error().code, "EntityTooSmall");
  EXPECT_EQ(planned.error().members.back().name, "ProposedSize");
}

TEST(Multipart, CompositeNeedsEveryPartsChecksum) {
  Upload upload;
  upload.checksum = {ChecksumAlgorithm::kSha256, ChecksumType::kComposite, true};
  upload.parts[1].checksum = {ChecksumAlgorithm::kSha256, ChecksumType::kFullObject, sha256("a"),
                              0};
  const auto missing = upload.complete({.parts = {upload.listed(1)}});
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().message,
            "The upload was created using a sha256 checksum. The complete request must include the "
            "checksum for each part. It was missing for part 1 in the request.");
  ListedPart listed = upload.listed(1);
  listed.checksums.sha256 = base64_encode(sha256("a"));
  const std::string whole = base64_encode(sha256(sha256("a")));
  const auto planned = upload.complete({.parts = {listed}, .checksums = {.sha256 = whole + "-1"}});
  ASSERT_TRUE(planned.has_value());
  EXPECT_EQ(planned->checksum.text(), whole + "-1");
  EXPECT_FALSE(
      upload.complete({.parts = {listed}, .checksums = {.sha256 = whole + "-2"}}).has_value());
}

TEST(Multipart, PartsCarryTheUploadsAlgorithm) {
  const MultipartChecksum composite{ChecksumAlgorithm::kCrc32c, ChecksumType::kComposite, true};
  const MultipartChecksum unchosen;
  const DeclaredChecksum crc32{ChecksumAlgorithm::kCrc32, "y/Q5Jg=="};
  const auto mismatch = part_checksum(composite, crc32);
  ASSERT_FALSE(mismatch.has_value());
  EXPECT_EQ(
      mismatch.error().message,
      "Checksum Type mismatch occurred, expected checksum Type: crc32c, actual checksum Type: "
      "crc32");
  EXPECT_FALSE(part_checksum(composite, std::nullopt).has_value());
  EXPECT_EQ(part_checksum(unchosen, crc32).value(), ChecksumAlgorithm::kCrc32);
  EXPECT_EQ(part_checksum(unchosen, std::nullopt).value(), std::nullopt);
}

}  // namespace
}  // namespace penstock::s3
