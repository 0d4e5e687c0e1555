// CompressionFormat: how an object's bytes are packed. Pure functions over whole objects.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

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

// The other way, of objects as compress() makes them or as common tools make them anew (gzip with
// several members, ZIP with several files, stored ones too, several Snappy streams in a row).
// kInvalid when the bytes are no such object, are damaged, or are more than `bytes_max` unpacked;
// no more memory than that is taken.
Result<std::string> decompress(Compression compression, std::string_view bytes,
                               std::size_t bytes_max);

}  // namespace penstock::firehose
