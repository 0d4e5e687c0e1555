// The decimal text of sequence numbers, both ways. It is on the path of every record, so the
// conversion works on 64-bit limbs and eighteen digits at a time.
#include "services/kinesis/sequence.h"

#include <array>

#include "base/check.h"

namespace penstock::kinesis {
namespace {

using Wide = unsigned __int128;

// Little-endian limbs: bits 0-63, 64-127, 128-191.
using Limbs = std::array<std::uint64_t, 3>;

constexpr std::uint64_t kSecondsMask = (std::uint64_t{1} << 36) - 1;
constexpr std::uint64_t kChunk = 1'000'000'000'000'000'000;  // 10^18.

// Fields by bit: 0 tail, 4 shard, 36 record second, 72 flags, 80 index, 144 nibble, 148 shard
// second, 184 version.
Limbs pack(const SequenceNumber& s) {
  const std::uint64_t record_seconds = static_cast<std::uint64_t>(s.record_seconds) & kSecondsMask;
  const std::uint64_t shard_seconds = static_cast<std::uint64_t>(s.shard_seconds) & kSecondsMask;
  Limbs limbs{};
  limbs[0] = 2 | (std::uint64_t{s.shard} << 4) | (record_seconds << 36);
  limbs[1] = (record_seconds >> 28) | (s.index << 16);
  limbs[2] = (s.index >> 48) | (std::uint64_t{s.shard & 0xf} << 16) | (shard_seconds << 20) |
             (std::uint64_t{2} << 56);
  return limbs;
}

}  // namespace

std::string format_sequence(const SequenceNumber& sequence) {
  CHECK(sequence.index <= kSequenceIndexMax);
  Limbs limbs = pack(sequence);
  std::array<char, 72> digits;
  std::size_t at = digits.size();
  for (int chunk = 0; chunk < 4; ++chunk) {
    std::uint64_t rest = 0;
    for (int i = 2; i >= 0; --i) {
      const Wide part = (Wide{rest} << 64) | limbs[i];
      limbs[i] = static_cast<std::uint64_t>(part / kChunk);
      rest = static_cast<std::uint64_t>(part % kChunk);
    }
    for (int i = 0; i < 18; ++i) {
      digits[--at] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    }
  }
  // The version digit makes every number 56 digits long.
  return std::string(digits.end() - 56, digits.end());
}

std::optional<SequenceNumber> parse_sequence(std::string_view decimal) {
  if (decimal.size() != 56) return std::nullopt;
  Limbs limbs{};
  for (const char c : decimal) {
    if (c < '0' || c > '9') return std::nullopt;
    Wide carry = static_cast<unsigned>(c - '0');
    for (std::uint64_t& limb : limbs) {
      const Wide product = Wide{limb} * 10 + carry;
      limb = static_cast<std::uint64_t>(product);
      carry = product >> 64;
    }
    if (carry != 0) return std::nullopt;
  }
  SequenceNumber s;
  s.shard = static_cast<std::uint32_t>(limbs[0] >> 4);
  s.record_seconds = static_cast<std::int64_t>((limbs[0] >> 36) | ((limbs[1] & 0xff) << 28));
  s.index = (limbs[1] >> 16) | (limbs[2] << 48);
  s.shard_seconds = static_cast<std::int64_t>((limbs[2] >> 20) & kSecondsMask);
  if (s.index > kSequenceIndexMax || pack(s) != limbs) return std::nullopt;
  return s;
}

}  // namespace penstock::kinesis
