// The bytes of shard iterators and list tokens. Whether a token is too old is for the operations.
#include "services/kinesis/iterator.h"

#include "base/bytes.h"
#include "services/kinesis/errors.h"
#include "storage/key.h"

namespace penstock::kinesis {
namespace {

using storage::ValueReader;
using storage::ValueWriter;

constexpr std::chrono::milliseconds kTokenLife{300'000};

// AWS's iterators begin with these eight bytes as well.
constexpr std::string_view kIteratorHead("\0\0\0\0\0\0\0\1", 8);
constexpr std::string_view kListHead("\0\0\0\0\0\0\0\2", 8);

std::string seal(std::string_view head, std::string body) {
  std::string bytes(head);
  bytes += body;
  const std::uint32_t sum = crc32(bytes);
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(sum >> shift);
  return base64_encode(bytes);
}

std::optional<std::string> unseal(std::string_view head, std::string_view token) {
  std::optional<std::string> bytes = base64_decode(token);
  if (!bytes || bytes->size() < head.size() + 4 || !bytes->starts_with(head)) return std::nullopt;
  std::uint32_t sum = 0;
  for (const char c : std::string_view(*bytes).substr(bytes->size() - 4)) {
    sum = (sum << 8) | static_cast<unsigned char>(c);
  }
  bytes->resize(bytes->size() - 4);
  if (crc32(*bytes) != sum) return std::nullopt;
  bytes->erase(0, head.size());
  return bytes;
}

}  // namespace

std::string encode_iterator(const ShardPosition& position) {
  ValueWriter writer(1);
  writer.i64(position.issued.micros).u64(position.stream_id).u64(position.shard);
  writer.u64(position.next_index);
  return seal(kIteratorHead, writer.take());
}

std::optional<ShardPosition> decode_iterator(std::string_view token) {
  const std::optional<std::string> bytes = unseal(kIteratorHead, token);
  if (!bytes) return std::nullopt;
  ValueReader reader(*bytes);
  if (reader.version() != 1) return std::nullopt;
  ShardPosition position;
  position.issued.micros = reader.i64();
  position.stream_id = reader.u64();
  position.shard = static_cast<std::uint32_t>(reader.u64());
  position.next_index = reader.u64();
  if (!reader.done()) return std::nullopt;
  return position;
}

std::string encode_list_token(const ListPosition& position) {
  ValueWriter writer(1);
  writer.i64(position.issued.micros).text(position.stream).text(position.after);
  writer.u64(static_cast<std::uint64_t>(position.filter.type)).i64(position.filter.at.micros);
  return seal(kListHead, writer.take());
}

std::optional<ListPosition> decode_list_token(std::string_view token) {
  const std::optional<std::string> bytes = unseal(kListHead, token);
  if (!bytes) return std::nullopt;
  ValueReader reader(*bytes);
  if (reader.version() != 1) return std::nullopt;
  ListPosition position;
  position.issued.micros = reader.i64();
  position.stream = reader.text();
  position.after = reader.text();
  const std::uint64_t type = reader.u64();
  position.filter.at.micros = reader.i64();
  if (!reader.done() || type > static_cast<std::uint64_t>(ShardFilter::Type::kFrom)) {
    return std::nullopt;
  }
  position.filter.type = static_cast<ShardFilter::Type>(type);
  return position;
}

protocol::ApiResult<ListPosition> check_list_token(const std::string& token, Timestamp now) {
  std::optional<ListPosition> position = decode_list_token(token);
  if (!position) return std::unexpected(invalid_argument("Invalid NextToken."));
  if (position->issued < now - kTokenLife) {
    return protocol::refuse("ExpiredNextTokenException",
                            "The NextToken has expired: tokens are valid for 300 seconds.");
  }
  return std::move(*position);
}

}  // namespace penstock::kinesis
