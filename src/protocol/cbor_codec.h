// CBOR bodies ↔ shapes: what Java's SDKs, and the KCL and KPL with them, speak with Kinesis.
//
// Blobs are byte strings. Timestamps are whole milliseconds since 1970, as the SDKs write them
// behind tag 1 (which RFC 8949 has for seconds); a float behind that tag counts seconds. Decoding
// takes strings, lists and maps of unstated length, ignores unknown members, nulls and other tags,
// and refuses values of the wrong type with SerializationException in the words of the JSON form.
// Nesting is limited to kCborDepthMax; no length that a document states is believed.
#pragma once

#include <string>
#include <string_view>

#include "net/http.h"
#include "protocol/operation.h"
#include "protocol/validation.h"

namespace penstock::protocol {

inline constexpr std::size_t kCborDepthMax = 256;
inline constexpr std::string_view kCborType = "application/x-amz-cbor-1.1";

bool speaks_cbor(const ServiceInfo& service);
// Whether the request's (or reply's) body is CBOR, by its content-type.
bool is_cbor(const net::Headers& headers);

// Decodes the document `body`, one map, into the members of `value`. Appends to `missing` the
// required members that are absent.
ApiResult<void> decode_cbor(const Shape& shape, std::string_view body, void* value,
                            Missing& missing);

// Appends the body members of `value` as a map.
void encode_cbor(const Shape& shape, const void* value, std::string& out);

// {"__type": …, "message": …}. Requires an error without further members.
std::string encode_cbor_error(const ApiError& error, std::string_view message_key);
}  // namespace penstock::protocol
