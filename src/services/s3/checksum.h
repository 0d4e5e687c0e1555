// Checksums of objects and parts: computed while the bytes pass, compared with what the client
// said, and combined when a multipart upload is completed. Pure but for the bytes they are fed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/api_error.h"

struct evp_md_ctx_st;

namespace penstock::s3 {

// A streaming digest of OpenSSL.
class Digest {
 public:
  enum class Kind { kMd5, kSha1, kSha256 };
  explicit Digest(Kind kind);
  void update(std::string_view bytes);
  std::string finish();  // Raw bytes. Call once.

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

// The numbers are part of the storage format.
enum class ChecksumAlgorithm : std::uint8_t {
  kCrc32 = 1,
  kCrc32c = 2,
  kCrc64Nvme = 3,
  kSha1 = 4,
  kSha256 = 5,
};
enum class ChecksumType : std::uint8_t { kFullObject = 0, kComposite = 1 };

std::string_view to_string(ChecksumAlgorithm algorithm);  // CRC32, CRC64NVME…
std::string_view to_string(ChecksumType type);            // FULL_OBJECT, COMPOSITE
std::optional<ChecksumAlgorithm> checksum_algorithm_from(std::string_view name);
std::string header_name(ChecksumAlgorithm algorithm);  // x-amz-checksum-crc32
std::size_t raw_bytes(ChecksumAlgorithm algorithm);

// What is kept of an object's or part's checksum.
struct Checksum {
  ChecksumAlgorithm algorithm = ChecksumAlgorithm::kCrc64Nvme;
  ChecksumType type = ChecksumType::kFullObject;
  std::string raw;                // Big-endian value.
  std::uint32_t parts_count = 0;  // For composite ones: what stands behind the hyphen.

  std::string text() const;  // Base64, with "-N" when composite.
  friend bool operator==(const Checksum&, const Checksum&) = default;
};

class ChecksumHasher {
 public:
  explicit ChecksumHasher(ChecksumAlgorithm algorithm);
  ChecksumAlgorithm algorithm() const { return algorithm_; }
  void update(std::string_view bytes);
  std::string finish();  // Raw bytes. Call once.

 private:
  ChecksumAlgorithm algorithm_;
  std::uint64_t crc_ = 0;
  std::optional<Digest> digest_;
};

// What a client declares about the bytes it sends: at most one algorithm, perhaps its value. The
// value may be absent when only the algorithm is named: then S3 computes it.
struct DeclaredChecksum {
  ChecksumAlgorithm algorithm;
  std::optional<std::string> value;  // Base64, as sent.
};

// The header values as they stand in requests; absent ones are nullopt.
struct ChecksumHeaders {
  std::optional<std::string> crc32, crc32c, crc64nvme, sha1, sha256;
  std::optional<std::string>
      sdk_algorithm;  // x-amz-sdk-checksum-algorithm or x-amz-checksum-algorithm
};

// Refuses several values, values of the wrong form and unknown algorithms, in AWS's words.
protocol::ApiResult<std::optional<DeclaredChecksum>> declared_checksum(
    const ChecksumHeaders& headers);

// The value that follows the body as a trailing header, once the body was read. Refuses one of
// wrong form.
protocol::ApiResult<void> add_trailing_value(DeclaredChecksum& declared,
                                             const std::string* trailing);

// Refuses (BadDigest) when a value was declared and is not the computed one.
protocol::ApiResult<void> verify_checksum(const DeclaredChecksum& declared,
                                          std::string_view computed_raw);

// Content-MD5: 16 bytes in base64, or InvalidDigest.
protocol::ApiResult<std::string> decode_content_md5(const std::string& header);

// What CreateMultipartUpload's two checksum headers mean.
struct MultipartChecksum {
  ChecksumAlgorithm algorithm = ChecksumAlgorithm::kCrc64Nvme;
  ChecksumType type = ChecksumType::kFullObject;
  bool chosen = false;  // The client named the algorithm.
};
protocol::ApiResult<MultipartChecksum> multipart_checksum(
    const std::optional<std::string>& algorithm, const std::optional<std::string>& type);

struct ChecksumOfPart {
  std::string_view raw;
  std::uint64_t bytes;
};
// The checksum of the whole from those of its parts, in order.
Checksum checksum_of_parts(ChecksumAlgorithm algorithm, ChecksumType type,
                           std::span<const ChecksumOfPart> parts);

}  // namespace penstock::s3
