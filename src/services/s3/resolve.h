// From the names in a request to what they mean, or the refusal.
#pragma once

#include <optional>
#include <string>

#include "protocol/api_error.h"
#include "protocol/context.h"
#include "services/s3/registry.h"

namespace penstock::s3 {

struct Service;

// The bucket, when it exists and belongs to the caller: without bucket policies and ACLs no other
// account has access.
protocol::ApiResult<BucketRef> find_bucket(Service& service, const protocol::Context& context,
                                           const std::string& name,
                                           const std::optional<std::string>& expected_owner);

// Keys that S3 refuses.
protocol::ApiResult<void> check_key(const std::string& key);

// Buckets here never had versioning, so an object's only version is called "null".
protocol::ApiResult<void> check_version(const std::optional<std::string>& version_id,
                                        const std::string& key);

}  // namespace penstock::s3
