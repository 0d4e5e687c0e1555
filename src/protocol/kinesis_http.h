// What Kinesis' HTTP front does around an operation: which methods and media types it takes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"
#include "protocol/shape.h"

namespace penstock::protocol {

bool speaks_kinesis(const ServiceInfo& service);

// The answer to a request that does not get as far as its body, or nullopt.
std::optional<net::Response> refuse_at_kinesis_front(const net::Request& request);

// x-amz-id-2: 72 bytes in base64 that no client looks into.
std::string extended_request_id(std::string_view request_id);

}  // namespace penstock::protocol
