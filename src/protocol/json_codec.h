// JSON bodies ↔ shapes, for AWS JSON 1.0/1.1 and REST-JSON.
//
// Decoding refuses values of the wrong JSON type with SerializationException, worded as the service
// does; unknown members and nulls are ignored. Nesting is limited to kJsonDepthMax.
#pragma once

#include <string>

#include "protocol/operation.h"
#include "protocol/validation.h"

namespace penstock::protocol {

inline constexpr std::size_t kJsonDepthMax = 256;

// Decodes the document `body` into the body members of `value` (or, with a payload member, into
// that). An empty body is an empty object. Appends to `missing` the required body members that are
// absent.
ApiResult<void> decode_json(const ServiceInfo& service, const Shape& shape, std::string body,
                            void* value, Missing& missing);

// Appends the body members of `value`.
void encode_json(const Shape& shape, const void* value, std::string& out);

// A JSON document as error bodies and job payloads hold it: the text of a string member, if there
// is one.
std::optional<std::string> json_string_member(std::string_view document, std::string_view name);

}  // namespace penstock::protocol
