// Checksums: published check values, combination against direct computation, and the refusals.
#include "services/s3/checksum.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/bytes.h"
#include "base/crc.h"

namespace penstock::s3 {
namespace {

std::string hash(ChecksumAlgorithm algorithm, std::string_view bytes) {
  ChecksumHasher hasher(algorithm);
  hasher.update(bytes.substr(0, bytes.size() / 3));
  hasher.update(bytes.substr(bytes.size() / 3));
  return to_hex(hasher.finish());
}

// The check values of the CRC catalogue ("123456789"), and FIPS 180-4 / RFC 3174 for SHA.
TEST(Checksum, AgreesWithPublishedValues) {
  constexpr std::string_view kInput = "123456789";
  EXPECT_EQ(hash(ChecksumAlgorithm::kCrc32, kInput), "cbf43926");
  EXPECT_EQ(hash(ChecksumAlgorithm::kCrc32c, kInput), "e3069283");
  EXPECT_EQ(hash(ChecksumAlgorithm::kCrc64Nvme, kInput), "ae8b14860a799888");
  EXPECT_EQ(hash(ChecksumAlgorithm::kSha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hash(ChecksumAlgorithm::kSha256, "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

constexpr ChecksumAlgorithm kCrcs[] = {ChecksumAlgorithm::kCrc32, ChecksumAlgorithm::kCrc32c,
                                       ChecksumAlgorithm::kCrc64Nvme};

// Deduced: a full-object checksum of parts is the checksum of the bytes put together.
TEST(Checksum, FullObjectChecksumOfPartsIsThatOfTheWhole) {
  EXPECT_TRUE(rc::check("combine", [](const std::vector<std::string>& parts) {
    for (const ChecksumAlgorithm algorithm : kCrcs) {
      std::string whole;
      std::vector<std::string> raws;
      for (const std::string& part : parts) {
        whole += part;
        ChecksumHasher hasher(algorithm);
        hasher.update(part);
        raws.push_back(hasher.finish());
      }
      std::vector<ChecksumOfPart> of_parts;
      for (std::size_t i = 0; i < parts.size(); ++i) of_parts.push_back({raws[i], parts[i].size()});
      const Checksum combined = checksum_of_parts(algorithm, ChecksumType::kFullObject, of_parts);
      RC_ASSERT(to_hex(combined.raw) == hash(algorithm, whole));
    }
  }));
}

// Documented: a composite checksum is the checksum of the parts' checksums, "-N" behind it.
TEST(Checksum, CompositeIsTheChecksumOfChecksums) {
  const std::string a(32, 'a'), b(32, 'b');
  const ChecksumOfPart parts[] = {{a, 5}, {b, 6}};
  const Checksum whole =
      checksum_of_parts(ChecksumAlgorithm::kSha256, ChecksumType::kComposite, parts);
  EXPECT_EQ(whole.raw, sha256(a + b));
  EXPECT_EQ(whole.text(), base64_encode(sha256(a + b)) + "-2");
}

struct Declared {
  std::string_view name;
  ChecksumHeaders headers;
  std::string_view message;  // Empty: accepted.
};

// Messages recorded by public suites (fact sheet 3.2 and 3.6).
TEST(Checksum, RefusesWhatIsDeclaredWrongly) {
  const std::vector<Declared> cases = {
      {"nothing", {}, ""},
      {"a value", {.crc32 = "y/Q5Jg=="}, ""},
      {"an algorithm alone", {.sdk_algorithm = "SHA256"}, ""},
      {"a value and its algorithm", {.crc32 = "y/Q5Jg==", .sdk_algorithm = "CRC32"}, ""},
      {"not base64", {.sha256 = "???"}, "Value for x-amz-checksum-sha256 header is invalid."},
      {"too short", {.sha1 = "y/Q5Jg=="}, "Value for x-amz-checksum-sha1 header is invalid."},
      {"two of them",
       {.crc32 = "y/Q5Jg==", .crc32c = "y/Q5Jg=="},
       "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."},
      {"unknown algorithm",
       {.sdk_algorithm = "MD4"},
       "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
       "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"},
  };
  for (const Declared& c : cases) {
    SCOPED_TRACE(c.name);
    const auto declared = declared_checksum(c.headers);
    EXPECT_EQ(declared.has_value(), c.message.empty());
    if (!declared) {
      EXPECT_EQ(declared.error().code, "InvalidRequest");
      EXPECT_EQ(declared.error().message, c.message);
    }
  }
}

TEST(Checksum, ComparesTheDeclaredValue) {
  const DeclaredChecksum declared{ChecksumAlgorithm::kCrc32, "y/Q5Jg=="};
  EXPECT_TRUE(verify_checksum(declared, "\xcb\xf4\x39\x26").has_value());
  const auto refused = verify_checksum(declared, "\xcb\xf4\x39\x27");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "BadDigest");
  EXPECT_EQ(refused.error().message,
            "The CRC32 you specified did not match the calculated checksum.");
}

struct Matrix {
  std::optional<std::string> algorithm, type;
  bool accepted;
  ChecksumType chosen = ChecksumType::kFullObject;
};

// Documented under "Checking object integrity": which types go with which algorithms.
TEST(Checksum, KnowsWhichTypeGoesWithWhichAlgorithm) {
  const std::vector<Matrix> cases = {
      {std::nullopt, std::nullopt, true, ChecksumType::kFullObject},
      {std::nullopt, "COMPOSITE", false},
      {"CRC32", std::nullopt, true, ChecksumType::kComposite},
      {"CRC32", "FULL_OBJECT", true, ChecksumType::kFullObject},
      {"CRC32C", "COMPOSITE", true, ChecksumType::kComposite},
      {"CRC64NVME", std::nullopt, true, ChecksumType::kFullObject},
      {"CRC64NVME", "COMPOSITE", false},
      {"SHA1", std::nullopt, true, ChecksumType::kComposite},
      {"SHA256", "FULL_OBJECT", false},
      {"SHA256", "PARTIAL", false},
      {"XXHASH3", std::nullopt, false},
  };
  for (const Matrix& c : cases) {
    SCOPED_TRACE(c.algorithm.value_or("-") + " " + c.type.value_or("-"));
    const auto chosen = multipart_checksum(c.algorithm, c.type);
    ASSERT_EQ(chosen.has_value(), c.accepted);
    if (chosen) EXPECT_EQ(chosen->type, c.chosen);
  }
}

TEST(Checksum, ContentMd5MustBeSixteenBytes) {
  EXPECT_TRUE(decode_content_md5("1B2M2Y8AsgTpgAmY7PhCfg==").has_value());
  for (const char* bad : {"", "rL0Y20zC+Fzt72VPzMSk2A", "aGVsbG8=", "not base64!"}) {
    const auto refused = decode_content_md5(bad);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, "InvalidDigest");
  }
}

}  // namespace
}  // namespace penstock::s3
