// The refusals of Athena, in AWS's words.
#pragma once

#include <string>
#include <string_view>

#include "protocol/api_error.h"

namespace penstock::athena {

// InvalidRequestException with its AthenaErrorCode.
protocol::ApiError invalid_request(std::string_view code, std::string message);
inline protocol::ApiError invalid_input(std::string message) {
  return invalid_request("INVALID_INPUT", std::move(message));
}
protocol::ApiError too_many_queries();
protocol::ApiError metadata_error(std::string message);
protocol::ApiError resource_not_found(std::string message, std::string_view resource);
protocol::ApiError execution_not_found(std::string_view id);
protocol::ApiError workgroup_not_found();

// True for Glue's answer that the database or table does not exist.
bool is_entity_not_found(const protocol::ApiError& error);

}  // namespace penstock::athena
