// How a stream is shown.
#pragma once

#include <string_view>

namespace penstock::firehose {

// A stream has one destination, under this id.
inline constexpr std::string_view kDestinationId = "destinationId-000000000001";

}  // namespace penstock::firehose
