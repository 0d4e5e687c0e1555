// Ranges: no header aborts, and what is decided lies inside the object.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "services/s3/range.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock;
  const std::string header(reinterpret_cast<const char*>(data), size);
  for (const std::uint64_t bytes :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{100}, ~std::uint64_t{0}}) {
    const s3::RangeDecision decision = s3::decide_range(header, bytes);
    if (decision.verdict == s3::RangeVerdict::kPart) {
      CHECK(decision.range.bytes > 0);
      CHECK(decision.range.first < bytes);
      CHECK(decision.range.bytes <= bytes - decision.range.first);
    }
    const auto strict = s3::copy_source_range(header, bytes);
    if (strict) CHECK(strict->bytes <= bytes - strict->first);
  }
  return 0;
}
