// Codes, statuses and further members of the errors that Pipes answers.
#include "services/pipes/errors.h"

#include <fmt/format.h>

#include "base/limits.h"

namespace penstock::pipes {

using protocol::ApiError;
using protocol::text_member;

ApiError validation(std::string message) {
  return {"ValidationException", std::move(message), 400};
}

ApiError pipe_not_found(std::string_view name) {
  return {"NotFoundException", fmt::format("Pipe {} does not exist.", name), 404};
}

ApiError conflict(std::string message, std::string_view name) {
  ApiError error("ConflictException", std::move(message), 409);
  error.members.push_back(text_member("resourceId", name));
  error.members.push_back(text_member("resourceType", "pipe"));
  return error;
}

ApiError too_many_pipes(std::string_view name) {
  ApiError error("ServiceQuotaExceededException",
                 fmt::format("The account already has {} pipes in this region.", limits::kPipesMax),
                 402);
  error.members.push_back(text_member("resourceId", name));
  error.members.push_back(text_member("resourceType", "pipe"));
  error.members.push_back(text_member("serviceCode", "pipes"));
  error.members.push_back(text_member("quotaCode", "Pipes"));
  return error;
}

}  // namespace penstock::pipes
