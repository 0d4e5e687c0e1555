// Codes and wording. Those recorded on AWS are kept letter by letter.
#include "services/lambda/errors.h"

#include <fmt/format.h>

namespace penstock::lambda {

using protocol::ApiError;

ApiError user_error(std::string code, std::string message, int status) {
  ApiError error(std::move(code), std::move(message), status);
  error.members.push_back(protocol::text_member("Type", "User"));
  return error;
}

ApiError invalid_parameter(std::string message) {
  return user_error("InvalidParameterValueException", std::move(message), 400);
}

ApiError validation(std::string message) {
  return {"ValidationException", std::move(message), 400};
}

ApiError not_supported(std::string_view what) {
  return invalid_parameter(fmt::format("{} is not supported by this server.", what));
}

ApiError function_not_found(const Place& place, std::string_view name, std::string_view qualifier) {
  return not_found("Function not found: " + function_arn(place, name, qualifier));
}

ApiError not_found(std::string message) {
  return user_error("ResourceNotFoundException", std::move(message), 404);
}

ApiError conflict(std::string message) {
  return user_error("ResourceConflictException", std::move(message), 409);
}

ApiError wrong_revision(std::string_view what) {
  return user_error(
      "PreconditionFailedException",
      fmt::format(
          "The Revision Id provided does not match the latest Revision Id. Call the {} API to "
          "retrieve the latest Revision Id",
          what),
      412);
}

ApiError throttled(Concurrency::Refusal refusal) {
  ApiError error = user_error("TooManyRequestsException", "Rate Exceeded.", 429);
  error.members.push_back(
      protocol::text_member("Reason", refusal == Concurrency::Refusal::kFunction
                                          ? "ReservedFunctionConcurrentInvocationLimitExceeded"
                                          : "ConcurrentInvocationLimitExceeded"));
  return error;
}

ApiError package_refused(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kInvalid:
    case ErrorKind::kLimit: return invalid_parameter(error.message);
    case ErrorKind::kNotFound:
    case ErrorKind::kConflict:
    case ErrorKind::kUnavailable:
    case ErrorKind::kCorrupt:
    case ErrorKind::kIo:
    case ErrorKind::kInternal: return error;
  }
  return error;
}

}  // namespace penstock::lambda
