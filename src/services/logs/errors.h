// The refusals of CloudWatch Logs, in AWS's words.
#pragma once

#include <string>

#include "protocol/api_error.h"

namespace penstock::logs {

inline protocol::ApiError invalid_parameter(std::string message) {
  return {"InvalidParameterException", std::move(message)};
}
inline protocol::ApiError group_not_found() {
  return {"ResourceNotFoundException", "The specified log group does not exist."};
}
inline protocol::ApiError stream_not_found() {
  return {"ResourceNotFoundException", "The specified log stream does not exist."};
}

}  // namespace penstock::logs
