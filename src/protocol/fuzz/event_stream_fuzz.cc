// No bytes make the decoder of event messages abort, and a message that it accepts is written again
// as the same bytes. The checksums of the input are put right first: a fuzzer does not guess them.
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "protocol/event_stream.h"

namespace {

void put_checksum(std::string& bytes, std::size_t at) {
  const std::uint32_t sum = penstock::crc32(std::string_view(bytes).substr(0, at));
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(sum >> (24 - 8 * i));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::protocol;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  if (size >= kEventFrameBytes) {
    put_checksum(bytes, 8);
    put_checksum(bytes, size - 4);
  }
  EventDecoder decoder;
  decoder.feed(std::string_view(bytes).substr(0, size / 2));
  const auto early = decoder.next();
  if (!early || *early) return 0;
  decoder.feed(std::string_view(bytes).substr(size / 2));
  const auto message = decoder.next();
  if (!message || !*message) return 0;
  const auto frame = encode_event(**message);
  CHECK(frame.has_value() && *frame == bytes.substr(0, frame->size()));
  return 0;
}
