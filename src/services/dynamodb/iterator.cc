// Shard iterators as texts. The checksum tells a damaged iterator from one of ours; it protects
// nobody.
#include "services/dynamodb/iterator.h"

#include "base/bytes.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

constexpr std::string_view kMark = "|1|";
constexpr std::uint8_t kIteratorVersion = 2;

std::uint64_t check_of(const ShardIterator& iterator) {
  return crc32(iterator.stream_arn + "/" + iterator.shard_id + "/" + std::to_string(iterator.next) +
               "/" + std::to_string(iterator.issued.micros));
}

}  // namespace

std::string encode_iterator(const ShardIterator& iterator) {
  storage::ValueWriter out(kIteratorVersion);
  out.text(iterator.shard_id)
      .u64(iterator.next)
      .i64(iterator.issued.micros)
      .u64(check_of(iterator));
  return iterator.stream_arn + std::string(kMark) + base64_encode(out.take());
}

std::optional<ShardIterator> decode_iterator(std::string_view text) {
  const std::size_t mark = text.find(kMark);
  if (mark == std::string_view::npos) return std::nullopt;
  const auto bytes = base64_decode(text.substr(mark + kMark.size()));
  if (!bytes) return std::nullopt;
  storage::ValueReader in(*bytes);
  if (in.version() != kIteratorVersion) return std::nullopt;
  ShardIterator iterator;
  iterator.stream_arn = text.substr(0, mark);
  iterator.shard_id = in.text();
  iterator.next = in.u64();
  iterator.issued = {in.i64()};
  const std::uint64_t check = in.u64();
  if (!in.done() || check != check_of(iterator)) return std::nullopt;
  return iterator;
}

}  // namespace penstock::dynamodb
