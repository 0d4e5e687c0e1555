// Decimal text of 128-bit numbers, the hash of a partition key, and the even division of the space.
// No I/O; which shard owns a key is decided in stream.cc.
#include "services/kinesis/hash_key.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"

namespace penstock::kinesis {

std::optional<HashValue> parse_hash_key(std::string_view decimal) {
  if (decimal.empty() || decimal.size() > 39) return std::nullopt;
  if (decimal.front() == '0' && decimal.size() > 1) return std::nullopt;
  HashValue value = 0;
  for (const char c : decimal) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<unsigned>(c - '0');
    if (value > kHashMax / 10) return std::nullopt;
    value *= 10;
    if (value > kHashMax - digit) return std::nullopt;
    value += digit;
  }
  return value;
}

std::string format_hash_key(HashValue value) {
  std::string text;
  do {
    text += static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value != 0);
  std::reverse(text.begin(), text.end());
  return text;
}

HashValue hash_of_partition_key(std::string_view partition_key) {
  HashValue value = 0;
  for (const char c : md5(partition_key)) value = (value << 8) | static_cast<unsigned char>(c);
  return value;
}

std::vector<HashRange> uniform_ranges(std::size_t count) {
  CHECK(count > 0);
  // floor(2^128 / count) without a 129-bit number.
  HashValue width = kHashMax / count;
  if (kHashMax % count == count - 1) ++width;
  std::vector<HashRange> ranges(count);
  for (std::size_t i = 0; i < count; ++i) {
    ranges[i].first = width * i;
    ranges[i].last = i + 1 == count ? kHashMax : width * (i + 1) - 1;
  }
  return ranges;
}

}  // namespace penstock::kinesis
