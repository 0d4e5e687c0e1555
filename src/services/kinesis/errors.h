// The refusals of Kinesis, in AWS's words.
#pragma once

#include <string>
#include <string_view>

#include "protocol/api_error.h"
#include "services/kinesis/stream.h"

namespace penstock::kinesis {

// A decision of the domain: kInvalid, kNotFound, kConflict and kLimit become AWS's codes.
protocol::ApiError refusal(const Error& error);

protocol::ApiError invalid_argument(std::string message);
protocol::ApiError validation(std::string message);
protocol::ApiError stream_not_found(const Place& place, std::string_view name);
protocol::ApiError stream_exists(const Place& place, std::string_view name);
protocol::ApiError stream_not_active(const Place& place, std::string_view name,
                                     StreamStatus status);
protocol::ApiError shard_not_found(const Place& place, std::string_view name,
                                   std::string_view shard);
// A shard that was read too often, or too much of it.
protocol::ApiError read_throttled(const Place& place, std::string_view name,
                                  std::string_view shard);
// Whether the account may have so many shards more.
protocol::ApiResult<void> check_shard_quota(const Place& place, std::size_t present,
                                            std::size_t additional);

}  // namespace penstock::kinesis
