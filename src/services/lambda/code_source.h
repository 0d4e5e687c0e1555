// Where a package comes from: the request itself, or an object of S3.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "protocol/api_error.h"
#include "protocol/context.h"
#include "services/lambda/lambda.h"

namespace penstock::lambda {

struct CodeSource {
  std::optional<Blob> zip_file;
  std::optional<std::string> s3_bucket, s3_key, s3_object_version;
  std::optional<std::string> image_uri, source_kms_key_arn;
};

// Fetches, checks and keeps the package. `operation` is for the wording of refusals.
protocol::Reply<Code> take_code(Service& service, protocol::Context context, CodeSource source);
// The role must exist and trust Lambda.
protocol::Reply<bool> check_role(Service& service, std::string role_arn, std::string function_arn);

}  // namespace penstock::lambda
