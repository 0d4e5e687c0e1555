// Any text is a pattern or is refused; a pattern can be asked about any message.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "services/logs/filter_pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = input.find('\0');
  const auto pattern = penstock::logs::FilterPattern::parse(input.substr(0, cut));
  if (pattern && cut != std::string_view::npos) (void)pattern->matches(input.substr(cut + 1));
  return 0;
}
