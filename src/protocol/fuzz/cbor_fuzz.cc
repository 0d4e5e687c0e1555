// No bytes make the CBOR decoder abort or keep more than a few times their size, and what it
// accepts survives being written and read again, for every request of Kinesis.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "protocol/cbor_codec.h"

namespace penstock::kinesis {
extern const protocol::ServiceInfo kServiceInfo;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::protocol;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const OperationInfo* operation : penstock::kinesis::kServiceInfo.operations) {
    Missing missing;
    AnyShape input = operation->make_input();
    if (!decode_cbor(*operation->input, body, input.get(), missing)) continue;
    std::string written, again;
    encode_cbor(*operation->input, input.get(), written);
    AnyShape second = operation->make_input();
    CHECK(decode_cbor(*operation->input, written, second.get(), missing).has_value());
    encode_cbor(*operation->input, second.get(), again);
    CHECK(again == written);
  }
  return 0;
}
