// Content: the bytes of an object, or of a range of it, as a body.
#pragma once

#include <vector>

#include "net/body.h"
#include "protocol/api_error.h"
#include "services/s3/range.h"
#include "services/s3/reclaimer.h"
#include "services/s3/records.h"

namespace penstock::s3 {

struct Service;

// An object that was looked up together with the promise that its files stay.
struct OpenObject {
  ObjectRecord record;
  Reclaimer::Reading reading;
  std::string small_bytes;  // Of its one small piece, if it has one.
};

// nullopt: there is no such object. `with_bytes` false leaves small_bytes empty (for HEAD).
Result<std::optional<OpenObject>> open_object(Service& service, std::uint64_t bucket,
                                              std::string_view key, bool with_bytes);

// The bytes of `range`. Short ranges are read at once; longer ones as they are pulled.
Task<Result<net::Body>> content_of(Service& service, OpenObject object, ByteRange range);

}  // namespace penstock::s3
