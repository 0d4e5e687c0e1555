// Wording as recorded from AWS where it is known; services/glue/README.md says where it is not.
#include "services/glue/errors.h"

#include <fmt/core.h>

namespace penstock::glue {

using protocol::ApiError;

ApiError not_found(std::string message) { return {"EntityNotFoundException", std::move(message)}; }
ApiError already_exists(std::string message) {
  return {"AlreadyExistsException", std::move(message)};
}
ApiError invalid_input(std::string message) {
  return {"InvalidInputException", std::move(message)};
}

ApiError unsupported(std::string_view what) {
  return invalid_input(fmt::format("{} is not supported by this server.", what));
}

ApiError database_not_found(std::string_view name) {
  return not_found(fmt::format("Database {} not found.", name));
}
ApiError table_not_found(std::string_view name) {
  return not_found(fmt::format("Table {} not found.", name));
}
ApiError crawler_not_found(std::string_view name) {
  return not_found(fmt::format("Crawler {} not found.", name));
}

ApiError refusal(const Error& error) {
  if (error.kind == ErrorKind::kInvalid) return invalid_input(error.message);
  return ApiError(error);
}

}  // namespace penstock::glue
