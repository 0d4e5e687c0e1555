// Hash keys: the 128-bit space that the shards of a stream divide among themselves.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::kinesis {

using HashValue = unsigned __int128;

inline constexpr HashValue kHashMax = ~HashValue{0};

// Both ends belong to the range.
struct HashRange {
  HashValue first = 0;
  HashValue last = kHashMax;
  friend bool operator==(const HashRange&, const HashRange&) = default;
};

// Decimal without sign or leading zeros; nullopt for anything else and for more than 2^128-1.
std::optional<HashValue> parse_hash_key(std::string_view decimal);
std::string format_hash_key(HashValue value);

// MD5 of the UTF-8 bytes, read as a big-endian number.
HashValue hash_of_partition_key(std::string_view partition_key);

// `count` neighbouring ranges of equal width; the last takes what the division leaves over.
// Requires count > 0.
std::vector<HashRange> uniform_ranges(std::size_t count);

}  // namespace penstock::kinesis
