// The refusals of Firehose, in AWS's words.
#pragma once

#include <string>
#include <string_view>

#include "protocol/api_error.h"

namespace penstock::firehose {

protocol::ApiError invalid_argument(std::string message);
protocol::ApiError stream_not_found(std::string_view account, std::string_view name);
protocol::ApiError stream_exists(std::string_view account, std::string_view name);
protocol::ApiError stream_not_active(std::string_view account, std::string_view name);
// A constraint of Prefix and ErrorOutputPrefix.
protocol::ApiError invalid_prefix(std::string_view constraint);
// Something that AWS offers and penstock does not.
protocol::ApiError unsupported(std::string_view what);
protocol::ApiError cannot_assume_role(std::string_view role_arn);
protocol::ApiError throttled();

}  // namespace penstock::firehose
