// Codes and wording. Those quoted by AWS users and emulators are kept letter by letter.
#include "services/firehose/errors.h"

#include <fmt/format.h>

namespace penstock::firehose {

using protocol::ApiError;

ApiError invalid_argument(std::string message) {
  return {"InvalidArgumentException", std::move(message)};
}

ApiError stream_not_found(std::string_view account, std::string_view name) {
  return {"ResourceNotFoundException",
          fmt::format("Firehose {} under account {} not found.", name, account)};
}

ApiError stream_exists(std::string_view account, std::string_view name) {
  return {"ResourceInUseException",
          fmt::format("Firehose {} under accountId {} already exists", name, account)};
}

ApiError stream_not_active(std::string_view account, std::string_view name) {
  return {"ResourceNotFoundException",
          fmt::format("Firehose {} is not active in {} account.", name, account)};
}

ApiError invalid_prefix(std::string_view constraint) {
  // "Ths" is AWS's spelling.
  return invalid_argument(fmt::format(
      "Ths supplied prefix(es) do not satisfy the following constraint: {}", constraint));
}

ApiError unsupported(std::string_view what) {
  return invalid_argument(fmt::format("{} is not supported by this server.", what));
}

ApiError cannot_assume_role(std::string_view role_arn) {
  return invalid_argument(fmt::format(
      "Firehose is unable to assume role {}. Please check the role provided.", role_arn));
}

ApiError throttled() { return {"ServiceUnavailableException", "Slow down.", 503}; }

}  // namespace penstock::firehose
