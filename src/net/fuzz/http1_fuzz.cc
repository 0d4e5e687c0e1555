// Any bytes, in any pieces, into a connection: it must end, and hold nothing when it has. The first
// byte seeds the cutting.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "net/tests/harness.h"

using namespace penstock;
using namespace penstock::net;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Harness harness(answer_by_path);
  MemoryTransport::Wire wire;
  std::uint32_t state = data[0] + 1U;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  while (!rest.empty()) {
    state = state * 1664525U + 1013904223U;
    const std::size_t piece = data[0] == 0 ? rest.size() : 1 + (state >> 24) % 64;
    wire.input.emplace_back(rest.substr(0, piece));
    rest.remove_prefix(std::min(piece, rest.size()));
  }
  harness.connect(wire);
  harness.end_input(wire);
  harness.advance(std::chrono::hours(1));
  CHECK(harness.all_done());
  CHECK(harness.shared.body_bytes == 0 && harness.shared.connections_open == 0);
  return 0;
}
