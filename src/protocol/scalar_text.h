// Scalars as plain text, as headers, labels, queries, forms and XML carry them.
#pragma once

#include <string>
#include <string_view>

#include "protocol/shape.h"

namespace penstock::protocol {

// Fails (with the reason as text) when `text` is not of the shape's type. Requires a scalar shape.
Result<void> scalar_from_text(const Shape& shape, TimestampFormat format, std::string_view text,
                              void* value);
std::string scalar_to_text(const Shape& shape, TimestampFormat format, const void* value);
bool is_scalar(const Shape& shape);

// How a timestamp is written there: as the member or its shape says, else as the member's place has
// it.
TimestampFormat timestamp_format(const Member& member);

}  // namespace penstock::protocol
