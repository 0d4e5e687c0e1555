// Any bytes as a key and as a value: never a crash, and what reads whole writes back to the same
// bytes.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "storage/key.h"

namespace penstock::storage {
namespace {

// The first bytes choose the fields, the rest is read as such.
void fuzz_key(std::string_view script, std::string_view key) {
  KeyReader reader(key);
  if (key.empty() || !reader.tag(static_cast<std::uint8_t>(key.front()))) return;
  KeyWriter writer(static_cast<std::uint8_t>(key.front()));
  for (const char field : script) {
    switch (static_cast<std::uint8_t>(field) % 8) {
      case 0: writer.u8(reader.u8().value_or(0)); break;
      case 1: writer.u32(reader.u32().value_or(0)); break;
      case 2: writer.u64(reader.u64().value_or(0)); break;
      case 3: writer.i64(reader.i64().value_or(0)); break;
      case 4: writer.u64_desc(reader.u64_desc().value_or(0)); break;
      case 5: writer.u128(reader.u128().value_or(0)); break;
      default: writer.text(reader.text().value_or("")); break;
    }
  }
  const bool ok = reader.ok();
  writer.raw(reader.raw());
  CHECK(reader.done() == ok);
  if (ok) CHECK(writer.view() == key);
}

void fuzz_value(std::string_view script, std::string_view value) {
  ValueReader reader(value);
  const std::uint8_t version = reader.version().value_or(0);
  ValueWriter writer(version);
  for (const char field : script) {
    switch (static_cast<std::uint8_t>(field) % 4) {
      case 0: writer.u64(reader.u64()); break;
      case 1: writer.i64(reader.i64()); break;
      case 2: writer.boolean(reader.boolean()); break;
      default: writer.text(reader.text()); break;
    }
  }
  const bool ok = reader.ok();
  writer.raw(reader.raw());
  if (!ok) return;
  // Numbers may have been written longer than need be; what is written again never is.
  const std::string again = writer.take();
  CHECK(again.size() <= value.size());
  ValueReader second(again);
  CHECK(second.version() == version);
}

}  // namespace
}  // namespace penstock::storage

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kFieldsMax = 15;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  const std::size_t fields = static_cast<std::uint8_t>(input.front()) & kFieldsMax;
  const std::string_view script = input.substr(1, fields);
  const std::string_view bytes = input.substr(1 + script.size());
  penstock::storage::fuzz_key(script, bytes);
  penstock::storage::fuzz_value(script, bytes);
  return 0;
}
