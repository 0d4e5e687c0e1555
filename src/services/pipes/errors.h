// The refusals of EventBridge Pipes. Where AWS's wording is not known it is deduced; the codes are
// AWS's.
#pragma once

#include <string>
#include <string_view>

#include "protocol/api_error.h"

namespace penstock::pipes {

protocol::ApiError validation(std::string message);
protocol::ApiError pipe_not_found(std::string_view name);
protocol::ApiError conflict(std::string message, std::string_view name);
protocol::ApiError too_many_pipes(std::string_view name);

}  // namespace penstock::pipes
