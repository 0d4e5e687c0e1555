// The refusals of SQS, in AWS's words. Codes are those of the JSON protocol; what the Query
// protocol calls them is in the generated table (gen/sqs).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/api_error.h"

namespace penstock::sqs {

using protocol::ApiError;
using protocol::ApiResult;

ApiError queue_not_found();
ApiError invalid_attribute_name(std::string_view name);
ApiError invalid_attribute_value(std::string_view name, std::string_view reason = {});
ApiError invalid_parameter(std::string message);
// Value … for parameter … is invalid. Reason: …
ApiError invalid_value(std::string_view value, std::string_view parameter, std::string_view reason);
ApiError invalid_number(std::int64_t value, std::string_view parameter, std::string_view reason);
ApiError missing_parameter(std::string_view name);
ApiError bad_receipt_handle(std::string_view handle);

}  // namespace penstock::sqs
