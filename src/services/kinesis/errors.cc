// Codes and wording. Those quoted by AWS users and emulators are kept letter by letter.
#include "services/kinesis/errors.h"

#include <fmt/format.h>

#include "base/limits.h"

namespace penstock::kinesis {

using protocol::ApiError;

ApiError refusal(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kInvalid: return invalid_argument(error.message);
    case ErrorKind::kNotFound: return {"ResourceNotFoundException", error.message};
    case ErrorKind::kConflict: return {"ResourceInUseException", error.message};
    case ErrorKind::kLimit: return {"LimitExceededException", error.message};
    case ErrorKind::kUnavailable:
    case ErrorKind::kCorrupt:
    case ErrorKind::kIo:
    case ErrorKind::kInternal: return error;
  }
  return error;
}

ApiError invalid_argument(std::string message) {
  return {"InvalidArgumentException", std::move(message)};
}

ApiError validation(std::string message) { return {"ValidationException", std::move(message)}; }

ApiError stream_not_found(const Place& place, std::string_view name) {
  return {"ResourceNotFoundException",
          fmt::format("Stream {} under account {} not found.", name, place.account)};
}

ApiError stream_exists(const Place& place, std::string_view name) {
  return {"ResourceInUseException",
          fmt::format("Stream {} under account {} already exists.", name, place.account)};
}

ApiError stream_not_active(const Place& place, std::string_view name, StreamStatus status) {
  return {"ResourceInUseException",
          fmt::format("Stream {} under account {} not ACTIVE, instead in state {}", name,
                      place.account, to_string(status))};
}

ApiError shard_not_found(const Place& place, std::string_view name, std::string_view shard) {
  const std::optional<std::uint32_t> index = parse_shard_id(shard);
  return {"ResourceNotFoundException",
          fmt::format("Shard {} in stream {} under account {} does not exist",
                      index ? shard_id(*index) : std::string(shard), name, place.account)};
}

ApiError read_throttled(const Place& place, std::string_view name, std::string_view shard) {
  return {"ProvisionedThroughputExceededException",
          fmt::format("Rate exceeded for Shard - {}/{}/{}", place.account, name, shard)};
}

protocol::ApiResult<void> check_shard_quota(const Place& place, std::size_t present,
                                            std::size_t additional) {
  if (present + additional <= limits::kKinesisShardsMax) return {};
  return protocol::refuse(
      "LimitExceededException",
      fmt::format("This request would exceed the shard limit for the account {} in {}. Current "
                  "shard count for the account: {}. Limit: {}. Number of additional shards that "
                  "would have resulted from this request: {}. Refer to the AWS Service Limits page "
                  "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for "
                  "current limits and how to request higher limits.",
                  place.account, place.region, present, limits::kKinesisShardsMax, additional));
}

}  // namespace penstock::kinesis
