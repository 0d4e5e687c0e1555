// Event streams as response bodies: every event of the source becomes one message of the framing
// (event_stream.h), in JSON or CBOR as the request was.
#pragma once

#include "net/body.h"
#include "protocol/operation.h"

namespace penstock::protocol {

inline constexpr std::string_view kEventStreamType = "application/vnd.amazon.eventstream";

// The output's member that is an event stream; null when it has none.
const Member* events_of(const Shape& output);

// The body of a reply whose output has an event stream. The other members of the output go ahead,
// in an "initial-response" event.
net::Body event_body(AnyShape output, bool cbor);

}  // namespace penstock::protocol
