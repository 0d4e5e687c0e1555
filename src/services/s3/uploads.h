// What the operations on multipart uploads share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/api_error.h"
#include "services/s3/records.h"
#include "services/s3/registry.h"

namespace penstock::s3 {

struct Service;

std::uint64_t upload_turn_key(std::string_view upload_id);

// All durable parts, in order of their numbers.
Task<Result<std::vector<std::pair<std::int32_t, PartRecord>>>> all_parts(Service& service,
                                                                         std::string upload_id);

// Returns when all parts that were submitted before are durable. Requires the upload's turn.
protocol::Reply<void> upload_barrier(Service& service, BucketRef bucket, std::string key,
                                     std::string upload_id, UploadRecord upload);

}  // namespace penstock::s3
