// Checks of the headers that S3 keeps with an object.
#include "services/s3/attributes.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/bytes.h"
#include "base/limits.h"
#include "services/s3/errors.h"

namespace penstock::s3 {

using protocol::ApiResult;

ApiResult<UserMetadata> checked_metadata(
    const std::optional<std::map<std::string, std::string>>& metadata) {
  UserMetadata kept;
  if (!metadata) return kept;
  std::size_t bytes = 0;
  for (const auto& [name, value] : *metadata) {
    bytes += name.size() + value.size();
    kept.emplace_back(to_lower(name), value);
  }
  if (bytes > limits::kS3UserMetadataBytesMax) {
    return std::unexpected(metadata_too_large(bytes, limits::kS3UserMetadataBytesMax));
  }
  return kept;
}

ApiResult<std::string> checked_storage_class(const std::optional<std::string>& requested) {
  constexpr std::array<std::string_view, 6> kKept = {
      "STANDARD",   "REDUCED_REDUNDANCY",  "STANDARD_IA",
      "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"};
  constexpr std::array<std::string_view, 2> kArchives = {"GLACIER", "DEEP_ARCHIVE"};
  if (!requested) return std::string(kKept.front());
  if (std::ranges::find(kKept, *requested) != kKept.end()) return *requested;
  if (std::ranges::find(kArchives, *requested) != kArchives.end()) {
    return std::unexpected(
        header_not_implemented("x-amz-storage-class", "Archive storage classes are not supported"));
  }
  return std::unexpected(invalid_storage_class(*requested));
}

std::string without_aws_chunked(const std::string& content_encoding) {
  std::string kept;
  std::string_view rest = content_encoding;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    std::string_view coding = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    while (coding.starts_with(' ')) coding.remove_prefix(1);
    while (coding.ends_with(' ')) coding.remove_suffix(1);
    if (coding.empty() || equals_ignore_case(coding, "aws-chunked")) continue;
    if (!kept.empty()) kept += ',';
    kept += coding;
  }
  return kept;
}

ApiResult<std::string> checked_redirect(const std::optional<std::string>& location) {
  if (!location) return std::string();
  if (location->starts_with('/') || location->starts_with("http://") ||
      location->starts_with("https://")) {
    return *location;
  }
  return std::unexpected(ApiError{
      "InvalidRedirectLocation",
      "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.", 400});
}

}  // namespace penstock::s3
