// The Range header of GetObject and HeadObject, and the range of UploadPartCopy. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/api_error.h"

namespace penstock::s3 {

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t bytes = 0;
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

enum class RangeVerdict {
  kWhole,          // Malformed, of another unit or several ranges: the whole object is sent (200).
  kPart,           // One satisfiable range (206).
  kUnsatisfiable,  // Starts at or after the end, or a suffix of nothing (416).
};

struct RangeDecision {
  RangeVerdict verdict = RangeVerdict::kWhole;
  ByteRange range;
};

// `bytes=a-b`, `bytes=a-` and `bytes=-n` against an object of that size.
RangeDecision decide_range(std::string_view header, std::uint64_t object_bytes);

// `bytes a-b/size`
std::string content_range(const ByteRange& range, std::uint64_t object_bytes);

// x-amz-copy-source-range: `bytes=first-last` only, wholly inside the source.
protocol::ApiResult<ByteRange> copy_source_range(const std::string& header,
                                                 std::uint64_t source_bytes);

}  // namespace penstock::s3
