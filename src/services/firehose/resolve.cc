// From names to streams, and from role ARNs to permission.
#include "services/firehose/resolve.h"

#include "services/firehose/errors.h"
#include "services/firehose/firehose.h"

namespace penstock::firehose {

using protocol::ApiResult;
using protocol::Reply;

ApiResult<std::shared_ptr<LiveStream>> resolve_stream(Service& service,
                                                      const protocol::Context& context,
                                                      const std::string& name) {
  auto stream = service.streams.find(context.place(), name);
  if (!stream || stream->status() == StreamStatus::kCreating) {
    return std::unexpected(stream_not_found(context.account, name));
  }
  return stream;
}

Reply<void> check_role(Service& service, std::string role_arn) {
  if (!service.deps.check_role) co_return ApiResult<void>();
  ApiResult<void> checked = co_await service.deps.check_role(role_arn, "firehose.amazonaws.com");
  if (!checked) co_return std::unexpected(cannot_assume_role(role_arn));
  co_return ApiResult<void>();
}

std::uint64_t turn_key(const Place& place, std::string_view name) {
  return hash_bytes(name, hash_bytes(place.account + '/' + place.region));
}

}  // namespace penstock::firehose
