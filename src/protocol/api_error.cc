// From an internal Error to what a client may see of it.
#include "protocol/api_error.h"

#include "base/log.h"
#include "protocol/json_writer.h"

namespace penstock::protocol {

ApiError::ApiError(const Error& error) : code("InternalFailure"), status(500) {
  switch (error.kind) {
    case ErrorKind::kUnavailable:
    case ErrorKind::kLimit:
      code = "ServiceUnavailable";
      message = "The server is not able to take this request now. Try again.";
      status = 503;
      break;
    case ErrorKind::kInvalid:
    case ErrorKind::kNotFound:
    case ErrorKind::kConflict:
    case ErrorKind::kCorrupt:
    case ErrorKind::kIo:
    case ErrorKind::kInternal:
      message = "The request processing has failed because of an unknown error.";
      break;
  }
  log::error("api", "internal error",
             {{"kind", std::string(to_string(error.kind))}, {"message", error.message}});
}

ErrorMember text_member(std::string name, std::string_view value) {
  return {std::move(name), json_quote(value)};
}

}  // namespace penstock::protocol
