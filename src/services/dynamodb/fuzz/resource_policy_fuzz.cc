// No policy document makes the reader abort, and the canonical form is its own canonical form.
#include <string>

#include "base/check.h"
#include "services/dynamodb/resource_policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::dynamodb;
  if (size == 0) return 0;
  const bool of_stream = data[0] % 2 == 1;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto canonical = canonical_policy(text, of_stream);
  if (!canonical) return 0;
  const auto again = canonical_policy(*canonical, of_stream);
  // A document near the limit may grow beyond it.
  if (again) CHECK(*again == *canonical);
  return 0;
}
