// Tag rules. Characters: letters, digits and blanks of any script, and + - = . _ : / @.
#include "services/s3/tagging.h"

#include <algorithm>
#include <cstddef>
#include <set>

#include "base/bytes.h"
#include "base/limits.h"
#include "services/s3/errors.h"

namespace penstock::s3 {
namespace {

using protocol::ApiResult;

// Characters, not bytes. Requires valid UTF-8.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

bool has_only_tag_characters(std::string_view text) {
  static constexpr std::string_view kSigns = " +-=._:/@";
  return is_valid_utf8(text) && std::ranges::all_of(text, [](char c) {
           return (c & 0x80) != 0 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  (c >= '0' && c <= '9') || kSigns.find(c) != std::string_view::npos;
         });
}

ApiError malformed_header(std::string_view header) {
  return invalid_argument(
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters "
      "without tag name duplicates.",
      "x-amz-tagging", header);
}

}  // namespace

ApiResult<void> check_tags(const TagList& tags, TagOwner owner) {
  const bool object = owner == TagOwner::kObject;
  const std::size_t max = object ? limits::kS3ObjectTagsMax : limits::kS3BucketTagsMax;
  if (tags.size() > max) return std::unexpected(too_many_tags(object ? "Object" : "Bucket", max));
  std::set<std::string_view> seen;
  for (const auto& [key, value] : tags) {
    if (key.empty() || !has_only_tag_characters(key) || characters(key) > 128) {
      return std::unexpected(invalid_tag("The TagKey you have provided is invalid", "TagKey", key));
    }
    if (!has_only_tag_characters(value) || characters(value) > 256) {
      return std::unexpected(
          invalid_tag("The TagValue you have provided is invalid", "TagValue", value));
    }
    if (to_lower(key).starts_with("aws:")) {
      return std::unexpected(
          invalid_tag("System tags cannot be added/updated by requester", "TagKey", key));
    }
    if (!seen.insert(key).second) {
      return std::unexpected(
          invalid_tag("Cannot provide multiple Tags with the same key", "TagKey", key));
    }
  }
  return {};
}

ApiResult<TagList> parse_tagging_header(const std::string& header) {
  TagList tags;
  std::set<std::string> seen;
  std::string_view rest = header;
  while (!rest.empty()) {
    const std::size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    std::string key = percent_decode(pair.substr(0, equals), true);
    std::string value = equals == std::string_view::npos
                            ? std::string()
                            : percent_decode(pair.substr(equals + 1), true);
    if (!is_valid_utf8(key) || !is_valid_utf8(value) || !seen.insert(key).second) {
      return std::unexpected(malformed_header(header));
    }
    tags.emplace_back(std::move(key), std::move(value));
  }
  if (auto good = check_tags(tags, TagOwner::kObject); !good) return std::unexpected(good.error());
  return tags;
}

}  // namespace penstock::s3
