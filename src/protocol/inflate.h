// Inflating gzip (several members allowed) and zlib bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace penstock::protocol {

// kInvalid when the bytes cannot be decoded, kLimit when they are more than `bytes_max` then.
Result<std::string> inflate_bytes(std::string_view bytes, std::size_t bytes_max);

}  // namespace penstock::protocol
