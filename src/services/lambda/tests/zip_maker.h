// Makes zip archives byte by byte, so that tests can make wrong ones, too. Entries are stored, not
// deflated.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace penstock::lambda::testing {

struct ZipEntry {
  std::string name;
  std::string data;
  std::uint32_t mode = 0100644;    // As lstat() has it: type and permissions.
  std::uint32_t crc_flip = 0;      // Not 0: a wrong checksum.
  std::uint32_t claimed_size = 0;  // Not 0: what the headers say instead of the truth.
};

inline void put16(std::string& out, std::uint32_t v) {
  out += static_cast<char>(v & 0xff);
  out += static_cast<char>(v >> 8 & 0xff);
}
inline void put32(std::string& out, std::uint32_t v) {
  put16(out, v & 0xffff);
  put16(out, v >> 16);
}

inline std::string make_zip(const std::vector<ZipEntry>& entries) {
  std::string out, directory;
  for (const ZipEntry& entry : entries) {
    const auto offset = static_cast<std::uint32_t>(out.size());
    const std::uint32_t crc = crc32(entry.data) ^ entry.crc_flip;
    const auto size = entry.claimed_size != 0 ? entry.claimed_size
                                              : static_cast<std::uint32_t>(entry.data.size());
    std::string common;  // From "flags" to "extra length".
    put16(common, 0);
    put16(common, 0);
    put32(common, 0x58210000);
    put32(common, crc);
    put32(common, size);
    put32(common, size);
    put16(common, static_cast<std::uint32_t>(entry.name.size()));
    put16(common, 0);
    out += std::string("PK\x03\x04", 4);
    put16(out, 20);
    out += common + entry.name + entry.data;
    directory += std::string("PK\x01\x02", 4);
    put16(directory, 3 << 8 | 20);  // Made on Unix: the mode below counts.
    put16(directory, 20);
    directory += common;
    put16(directory, 0);
    put16(directory, 0);
    put16(directory, 0);
    put32(directory, entry.mode << 16);
    put32(directory, offset);
    directory += entry.name;
  }
  const auto start = static_cast<std::uint32_t>(out.size());
  out += directory;
  out += std::string("PK\x05\x06", 4);
  put32(out, 0);
  put16(out, static_cast<std::uint32_t>(entries.size()));
  put16(out, static_cast<std::uint32_t>(entries.size()));
  put32(out, static_cast<std::uint32_t>(directory.size()));
  put32(out, start);
  put16(out, 0);
  return out;
}

inline std::string make_zip(std::string name, std::string data) {
  return make_zip({ZipEntry{.name = std::move(name), .data = std::move(data)}});
}

}  // namespace penstock::lambda::testing
