// How results are written: what a workgroup sets, what a client asks for, and which of them counts.
// Pure.
#pragma once

#include "gen/athena/shapes.h"
#include "gen/s3/shapes.h"
#include "protocol/api_error.h"

namespace penstock::athena {

// Refuses an output location that is no S3 path, and encryption that S3 here does not do.
protocol::ApiResult<void> check_results(const api::ResultConfiguration& results);

// The settings of one execution. A workgroup that enforces its own has the client's ignored, as on
// AWS, but for the location when it has none itself; else the client's count where they are given.
// The location ends with a slash.
protocol::ApiResult<api::ResultConfiguration> effective_results(
    const std::optional<api::ResultConfiguration>& asked, const api::WorkGroup& workgroup);

// What of the settings is S3's business: encryption, the owner of the bucket, the ACL.
void apply_results(s3::api::PutObjectRequest& request, const api::ResultConfiguration& results);

}  // namespace penstock::athena
