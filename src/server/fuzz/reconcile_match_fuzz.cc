// Objects in a bucket are anybody's bytes: whatever they hold, every byte is accounted for, and
// what was written is found where it was written.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "server/reconcile_match.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock;
  if (size < 2) return 0;
  // Pieces of the first half in lengths that the input chooses; the object is the second half.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view source = text.substr(0, size / 2);
  const std::string_view object = text.substr(size / 2);
  std::vector<firehose::Mark> pieces;
  for (std::size_t at = 0; at < source.size();) {
    const std::size_t length = static_cast<std::uint8_t>(source[at]) % 16;
    pieces.push_back(firehose::mark_of(source.substr(at, length)));
    at += length + 1;
  }
  const server::ObjectMatch match = server::match_pieces(object, pieces);
  CHECK(match.copies.size() == pieces.size());
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].bytes > 0) bytes += std::size_t{pieces[i].bytes} * match.copies[i];
  }
  for (const server::StrayBytes& stray : match.strays) bytes += stray.size;
  CHECK(bytes == object.size());
  CHECK(server::pair_strays(match).size() == match.strays.size());
  return 0;
}
