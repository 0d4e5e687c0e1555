// Any bytes are a package or are refused; nothing is written, no limit is passed, no name escapes.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "services/lambda/package.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const penstock::lambda::PackageLimits limits{.unpacked_bytes_max = 1 << 20, .entries_max = 100};
  const auto summary = penstock::lambda::inspect_package(input, limits);
  if (summary && (summary->unpacked_bytes > limits.unpacked_bytes_max || summary->entries > 100))
    __builtin_trap();
  if (penstock::lambda::is_safe_entry_name(input) && input.find("..") == 0) {
    // "..x" is a name like any other; ".." and "../x" are not.
    if (input == ".." || input.starts_with("../")) __builtin_trap();
  }
  return 0;
}
