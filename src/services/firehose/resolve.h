// The streams and roles that requests name.
#pragma once

#include <memory>
#include <string>

#include "protocol/api_error.h"
#include "protocol/context.h"
#include "services/firehose/live.h"

namespace penstock::firehose {

struct Service;

protocol::ApiResult<std::shared_ptr<LiveStream>> resolve_stream(Service& service,
                                                                const protocol::Context& context,
                                                                const std::string& name);
// Refuses a role that Firehose may not act as.
protocol::Reply<void> check_role(Service& service, std::string role_arn);

std::uint64_t turn_key(const Place& place, std::string_view name);

}  // namespace penstock::firehose
