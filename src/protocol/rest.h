// REST bindings: which operation a method and path mean, and the parts of a message outside its
// body (labels, query, headers, status) ↔ shapes. Shared by REST-JSON and REST-XML.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http.h"
#include "protocol/operation.h"
#include "protocol/validation.h"

namespace penstock::protocol {

using Labels = std::vector<std::pair<std::string, std::string>>;  // Decoded.

struct RestMatch {
  const OperationInfo* operation = nullptr;  // Exactly one of the two is set in a match.
  const AbsentOperation* absent = nullptr;
  Labels labels;
};

// The best match: the path must fit, the template's fixed query and the required query and header
// members must be there, and of several the one with the most of those wins. `raw_path` is
// percent-encoded.
RestMatch match_rest(const ServiceInfo& service, std::string_view method, std::string_view raw_path,
                     const net::QueryParams& query, const net::Headers& headers);

// Fills the members that stand outside the body.
ApiResult<void> decode_bindings(const OperationInfo& operation, const Labels& labels,
                                const net::QueryParams& query, const net::Headers& headers,
                                void* input, Missing& missing);
// Sets headers (and the status, where a member says it) from an output.
void encode_bindings(const Shape& output, const void* value, net::Response& response);

// The client's side: fills method, target and headers; and reads headers and status.
void encode_request_bindings(const OperationInfo& operation, const void* input,
                             net::Request& request);
void decode_response_bindings(const Shape& output, const net::Response& response, void* value);

}  // namespace penstock::protocol
