// DynamoDB's refusals. Wording as recorded from AWS unless a line says otherwise.
#include "services/dynamodb/errors.h"

#include <fmt/format.h>

#include "protocol/attribute_value_json.h"

namespace penstock::dynamodb {

using protocol::refuse;

std::unexpected<ApiError> invalid(std::string message) {
  return refuse("ValidationException", std::move(message));
}

std::unexpected<ApiError> invalid_parameter(std::string_view message) {
  return invalid("One or more parameter values were invalid: " + std::string(message));
}

std::unexpected<ApiError> not_supported(std::string_view parameter) {
  // Ours: AWS would carry it out.
  return invalid_parameter(fmt::format("{} is not supported by this server", parameter));
}

std::unexpected<ApiError> item_table_not_found() {
  return refuse("ResourceNotFoundException", "Requested resource not found");
}

std::unexpected<ApiError> table_not_found(std::string_view table) {
  return refuse("ResourceNotFoundException",
                fmt::format("Requested resource not found: Table: {} not found", table));
}

std::unexpected<ApiError> resource_arn_not_found(std::string_view arn) {
  return refuse("ResourceNotFoundException",
                fmt::format("Requested resource not found: ResourceArn: {} not found", arn));
}

std::unexpected<ApiError> stream_not_found(std::string_view arn) {
  return refuse("ResourceNotFoundException",
                fmt::format("Requested resource not found: Stream: {} not found", arn));
}

std::unexpected<ApiError> backed_up_table_not_found(std::string_view table) {
  return refuse("TableNotFoundException", fmt::format("Table not found: {}", table));
}

std::unexpected<ApiError> restore_target_exists(std::string_view table) {
  return refuse("TableAlreadyExistsException", fmt::format("Table already exists: {}", table));
}

std::unexpected<ApiError> table_in_use(std::string_view table) {
  // The wording is deduced.
  return refuse("TableInUseException", fmt::format("Table is being created: {}", table));
}

std::unexpected<ApiError> backup_not_found(std::string_view arn) {
  return refuse("BackupNotFoundException", fmt::format("Backup not found: {}", arn));
}

std::unexpected<ApiError> backup_in_use(std::string message) {
  // The wording is ours.
  return refuse("BackupInUseException", std::move(message));
}

std::unexpected<ApiError> resource_in_use(std::string_view why) {
  return refuse("ResourceInUseException",
                fmt::format("Attempt to change a resource which is still in use: {}", why));
}

std::unexpected<ApiError> too_many_tables() {
  return limit_exceeded(
      "Subscriber limit exceeded: Number of tables exceeds the limit of 2500 per account and "
      "region");
}

std::unexpected<ApiError> table_exists(std::string_view table) {
  return refuse("ResourceInUseException", fmt::format("Table already exists: {}", table));
}

std::unexpected<ApiError> still_in_use(std::string_view message) {
  return refuse("ResourceInUseException",
                fmt::format("Attempt to change a resource which is still in use: {}", message));
}

std::unexpected<ApiError> limit_exceeded(std::string message) {
  return refuse("LimitExceededException", std::move(message));
}

std::unexpected<ApiError> trimmed() {
  return refuse("TrimmedDataAccessException", "The data you are trying to access has been trimmed");
}

std::unexpected<ApiError> duplicate_item() {
  return refuse("DuplicateItemException", "Duplicate primary key exists in table");
}

std::unexpected<ApiError> conditional_check_failed(const AttributeMap* item) {
  ApiError error("ConditionalCheckFailedException", "The conditional request failed");
  if (item != nullptr) {
    std::string json;
    append_attribute_map(json, *item);
    error.members.push_back({"Item", std::move(json)});
  }
  return std::unexpected(std::move(error));
}

}  // namespace penstock::dynamodb
