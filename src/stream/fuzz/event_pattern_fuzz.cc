// Event patterns from clients: no input aborts, and every accepted pattern can be matched.
#include <simdjson.h>

#include <cstdint>
#include <string_view>

#include "stream/event_pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto pattern = penstock::stream::EventPattern::parse(text);
  if (!pattern) return 0;
  // The pattern itself is as good an event as any.
  simdjson::dom::parser parser;
  simdjson::dom::element event;
  const simdjson::padded_string padded(text);
  if (parser.parse(padded).get(event) == simdjson::SUCCESS) (void)pattern->matches(event);
  return 0;
}
