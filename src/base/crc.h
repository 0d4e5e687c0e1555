// Further cyclic checksums (those that S3 knows), and how the checksum of a whole follows from
// those of its parts.
//
// All are reflected, start and end with all ones. Each function continues from the checksum of what
// came before (0 at the start). CRC32 itself is in base/bytes.h.
#pragma once

#include <cstdint>
#include <string_view>

namespace penstock {

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);
std::uint64_t crc64nvme(std::string_view bytes, std::uint64_t before = 0);

// The checksum of A followed by B, from those of A and B and the length of B.
std::uint32_t combine_crc32(std::uint32_t a, std::uint32_t b, std::uint64_t b_bytes);
std::uint32_t combine_crc32c(std::uint32_t a, std::uint32_t b, std::uint64_t b_bytes);
std::uint64_t combine_crc64nvme(std::uint64_t a, std::uint64_t b, std::uint64_t b_bytes);

}  // namespace penstock
