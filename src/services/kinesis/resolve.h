// Which stream a request means: StreamName, StreamARN, or both when they agree.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "protocol/api_error.h"
#include "protocol/context.h"
#include "services/kinesis/live.h"

namespace penstock::kinesis {

struct Service;

protocol::ApiResult<StreamName> resolve_name(const protocol::Context& context,
                                             const std::optional<std::string>& name,
                                             const std::optional<std::string>& arn);
// The stream in whatever state it is.
protocol::ApiResult<std::shared_ptr<LiveStream>> resolve_stream(
    Service& service, const protocol::Context& context, const std::optional<std::string>& name,
    const std::optional<std::string>& arn);
// The same for data: a stream that is being made or deleted is not found.
protocol::ApiResult<std::shared_ptr<LiveStream>> resolve_readable(
    Service& service, const protocol::Context& context, const std::optional<std::string>& name,
    const std::optional<std::string>& arn);

}  // namespace penstock::kinesis
