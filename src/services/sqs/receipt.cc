// A receipt as base64 of its fields and a checksum. The token makes it unguessable; the checksum
// tells a mistyped handle from one that is merely old.
#include "services/sqs/receipt.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "storage/key.h"

namespace penstock::sqs {
namespace {

constexpr std::uint8_t kReceiptVersion = 1;
constexpr std::size_t kHandleMax = 256;

}  // namespace

std::string sequence_text(std::uint64_t sequence) {
  // The steps and the beginning are AWS's; what matters is that the text grows with the number.
  return fmt::format("188{:017}", sequence * 256);
}

std::string format_receipt(const Receipt& r) {
  storage::KeyWriter writer(kReceiptVersion);
  writer.u64(r.token).u64(r.queue).i64(r.message.sent_millis).u64(r.message.sequence);
  writer.u32(crc32(writer.view()));
  return base64_encode(writer.view());
}

std::optional<Receipt> parse_receipt(std::string_view handle) {
  if (handle.size() > kHandleMax) return std::nullopt;
  const auto bytes = base64_decode(handle);
  if (!bytes) return std::nullopt;
  storage::KeyReader reader(*bytes);
  if (!reader.tag(kReceiptVersion)) return std::nullopt;
  const auto token = reader.u64();
  const auto queue = reader.u64();
  const auto sent = reader.i64();
  const auto sequence = reader.u64();
  const auto sum = reader.u32();
  if (!reader.done()) return std::nullopt;
  if (*sum != crc32(std::string_view(*bytes).substr(0, bytes->size() - 4))) return std::nullopt;
  return Receipt{*queue, {*sent, *sequence}, *token};
}

}  // namespace penstock::sqs
