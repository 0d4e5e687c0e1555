// Codes and wording. Those recorded from AWS (in the tests of others, or its documentation) are
// kept letter by letter.
#include "services/sqs/errors.h"

#include <fmt/format.h>

namespace penstock::sqs {

ApiError queue_not_found() { return {"QueueDoesNotExist", "The specified queue does not exist."}; }

ApiError invalid_attribute_name(std::string_view name) {
  return {"InvalidAttributeName", fmt::format("Unknown Attribute {}.", name)};
}

ApiError invalid_attribute_value(std::string_view name, std::string_view reason) {
  std::string message = fmt::format("Invalid value for the parameter {}.", name);
  if (!reason.empty()) message.append(" Reason: ").append(reason);
  return {"InvalidAttributeValue", std::move(message)};
}

ApiError invalid_parameter(std::string message) {
  return {"InvalidParameterValueException", std::move(message)};
}

ApiError invalid_value(std::string_view value, std::string_view parameter,
                       std::string_view reason) {
  return invalid_parameter(
      fmt::format("Value {} for parameter {} is invalid. Reason: {}", value, parameter, reason));
}

ApiError invalid_number(std::int64_t value, std::string_view parameter, std::string_view reason) {
  return invalid_value(std::to_string(value), parameter, reason);
}

ApiError missing_parameter(std::string_view name) {
  return {"MissingRequiredParameterException",
          fmt::format("The request must contain the parameter {}.", name)};
}

ApiError bad_receipt_handle(std::string_view handle) {
  return {"ReceiptHandleIsInvalid",
          fmt::format("The input receipt handle \"{}\" is not a valid receipt handle.", handle)};
}

}  // namespace penstock::sqs
