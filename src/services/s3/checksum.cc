// Checksum names, computation and comparison. The rules for which type goes with which algorithm
// are in multipart_checksum(); the arithmetic of CRCs is in crc.cc.
#include "services/s3/checksum.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "base/bytes.h"
#include "base/check.h"
#include "base/crc.h"
#include "services/s3/errors.h"

namespace penstock::s3 {
namespace {

using protocol::ApiResult;

struct AlgorithmRow {
  ChecksumAlgorithm algorithm;
  std::string_view name;
  std::string_view lower;
  std::size_t bytes;
};
constexpr std::array<AlgorithmRow, 5> kAlgorithms = {{
    {ChecksumAlgorithm::kCrc32, "CRC32", "crc32", 4},
    {ChecksumAlgorithm::kCrc32c, "CRC32C", "crc32c", 4},
    {ChecksumAlgorithm::kCrc64Nvme, "CRC64NVME", "crc64nvme", 8},
    {ChecksumAlgorithm::kSha1, "SHA1", "sha1", 20},
    {ChecksumAlgorithm::kSha256, "SHA256", "sha256", 32},
}};

const AlgorithmRow& row(ChecksumAlgorithm algorithm) {
  for (const AlgorithmRow& r : kAlgorithms) {
    if (r.algorithm == algorithm) return r;
  }
  CHECK(false);
  return kAlgorithms[0];
}

template <typename Word>
std::string big_endian(Word value) {
  std::string raw(sizeof(Word), '\0');
  for (std::size_t i = 0; i < sizeof(Word); ++i) {
    raw[i] = static_cast<char>(value >> (8 * (sizeof(Word) - 1 - i)));
  }
  return raw;
}

std::uint64_t from_big_endian(std::string_view raw) {
  std::uint64_t value = 0;
  for (const char c : raw) value = (value << 8) | static_cast<unsigned char>(c);
  return value;
}

bool is_sha(ChecksumAlgorithm algorithm) {
  return algorithm == ChecksumAlgorithm::kSha1 || algorithm == ChecksumAlgorithm::kSha256;
}

}  // namespace

Digest::Digest(Kind kind) : context_(EVP_MD_CTX_new()) {
  const EVP_MD* method = kind == Kind::kMd5    ? EVP_md5()
                         : kind == Kind::kSha1 ? EVP_sha1()
                                               : EVP_sha256();
  CHECK(EVP_DigestInit_ex(context_.get(), method, nullptr) == 1);
}

void Digest::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

void Digest::update(std::string_view bytes) {
  CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::string Digest::finish() {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  CHECK(EVP_DigestFinal_ex(context_.get(), out, &size) == 1);
  return std::string(reinterpret_cast<char*>(out), size);
}

std::string_view to_string(ChecksumAlgorithm algorithm) { return row(algorithm).name; }

std::string_view to_string(ChecksumType type) {
  return type == ChecksumType::kFullObject ? "FULL_OBJECT" : "COMPOSITE";
}

std::optional<ChecksumAlgorithm> checksum_algorithm_from(std::string_view name) {
  for (const AlgorithmRow& r : kAlgorithms) {
    if (equals_ignore_case(r.name, name)) return r.algorithm;
  }
  return std::nullopt;
}

std::string header_name(ChecksumAlgorithm algorithm) {
  return fmt::format("x-amz-checksum-{}", row(algorithm).lower);
}

std::size_t raw_bytes(ChecksumAlgorithm algorithm) { return row(algorithm).bytes; }

std::string Checksum::text() const {
  std::string encoded = base64_encode(raw);
  return type == ChecksumType::kComposite ? fmt::format("{}-{}", encoded, parts_count) : encoded;
}

ChecksumHasher::ChecksumHasher(ChecksumAlgorithm algorithm) : algorithm_(algorithm) {
  if (algorithm == ChecksumAlgorithm::kSha1) digest_.emplace(Digest::Kind::kSha1);
  if (algorithm == ChecksumAlgorithm::kSha256) digest_.emplace(Digest::Kind::kSha256);
}

void ChecksumHasher::update(std::string_view bytes) {
  switch (algorithm_) {
    case ChecksumAlgorithm::kCrc32: crc_ = crc32(bytes, static_cast<std::uint32_t>(crc_)); break;
    case ChecksumAlgorithm::kCrc32c: crc_ = crc32c(bytes, static_cast<std::uint32_t>(crc_)); break;
    case ChecksumAlgorithm::kCrc64Nvme: crc_ = crc64nvme(bytes, crc_); break;
    case ChecksumAlgorithm::kSha1:
    case ChecksumAlgorithm::kSha256: digest_->update(bytes); break;
  }
}

std::string ChecksumHasher::finish() {
  if (digest_) return digest_->finish();
  if (algorithm_ == ChecksumAlgorithm::kCrc64Nvme) return big_endian(crc_);
  return big_endian(static_cast<std::uint32_t>(crc_));
}

ApiResult<std::optional<DeclaredChecksum>> declared_checksum(const ChecksumHeaders& headers) {
  const std::array<const std::optional<std::string>*, 5> values = {
      &headers.crc32, &headers.crc32c, &headers.crc64nvme, &headers.sha1, &headers.sha256};
  std::optional<DeclaredChecksum> declared;
  for (std::size_t i = 0; i < kAlgorithms.size(); ++i) {
    if (!*values[i]) continue;
    if (declared) {
      return std::unexpected(invalid_request(
          "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."));
    }
    declared = DeclaredChecksum{kAlgorithms[i].algorithm, **values[i]};
    const auto raw = base64_decode(**values[i]);
    if (!raw || raw->size() != kAlgorithms[i].bytes) {
      return std::unexpected(invalid_request(
          fmt::format("Value for x-amz-checksum-{} header is invalid.", kAlgorithms[i].lower)));
    }
  }
  if (!headers.sdk_algorithm) return declared;
  const auto named = checksum_algorithm_from(*headers.sdk_algorithm);
  if (!named) return std::unexpected(unsupported_checksum_algorithm());
  // The SDKs name the algorithm beside the value; a value of another algorithm is what counts.
  if (!declared) declared = DeclaredChecksum{*named, std::nullopt};
  return declared;
}

ApiResult<void> add_trailing_value(DeclaredChecksum& declared, const std::string* trailing) {
  if (trailing == nullptr) return {};
  const auto raw = base64_decode(*trailing);
  if (!raw || raw->size() != raw_bytes(declared.algorithm)) {
    return std::unexpected(invalid_request(
        fmt::format("Value for {} trailing header is invalid.", header_name(declared.algorithm))));
  }
  declared.value = *trailing;
  return {};
}

ApiResult<void> verify_checksum(const DeclaredChecksum& declared, std::string_view computed_raw) {
  if (!declared.value) return {};
  if (base64_decode(*declared.value) == computed_raw) return {};
  return std::unexpected(checksum_mismatch(to_string(declared.algorithm)));
}

ApiResult<std::string> decode_content_md5(const std::string& header) {
  auto raw = base64_decode(header);
  if (!raw || raw->size() != 16) return std::unexpected(invalid_digest(header));
  return *std::move(raw);
}

ApiResult<MultipartChecksum> multipart_checksum(const std::optional<std::string>& algorithm,
                                                const std::optional<std::string>& type) {
  MultipartChecksum chosen;
  if (!algorithm) {
    if (!type) return chosen;
    return std::unexpected(
        invalid_request("The x-amz-checksum-type header can only be used with the "
                        "x-amz-checksum-algorithm header."));
  }
  const auto named = checksum_algorithm_from(*algorithm);
  if (!named) return std::unexpected(unsupported_checksum_algorithm());
  chosen.algorithm = *named;
  chosen.chosen = true;
  const bool only_full = *named == ChecksumAlgorithm::kCrc64Nvme;
  if (!type) {
    chosen.type = only_full ? ChecksumType::kFullObject : ChecksumType::kComposite;
    return chosen;
  }
  if (*type == "COMPOSITE") {
    chosen.type = ChecksumType::kComposite;
  } else if (*type != "FULL_OBJECT") {
    return std::unexpected(invalid_request("Value for x-amz-checksum-type header is invalid."));
  }
  const bool composite = chosen.type == ChecksumType::kComposite;
  if ((composite && only_full) || (!composite && is_sha(*named))) {
    return std::unexpected(invalid_request(
        fmt::format("The {} checksum type cannot be used with the {} checksum algorithm.", *type,
                    to_lower(to_string(*named)))));
  }
  return chosen;
}

Checksum checksum_of_parts(ChecksumAlgorithm algorithm, ChecksumType type,
                           std::span<const ChecksumOfPart> parts) {
  Checksum whole{algorithm, type, {}, 0};
  if (type == ChecksumType::kComposite) {
    ChecksumHasher hasher(algorithm);
    for (const ChecksumOfPart& part : parts) hasher.update(part.raw);
    whole.raw = hasher.finish();
    whole.parts_count = static_cast<std::uint32_t>(parts.size());
    return whole;
  }
  std::uint64_t crc = 0;
  for (const ChecksumOfPart& part : parts) {
    const std::uint64_t value = from_big_endian(part.raw);
    const auto a = static_cast<std::uint32_t>(crc), b = static_cast<std::uint32_t>(value);
    switch (algorithm) {
      case ChecksumAlgorithm::kCrc32: crc = combine_crc32(a, b, part.bytes); break;
      case ChecksumAlgorithm::kCrc32c: crc = combine_crc32c(a, b, part.bytes); break;
      case ChecksumAlgorithm::kCrc64Nvme: crc = combine_crc64nvme(crc, value, part.bytes); break;
      case ChecksumAlgorithm::kSha1:
      case ChecksumAlgorithm::kSha256: CHECK(false); break;  // Refused when the upload is created.
    }
  }
  whole.raw = algorithm == ChecksumAlgorithm::kCrc64Nvme
                  ? big_endian(crc)
                  : big_endian(static_cast<std::uint32_t>(crc));
  return whole;
}

}  // namespace penstock::s3
