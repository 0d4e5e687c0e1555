// The page token of ListPipes: none is trusted, and ours are read as they were written.
#include <cstdint>
#include <string>

#include "base/check.h"
#include "services/pipes/token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Timestamp now{1'800'000'000'000'000};
  (void)pipes::decode_page_token(text, now);
  const auto name = pipes::decode_page_token(pipes::encode_page_token(now, text), now);
  CHECK(name && *name == text);
  return 0;
}
