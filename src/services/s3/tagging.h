// Tag sets of buckets and objects: their rules and the x-amz-tagging header. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/api_error.h"

namespace penstock::s3 {

using TagList = std::vector<std::pair<std::string, std::string>>;  // In the order given.

enum class TagOwner { kObject, kBucket };

// Keys of 1 to 128 and values of up to 256 characters, distinct keys, not aws:…, at most 10
// (objects) or 50 (buckets).
protocol::ApiResult<void> check_tags(const TagList& tags, TagOwner owner);

// `a=1&b=2`, URL-encoded; checked as an object's tags.
protocol::ApiResult<TagList> parse_tagging_header(const std::string& header);

}  // namespace penstock::s3
