// Tags, copy sources, conditions: no header aborts, and accepted tags obey the rules.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "base/limits.h"
#include "services/s3/conditions.h"
#include "services/s3/copy_source.h"
#include "services/s3/tagging.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock;
  const std::string header(reinterpret_cast<const char*>(data), size);
  const auto tags = s3::parse_tagging_header(header);
  if (tags) CHECK(tags->size() <= limits::kS3ObjectTagsMax);
  const auto source = s3::parse_copy_source(header);
  if (source) CHECK(!source->bucket.empty() && !source->key.empty());
  (void)s3::etag_matches(header, "abc");
  return 0;
}
