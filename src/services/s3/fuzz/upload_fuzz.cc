// What clients say of their bytes: checksums, digests, conditions, names, and the list of parts of
// a multipart upload. Nothing aborts, and a plan that is accepted covers the parts it names. The
// input is a list of lines: <part number> <ETag> <checksum>.
#include <charconv>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "base/limits.h"
#include "services/s3/conditions.h"
#include "services/s3/multipart.h"
#include "services/s3/names.h"

namespace penstock::s3 {
namespace {

std::string_view take(std::string_view& text, char end) {
  const std::string_view part = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

void complete(std::string_view text, const MultipartChecksum& upload) {
  static const std::map<std::int32_t, PartRecord> kParts = [] {
    std::map<std::int32_t, PartRecord> parts;
    for (const std::int32_t number : {1, 2, 3}) {
      PartRecord& part = parts[number];
      part.md5 = md5("part");
      part.bytes = number == 3 ? 4 : limits::kS3PartBytesMin;
      part.checksum = {ChecksumAlgorithm::kCrc32, ChecksumType::kFullObject, "\x01\x02\x03\x04"};
    }
    return parts;
  }();
  Completion completion;
  while (!text.empty()) {
    std::string_view line = take(text, '\n');
    const std::string_view number = take(line, ' '), etag = take(line, ' ');
    ListedPart& part = completion.parts.emplace_back();
    std::from_chars(number.data(), number.data() + number.size(), part.number);
    part.etag = etag;
    if (!line.empty()) part.checksums.crc32 = std::string(line);
  }
  const auto plan = plan_completion("upload", upload, completion, [&](std::int32_t number) {
    const auto found = kParts.find(number);
    return found == kParts.end() ? nullptr : &found->second;
  });
  if (!plan) return;
  CHECK(plan->parts.size() == completion.parts.size());
  std::uint64_t bytes = 0;
  for (const PartSummary& part : plan->parts) bytes += part.bytes;
  CHECK(bytes == plan->bytes);
}

void declared(const std::string& text) {
  for (std::optional<std::string> ChecksumHeaders::* header :
       {&ChecksumHeaders::crc32, &ChecksumHeaders::crc64nvme, &ChecksumHeaders::sha256,
        &ChecksumHeaders::sdk_algorithm}) {
    ChecksumHeaders headers;
    headers.*header = text;
    const auto found = declared_checksum(headers);
    if (!found || !*found) continue;
    DeclaredChecksum checksum = **found;
    (void)add_trailing_value(checksum, &text);
    ChecksumHasher hasher(checksum.algorithm);
    hasher.update(text);
    (void)verify_checksum(checksum, hasher.finish());
  }
  if (const auto digest = decode_content_md5(text)) CHECK(digest->size() == 16);
  (void)multipart_checksum(text, std::nullopt);
  (void)multipart_checksum("CRC32", text);
}

}  // namespace
}  // namespace penstock::s3

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock;
  using namespace penstock::s3;
  const std::string text(reinterpret_cast<const char*>(data), size);
  complete(text, {ChecksumAlgorithm::kCrc32, ChecksumType::kFullObject, true});
  complete(text, {ChecksumAlgorithm::kCrc32, ChecksumType::kComposite, true});
  declared(text);
  if (is_valid_bucket_name(text)) CHECK(size >= 3 && size <= 63);
  if (judge_key(text) == KeyVerdict::kGood) CHECK(is_valid_utf8(text));
  (void)is_plausible_region(text);
  (void)has_version_id_form(text);
  const WriteConditions conditions{.if_match = text};
  const Validators current{"abc", {}};
  if (check_write_form(conditions)) (void)check_write(conditions, &current, "key");
  (void)check_read({.if_none_match = text}, current);
  CHECK(unquoted(quoted(text)) == text || text.find('"') != std::string::npos);
  return 0;
}
