// DynamoDB's refusals, with their codes and wording.
#pragma once

#include <string>
#include <string_view>

#include "protocol/api_error.h"
#include "services/dynamodb/table.h"

namespace penstock::dynamodb {

using protocol::ApiError;
using protocol::ApiResult;
using protocol::Reply;

std::unexpected<ApiError> invalid(std::string message);  // ValidationException
// "One or more parameter values were invalid: " and the message.
std::unexpected<ApiError> invalid_parameter(std::string_view message);
// A parameter that AWS knows and penstock does not carry out.
std::unexpected<ApiError> not_supported(std::string_view parameter);

std::unexpected<ApiError> item_table_not_found();                        // Of the data plane.
std::unexpected<ApiError> table_not_found(std::string_view table);       // Of the control plane.
std::unexpected<ApiError> resource_arn_not_found(std::string_view arn);  // Of the tag operations.
std::unexpected<ApiError> stream_not_found(std::string_view arn);
// Of the operations on backups, which have a code of their own.
std::unexpected<ApiError> backed_up_table_not_found(std::string_view table);
std::unexpected<ApiError> restore_target_exists(std::string_view table);
std::unexpected<ApiError> table_in_use(std::string_view table);  // Of restores and backups.
std::unexpected<ApiError> backup_not_found(std::string_view arn);
std::unexpected<ApiError> backup_in_use(std::string message);
// ResourceInUseException with AWS's prefix.
std::unexpected<ApiError> resource_in_use(std::string_view why);
std::unexpected<ApiError> too_many_tables();
std::unexpected<ApiError> table_exists(std::string_view table);
// ResourceInUseException: "Attempt to change a resource which is still in use: " and the message.
std::unexpected<ApiError> still_in_use(std::string_view message);
std::unexpected<ApiError> limit_exceeded(std::string message);
std::unexpected<ApiError> trimmed();
std::unexpected<ApiError> duplicate_item();
std::unexpected<ApiError> conditional_check_failed(const AttributeMap* item);

// A refusal by the pure part ends an operation as a ValidationException.
template <typename T>
ApiResult<T> checked(std::expected<T, std::string> result) {
  if (!result) return invalid(std::move(result).error());
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

}  // namespace penstock::dynamodb
