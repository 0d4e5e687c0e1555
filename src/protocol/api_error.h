// ApiError: a refusal as AWS words it. Reply<T>: what every operation returns.
#pragma once

#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "async/task.h"
#include "base/result.h"

namespace penstock::protocol {

// A further member of the error document; `json` is its value as JSON text (XML codecs write the
// plain text of strings and numbers).
struct ErrorMember {
  std::string name;
  std::string json;
};

struct [[nodiscard]] ApiError {
  std::string code;
  std::string message;
  int status = 400;
  std::vector<ErrorMember> members;
  std::vector<std::pair<std::string, std::string>> headers;  // Further response headers.

  ApiError() = default;
  ApiError(std::string code_, std::string message_, int status_ = 400)
      : code(std::move(code_)), message(std::move(message_)), status(status_) {}
  // A failure inside penstock: logged, and answered without its details.
  ApiError(const Error& error);  // NOLINT: any Error may end an operation.
};

template <typename T>
using ApiResult = std::expected<T, ApiError>;

template <typename T>
using Reply = Task<ApiResult<T>>;

inline std::unexpected<ApiError> refuse(std::string code, std::string message, int status = 400) {
  return std::unexpected(ApiError(std::move(code), std::move(message), status));
}

// A member whose value is a string.
ErrorMember text_member(std::string name, std::string_view value);

}  // namespace penstock::protocol
