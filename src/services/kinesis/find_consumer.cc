// ARNs and names of consumers in requests. AWS's words for what is missing here are not known;
// those follow its words for a consumer that is not ACTIVE.
#include "services/kinesis/find_consumer.h"

#include <fmt/format.h>

#include "services/kinesis/errors.h"
#include "services/kinesis/kinesis.h"
#include "services/kinesis/resolve.h"

namespace penstock::kinesis {
namespace {

using protocol::ApiError;
using protocol::ApiResult;

ApiError no_such_consumer(const ConsumerName& consumer) {
  return {"ResourceNotFoundException",
          fmt::format("Consumer {} with creation timestamp {} under stream {} and account {} not "
                      "found.",
                      consumer.name, consumer.created_seconds, consumer.stream.name,
                      consumer.stream.place.account)};
}

ApiResult<std::shared_ptr<LiveConsumer>> by_arn(Service& service, const protocol::Context& context,
                                                const ConsumerRequest& request) {
  const std::optional<ConsumerName> wanted = parse_consumer_arn(*request.arn);
  if (!wanted) {
    return std::unexpected(invalid_argument("ConsumerARN " + *request.arn + " is not valid."));
  }
  const bool other_stream =
      request.stream_arn &&
      *request.stream_arn != stream_arn(wanted->stream.place, wanted->stream.name);
  if (other_stream || (request.name && *request.name != wanted->name)) {
    return std::unexpected(invalid_argument("ConsumerARN " + *request.arn +
                                            " does not agree with StreamARN and ConsumerName."));
  }
  if (wanted->stream.place != context.place()) return std::unexpected(no_such_consumer(*wanted));
  const auto stream = service.streams.find(wanted->stream.place, wanted->stream.name);
  auto found = stream ? service.consumers.find(stream->id(), wanted->name) : nullptr;
  if (!found || found->created_seconds() != wanted->created_seconds) {
    return std::unexpected(no_such_consumer(*wanted));
  }
  return found;
}

}  // namespace

ApiError consumer_not_found(const LiveConsumer& consumer) {
  return no_such_consumer(*parse_consumer_arn(consumer.arn()));
}

ApiResult<std::shared_ptr<LiveConsumer>> find_consumer(Service& service,
                                                       const protocol::Context& context,
                                                       const ConsumerRequest& request) {
  if (request.arn) return by_arn(service, context, request);
  if (!request.stream_arn || !request.name) {
    return std::unexpected(
        invalid_argument("Either ConsumerARN or StreamARN and ConsumerName must be specified."));
  }
  TRY(const auto stream, resolve_stream(service, context, std::nullopt, request.stream_arn));
  auto found = service.consumers.find(stream->id(), *request.name);
  if (found) return found;
  return std::unexpected(
      ApiError("ResourceNotFoundException",
               fmt::format("Consumer {} under stream {} and account {} not found.", *request.name,
                           stream->name(), stream->place().account)));
}

}  // namespace penstock::kinesis
