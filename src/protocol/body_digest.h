// Digests that a client sends for a body which is a document (not an object): Content-MD5 and the
// x-amz-checksum-* headers. Objects are checked by the service, while they stream.
#pragma once

#include <string_view>

#include "net/http.h"
#include "protocol/api_error.h"
#include "protocol/operation.h"

namespace penstock::protocol {

// Refuses a body that is not what its digests say, and a body of DeleteObjects that has none.
ApiResult<void> check_body_digest(const OperationInfo& operation, const net::Headers& headers,
                                  std::string_view body);

}  // namespace penstock::protocol
