// CompressionFormat: how an object's bytes are packed. Pure functions over whole objects.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace penstock::firehose {

// The numbers are part of the storage format.
enum class Compression : std::uint8_t {
  kUncompressed = 0,
  kGzip = 1,
  kZip = 2,
  kSnappy = 3,
  kHadoopSnappy = 4,
};

std::optional<Compression> parse_compression(std::string_view name);
std::string_view extension_of(Compression compression);         // ".gz"; empty when there is none.
std::string_view content_encoding_of(Compression compression);  // Empty when there is none.

// `entry` names the one file of a ZIP archive, `modified` dates it.
std::string compress(Compression compression, std::string bytes, std::string_view entry,
                     Timestamp modified);

}  // namespace penstock::firehose
