// The wire forms of requests, replies and errors per protocol: AWS JSON 1.0/1.1, REST-JSON,
// REST-XML, Query.
#pragma once

#include <string>

#include "net/http.h"
#include "protocol/operation.h"
#include "protocol/query_compatibility.h"
#include "protocol/rest.h"
#include "protocol/validation.h"

namespace penstock::protocol {

// Decodes and validates. `request.body` must be in memory unless the operation's payload is a
// stream. `form` is the decoded form of a Query request.
ApiResult<AnyShape> decode_request(const OperationInfo& operation, net::Request& request,
                                   const Labels& labels, const net::QueryParams& form);

struct ReplyStyle {
  std::string request_id;
  std::string
      content_type;      // JSON protocols: mirrored from the request; empty for the protocol's own.
  std::string resource;  // S3: the path, shown in error documents.
  bool head = false;     // HEAD: an error has no body.
  const QueryCompatibility* query = nullptr;  // Of a service that speaks JSON and Query.
};

net::Response encode_reply(const OperationInfo& operation, AnyShape output,
                           const ReplyStyle& style);
net::Response encode_error(const ServiceInfo& service, const ApiError& error,
                           const ReplyStyle& style);

// The client's side (RemoteCaller).
net::Request encode_request(const OperationInfo& operation, AnyShape input);
ApiResult<AnyShape> decode_reply(const OperationInfo& operation, net::Response response);

// The request id in the form that the service uses: 52 upper-case characters or a UUID.
std::string make_request_id(const ServiceInfo* service, std::uint64_t high, std::uint64_t low);

}  // namespace penstock::protocol
