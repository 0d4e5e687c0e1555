// From the names of a request to a group.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "protocol/api_error.h"
#include "protocol/context.h"
#include "services/logs/logs.h"

namespace penstock::logs {

protocol::ApiResult<std::shared_ptr<Group>> find_group(Service& service,
                                                       const protocol::Context& context,
                                                       std::string_view name);
// Exactly one of name and identifier (a name or an ARN) must be given.
protocol::ApiResult<std::shared_ptr<Group>> find_group(
    Service& service, const protocol::Context& context, const std::optional<std::string>& name,
    const std::optional<std::string>& identifier);

}  // namespace penstock::logs
