// The refusals of Glue, in AWS's words.
#pragma once

#include <string>
#include <string_view>

#include "protocol/api_error.h"

namespace penstock::glue {

protocol::ApiError not_found(std::string message);       // EntityNotFoundException
protocol::ApiError already_exists(std::string message);  // AlreadyExistsException
protocol::ApiError invalid_input(std::string message);   // InvalidInputException
// A member or value that AWS honours and this server does not.
protocol::ApiError unsupported(std::string_view what);

protocol::ApiError database_not_found(std::string_view name);
protocol::ApiError table_not_found(std::string_view name);
protocol::ApiError crawler_not_found(std::string_view name);

// kInvalid of the domain is InvalidInputException; the rest is a failure inside.
protocol::ApiError refusal(const Error& error);

}  // namespace penstock::glue
