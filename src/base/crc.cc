// CRC32C by the processor's instruction where there is one, else by tables; CRC64NVME by tables,
// eight bytes at a step. Combination is multiplication by x^(8n) modulo the polynomial.
#include "base/crc.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace penstock {
namespace {

constexpr std::uint32_t kCrc32Polynomial = 0xEDB88320;
constexpr std::uint32_t kCrc32cPolynomial = 0x82F63B78;
constexpr std::uint64_t kCrc64Polynomial = 0x9A6C9329AC4BC9B5;

static_assert(std::endian::native == std::endian::little, "the tables are read little-endian");

template <typename Word, Word kPolynomial>
using Tables = std::array<std::array<Word, 256>, 8>;

template <typename Word, Word kPolynomial>
const Tables<Word, kPolynomial>& tables() {
  static const auto made = [] {
    Tables<Word, kPolynomial> t{};
    for (std::size_t i = 0; i < 256; ++i) {
      Word value = i;
      for (int bit = 0; bit < 8; ++bit)
        value = (value & 1) ? (value >> 1) ^ kPolynomial : value >> 1;
      t[0][i] = value;
    }
    for (std::size_t k = 1; k < 8; ++k) {
      for (std::size_t i = 0; i < 256; ++i) {
        t[k][i] = (t[k - 1][i] >> 8) ^ t[0][t[k - 1][i] & 0xFF];
      }
    }
    return t;
  }();
  return made;
}

template <typename Word, Word kPolynomial>
Word crc_by_tables(std::string_view bytes, Word before) {
  const auto& t = tables<Word, kPolynomial>();
  Word crc = ~before;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    word ^= crc;
    crc = t[7][word & 0xFF] ^ t[6][(word >> 8) & 0xFF] ^ t[5][(word >> 16) & 0xFF] ^
          t[4][(word >> 24) & 0xFF] ^ t[3][(word >> 32) & 0xFF] ^ t[2][(word >> 40) & 0xFF] ^
          t[1][(word >> 48) & 0xFF] ^ t[0][word >> 56];
  }
  for (; left > 0; ++at, --left) {
    crc = (crc >> 8) ^ t[0][(crc ^ static_cast<unsigned char>(*at)) & 0xFF];
  }
  return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_by_instruction(std::string_view bytes,
                                                                      std::uint32_t before) {
  std::uint64_t crc = ~before;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    crc = _mm_crc32_u64(crc, word);
  }
  auto narrow = static_cast<std::uint32_t>(crc);
  for (; left > 0; ++at, --left) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*at));
  return ~narrow;
}
#endif

// a * b modulo the polynomial, both reflected: the highest bit is x^0.
template <typename Word, Word kPolynomial>
Word multiply(Word a, Word b) {
  Word product = 0;
  for (Word bit = Word{1} << (sizeof(Word) * 8 - 1); bit != 0; bit >>= 1) {
    if (a & bit) product ^= b;
    b = (b & 1) ? (b >> 1) ^ kPolynomial : b >> 1;
  }
  return product;
}

template <typename Word, Word kPolynomial>
Word combine(Word a, Word b, std::uint64_t b_bytes) {
  constexpr Word kOne = Word{1} << (sizeof(Word) * 8 - 1);
  Word square = kOne >> 8;  // x^8: what one byte shifts by.
  Word shift = kOne;
  for (std::uint64_t n = b_bytes; n != 0; n >>= 1) {
    if (n & 1) shift = multiply<Word, kPolynomial>(shift, square);
    square = multiply<Word, kPolynomial>(square, square);
  }
  return multiply<Word, kPolynomial>(shift, a) ^ b;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2");
  if (has_instruction) return crc32c_by_instruction(bytes, before);
#endif
  return crc_by_tables<std::uint32_t, kCrc32cPolynomial>(bytes, before);
}

std::uint64_t crc64nvme(std::string_view bytes, std::uint64_t before) {
  return crc_by_tables<std::uint64_t, kCrc64Polynomial>(bytes, before);
}

std::uint32_t combine_crc32(std::uint32_t a, std::uint32_t b, std::uint64_t b_bytes) {
  return combine<std::uint32_t, kCrc32Polynomial>(a, b, b_bytes);
}

std::uint32_t combine_crc32c(std::uint32_t a, std::uint32_t b, std::uint64_t b_bytes) {
  return combine<std::uint32_t, kCrc32cPolynomial>(a, b, b_bytes);
}

std::uint64_t combine_crc64nvme(std::uint64_t a, std::uint64_t b, std::uint64_t b_bytes) {
  return combine<std::uint64_t, kCrc64Polynomial>(a, b, b_bytes);
}

}  // namespace penstock
