// x-amz-copy-source: `bucket/key?versionId=…`, URL-encoded, with or without a leading slash. Pure.
#pragma once

#include <optional>
#include <string>

#include "protocol/api_error.h"

namespace penstock::s3 {

struct CopySource {
  std::string bucket;
  std::string key;
  std::optional<std::string> version_id;
};

protocol::ApiResult<CopySource> parse_copy_source(const std::string& header);

}  // namespace penstock::s3
