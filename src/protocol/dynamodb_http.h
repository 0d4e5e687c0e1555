// What DynamoDB's HTTP front does around an operation: which media types it takes, how big headers
// may be, and replies that are compressed when the client takes them so.
#pragma once

#include <optional>
#include <string>

#include "net/http.h"
#include "protocol/operation.h"

namespace penstock::protocol {

// Also of its streams.
bool speaks_dynamodb(const ServiceInfo& service);

// The answer to a request that does not get as far as its body, or nullopt.
std::optional<net::Response> refuse_at_front(const net::Request& request);

// "gzip", "deflate" or empty: what the first Accept-Encoding of the request takes.
std::string accepted_coding(const net::Request& request);

// Replies up to 4 KiB stay as they are. The checksum in the headers is that of the bytes sent.
void compress_reply(net::Response& response, const std::string& coding);

}  // namespace penstock::protocol
