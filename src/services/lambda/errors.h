// The refusals of Lambda, in AWS's words. Each carries Type: User, as AWS's do.
#pragma once

#include <string>
#include <string_view>

#include "protocol/api_error.h"
#include "services/lambda/concurrency.h"
#include "services/lambda/function.h"

namespace penstock::lambda {

protocol::ApiError user_error(std::string code, std::string message, int status);
protocol::ApiError invalid_parameter(std::string message);
protocol::ApiError validation(std::string message);
protocol::ApiError not_supported(std::string_view what);
protocol::ApiError function_not_found(const Place& place, std::string_view name,
                                      std::string_view qualifier = {});
protocol::ApiError not_found(std::string message);
protocol::ApiError conflict(std::string message);
// `what`: "GetFunction/GetAlias" or "GetPolicy".
protocol::ApiError wrong_revision(std::string_view what);
protocol::ApiError throttled(Concurrency::Refusal refusal);
// What is wrong with a package, by kind of failure.
protocol::ApiError package_refused(const Error& error);

}  // namespace penstock::lambda
