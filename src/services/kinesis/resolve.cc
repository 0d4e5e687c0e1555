// Names and ARNs of requests, and the streams behind them.
#include "services/kinesis/resolve.h"

#include "services/kinesis/errors.h"
#include "services/kinesis/kinesis.h"

namespace penstock::kinesis {

using protocol::ApiResult;
using protocol::Context;

ApiResult<StreamName> resolve_name(const Context& context, const std::optional<std::string>& name,
                                   const std::optional<std::string>& arn) {
  // AWS's wording of the next three refusals is not known; the code is.
  if (!name && !arn) {
    return std::unexpected(invalid_argument("Either StreamName or StreamARN is required."));
  }
  if (!arn) return StreamName{context.place(), *name};
  std::optional<StreamName> parsed = parse_stream_arn(*arn);
  if (!parsed) return std::unexpected(invalid_argument("StreamARN " + *arn + " is not valid."));
  if (name && *name != parsed->name) {
    return std::unexpected(
        invalid_argument("StreamName " + *name + " does not belong to StreamARN " + *arn + "."));
  }
  // A stream of another region or account is not served here.
  if (parsed->place != context.place()) {
    return std::unexpected(stream_not_found(parsed->place, parsed->name));
  }
  return std::move(*parsed);
}

ApiResult<std::shared_ptr<LiveStream>> resolve_stream(Service& service, const Context& context,
                                                      const std::optional<std::string>& name,
                                                      const std::optional<std::string>& arn) {
  TRY(const StreamName resolved, resolve_name(context, name, arn));
  std::shared_ptr<LiveStream> stream = service.streams.find(resolved.place, resolved.name);
  if (!stream) return std::unexpected(stream_not_found(resolved.place, resolved.name));
  return stream;
}

ApiResult<std::shared_ptr<LiveStream>> resolve_readable(Service& service, const Context& context,
                                                        const std::optional<std::string>& name,
                                                        const std::optional<std::string>& arn) {
  TRY(std::shared_ptr<LiveStream> stream, resolve_stream(service, context, name, arn));
  if (!stream->takes_records()) {
    return std::unexpected(stream_not_found(stream->place(), stream->name()));
  }
  return stream;
}

}  // namespace penstock::kinesis
