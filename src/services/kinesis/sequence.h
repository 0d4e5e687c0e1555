// Sequence numbers as Kinesis writes them: a 186-bit integer in decimal, 56 digits.
//
// In hexadecimal, from the left: 2 | shard creation second (9) | low nibble of the shard (1) |
// index (16) | 00 | record second (9) | shard (8) | 2. Inside a shard the index decides the order,
// so numbers compare as integers in the order of acceptance whatever the clock does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::kinesis {

struct SequenceNumber {
  std::int64_t shard_seconds = 0;  // When the shard was made.
  std::uint32_t shard = 0;
  std::uint64_t index = 0;  // 0 names the start of the shard; records begin at 1.
  std::int64_t record_seconds = 0;

  friend bool operator==(const SequenceNumber&, const SequenceNumber&) = default;
};

// Indices stay below this one, which closes a shard.
inline constexpr std::uint64_t kSequenceIndexMax = 0x7fff'ffff'ffff'ffff;

std::string format_sequence(const SequenceNumber& sequence);
// nullopt for a number that no shard can have handed out.
std::optional<SequenceNumber> parse_sequence(std::string_view decimal);

}  // namespace penstock::kinesis
