// Result<T>: a value, or an Error with a kind that a caller can act on and a sentence for a person.
//
//   Result<std::string> name = find();
//   TRY(const std::string name, find());        // In a function: returns the error.
//   CO_TRY(const std::string name, find());     // In a coroutine: co_returns the error.
//
// Absence is not an error (use std::optional); a bug is not an error (use CHECK).
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace penstock {

enum class ErrorKind {
  kInvalid,      // The input cannot be accepted, now or later.
  kNotFound,     // The thing named does not exist.
  kConflict,     // The state of the thing forbids it.
  kLimit,        // A stated limit would be passed.
  kUnavailable,  // May work when tried again (peer down, server stopping).
  kCorrupt,      // Stored bytes are not what was written.
  kIo,           // The operating system refused.
  kInternal,     // None of the above; logged and answered with a 500.
};

std::string_view to_string(ErrorKind kind);

struct [[nodiscard]] Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string message;

  friend bool operator==(const Error&, const Error&) = default;
};

template <typename T>
using Result = std::expected<T, Error>;

using Status = Result<void>;

inline std::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return std::unexpected(Error{kind, std::move(message)});
}

}  // namespace penstock

#define PENSTOCK_CONCAT_INNER(a, b) a##b
#define PENSTOCK_CONCAT(a, b) PENSTOCK_CONCAT_INNER(a, b)

#define PENSTOCK_TRY_IMPL(decl, expr, result, leave)  \
  auto result = (expr);                               \
  if (!result) [[unlikely]]                           \
    leave std::unexpected(std::move(result).error()); \
  decl = std::move(*result)

// Declares `decl` from the value of `expr`, or leaves the function with its error.
#define TRY(decl, ...) \
  PENSTOCK_TRY_IMPL(decl, (__VA_ARGS__), PENSTOCK_CONCAT(try_result_, __LINE__), return)
#define CO_TRY(decl, ...) \
  PENSTOCK_TRY_IMPL(decl, (__VA_ARGS__), PENSTOCK_CONCAT(try_result_, __LINE__), co_return)

// The same for expressions whose value is void or not needed.
#define TRY_VOID(...)                                                        \
  do {                                                                       \
    if (auto try_void_result = (__VA_ARGS__); !try_void_result) [[unlikely]] \
      return std::unexpected(std::move(try_void_result).error());            \
  } while (false)
#define CO_TRY_VOID(...)                                                     \
  do {                                                                       \
    if (auto try_void_result = (__VA_ARGS__); !try_void_result) [[unlikely]] \
      co_return std::unexpected(std::move(try_void_result).error());         \
  } while (false)
