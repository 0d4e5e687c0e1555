// Codes and wording as the service was measured to answer.
#include "services/athena/errors.h"

namespace penstock::athena {

using protocol::ApiError;
using protocol::text_member;

ApiError invalid_request(std::string_view code, std::string message) {
  ApiError error("InvalidRequestException", std::move(message));
  error.members.push_back(text_member("AthenaErrorCode", code));
  error.members.push_back(text_member("ErrorCode", code));
  return error;
}

ApiError too_many_queries() {
  ApiError error("TooManyRequestsException",
                 "You have exceeded the limit for the number of queries you can run concurrently. "
                 "Please reduce the number of concurrent queries submitted by this account.");
  error.members.push_back(text_member("Reason", "CONCURRENT_QUERY_LIMIT_EXCEEDED"));
  return error;
}

ApiError metadata_error(std::string message) {
  return ApiError("MetadataException", std::move(message));
}

ApiError resource_not_found(std::string message, std::string_view resource) {
  ApiError error("ResourceNotFoundException", std::move(message));
  error.members.push_back(text_member("ResourceName", resource));
  return error;
}

ApiError execution_not_found(std::string_view id) {
  return invalid_request("QUERY_EXECUTION_NOT_FOUND",
                         "QueryExecution " + std::string(id) + " was not found");
}

ApiError workgroup_not_found() { return invalid_input("WorkGroup is not found."); }

bool is_entity_not_found(const protocol::ApiError& error) {
  return error.code == "EntityNotFoundException";
}

}  // namespace penstock::athena
