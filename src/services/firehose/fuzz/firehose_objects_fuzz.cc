// What reconciliation reads back: objects of any packing and ledger entries. No input aborts or
// takes more memory than allowed; what is unpacked packs and unpacks to itself; an entry that
// decodes encodes to one that decodes to the same.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "services/firehose/compression.h"
#include "services/firehose/ledger_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::firehose;
  constexpr std::size_t kMax = 1 << 20;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto compression = static_cast<Compression>(data[0] % 5);
  if (const auto plain = decompress(compression, text, kMax)) {
    CHECK(plain->size() <= kMax);
    const auto again = decompress(compression, compress(compression, *plain, "e", {}), kMax);
    CHECK(again && *again == *plain);
  }
  // Entries of version 1 have no fates and are written no more.
  const auto entry = decode_ledger_entry(1, text);
  if (entry && entry->fates.size() == entry->records) {
    const auto again = decode_ledger_entry(1, encode_ledger_entry(*entry));
    CHECK(again && again->fates == entry->fates);
  }
  return 0;
}
