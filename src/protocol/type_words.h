// How Kinesis words a value of the wrong type, whichever of its two formats it came in.
#pragma once

#include <string>
#include <string_view>

#include "protocol/shape.h"

namespace penstock::protocol {

// The class that a scalar is to become: "Integer", "Blob" … "String" for all that is not one.
std::string_view java_name(Kind kind);

enum class FoundType : std::uint8_t { kScalar, kList, kMap };

// `java_class` is that of the scalar found: "String", "Long" …
std::string kinesis_type_fault(FoundType found, std::string_view java_class, Kind wanted);

}  // namespace penstock::protocol
