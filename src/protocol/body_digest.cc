// S3's integrity headers on document bodies, refused in S3's words.
#include "protocol/body_digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/check.h"
#include "base/crc.h"

namespace penstock::protocol {
namespace {

template <typename Word>
std::string big_endian(Word value) {
  std::string raw(sizeof(Word), '\0');
  for (std::size_t i = 0; i < sizeof(Word); ++i) {
    raw[i] = static_cast<char>(value >> (8 * (sizeof(Word) - 1 - i)));
  }
  return raw;
}

std::string crc32_of(std::string_view body) { return big_endian(crc32(body)); }
std::string crc32c_of(std::string_view body) { return big_endian(crc32c(body)); }
std::string crc64_of(std::string_view body) { return big_endian(crc64nvme(body)); }
std::string sha1_of(std::string_view body) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  CHECK(EVP_Digest(body.data(), body.size(), out, &size, EVP_sha1(), nullptr) == 1);
  return std::string(reinterpret_cast<char*>(out), size);
}

struct Checksum {
  std::string_view name, header;
  std::string (*compute)(std::string_view body);
};
constexpr Checksum kChecksums[] = {
    {"CRC32", "x-amz-checksum-crc32", crc32_of},
    {"CRC32C", "x-amz-checksum-crc32c", crc32c_of},
    {"CRC64NVME", "x-amz-checksum-crc64nvme", crc64_of},
    {"SHA1", "x-amz-checksum-sha1", sha1_of},
    {"SHA256", "x-amz-checksum-sha256", sha256},
};

}  // namespace

ApiResult<void> check_body_digest(const OperationInfo& operation, const net::Headers& headers,
                                  std::string_view body) {
  bool any = false;
  if (const std::string* sent = headers.find("content-md5")) {
    any = true;
    const auto raw = base64_decode(*sent);
    if (!raw || raw->size() != 16) {
      ApiError error("InvalidDigest", "The Content-MD5 you specified was invalid.");
      error.members.push_back(text_member("Content_MD5", *sent));
      return std::unexpected(std::move(error));
    }
    if (const std::string computed = md5(body); *raw != computed) {
      ApiError error("BadDigest", "The Content-MD5 you specified did not match what we received.");
      error.members.push_back(text_member("ExpectedDigest", *sent));
      error.members.push_back(text_member("CalculatedDigest", base64_encode(computed)));
      return std::unexpected(std::move(error));
    }
  }
  for (const Checksum& checksum : kChecksums) {
    const std::string* sent = headers.find(checksum.header);
    if (sent == nullptr) continue;
    any = true;
    if (*sent != base64_encode(checksum.compute(body))) {
      return refuse("BadDigest",
                    fmt::format("The {} you specified did not match the calculated checksum.",
                                checksum.name));
    }
  }
  if (!any && operation.name == "DeleteObjects") {
    return refuse("InvalidRequest", "Missing required header for this request: Content-MD5");
  }
  return {};
}

}  // namespace penstock::protocol
