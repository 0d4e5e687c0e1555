// Partial batch responses are what a function returned: any bytes.
#include <string>
#include <vector>

#include "base/check.h"
#include "stream/batch_response.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::stream;
  const std::string_view payload(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> identifiers = {"a", "b", "shardId-000000000000:49"};
  for (const Expected expected : {Expected::kPerhaps, Expected::kYes}) {
    const BatchResponse response = read_batch_response(payload, identifiers, expected);
    CHECK(response.failed.empty() == (response.kind != BatchResponse::Kind::kItemsFailed));
    for (const std::size_t index : response.failed) CHECK(index < identifiers.size());
  }
  return 0;
}
