// Any frames after a good preface: the connection must end, and hold nothing when it has. Time
// passes between pieces, so that time-outs run as well.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "net/tests/harness.h"

using namespace penstock;
using namespace penstock::net;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  Harness harness(answer_by_path);
  MemoryTransport::Wire wire;
  if (data[1] % 4 == 0) wire.output_room = 64 + data[1];
  wire.input.push_back("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9));
  harness.connect(wire);
  std::uint32_t state = data[0] + 1U;
  std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  while (!rest.empty()) {
    state = state * 1664525U + 1013904223U;
    const std::size_t piece = data[0] == 0 ? rest.size() : 1 + (state >> 24) % 128;
    harness.send(wire, std::string(rest.substr(0, piece)));
    rest.remove_prefix(std::min(piece, rest.size()));
    if (state % 16 == 0) harness.advance(std::chrono::seconds(7));
  }
  harness.end_input(wire);
  harness.advance(std::chrono::hours(1));
  CHECK(harness.all_done());
  CHECK(harness.shared.body_bytes == 0 && harness.shared.connections_open == 0);
  return 0;
}
