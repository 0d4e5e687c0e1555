// Tokens of pages: none is trusted, and what was read is written as it can be read again.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "services/logs/tokens.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::logs;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto token = parse_events_token(text)) {
    CHECK(parse_events_token(format_events_token(*token)) == token);
  }
  if (const auto mark = parse_stream_mark(text)) {
    CHECK(parse_stream_mark(format_stream_mark(*mark)) == mark);
  }
  return 0;
}
