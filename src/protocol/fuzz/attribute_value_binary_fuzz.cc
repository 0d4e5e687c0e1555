// No stored bytes make the decoder abort; what decodes can be written and read again.
#include <string_view>

#include "base/check.h"
#include "protocol/attribute_value.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock;
  const auto item = decode_item({reinterpret_cast<const char*>(data), size});
  if (!item) return 0;
  (void)item_size(*item);
  const auto again = decode_item(encode_item(*item));
  CHECK(again.has_value());
  CHECK(*again == *item);
  return 0;
}
