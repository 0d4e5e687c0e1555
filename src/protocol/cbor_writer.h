// CborWriter: appends CBOR data items (RFC 8949) to a string, each in its shortest form. Maps and
// arrays say beforehand how many entries follow; the caller keeps that promise.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace penstock::protocol {

class CborWriter {
 public:
  explicit CborWriter(std::string& out) : out_(out) {}

  CborWriter& map(std::size_t pairs) { return head(5, pairs); }
  CborWriter& array(std::size_t items) { return head(4, items); }
  CborWriter& text(std::string_view value) {
    head(3, value.size());
    out_ += value;
    return *this;
  }
  CborWriter& bytes(std::string_view value) {
    head(2, value.size());
    out_ += value;
    return *this;
  }
  CborWriter& integer(std::int64_t value) {
    if (value >= 0) return head(0, static_cast<std::uint64_t>(value));
    return head(1, static_cast<std::uint64_t>(-1 - value));
  }
  CborWriter& real(double value) {
    out_ += '\xfb';
    return big_endian(std::bit_cast<std::uint64_t>(value), 8);
  }
  CborWriter& boolean(bool value) {
    out_ += value ? '\xf5' : '\xf4';
    return *this;
  }

 private:
  CborWriter& head(unsigned major, std::uint64_t number) {
    int bytes = 0;
    unsigned info = static_cast<unsigned>(number);
    if (number > 0xffff'ffff) {
      info = 27, bytes = 8;
    } else if (number > 0xffff) {
      info = 26, bytes = 4;
    } else if (number > 0xff) {
      info = 25, bytes = 2;
    } else if (number > 23) {
      info = 24, bytes = 1;
    }
    out_ += static_cast<char>((major << 5) | info);
    return big_endian(number, bytes);
  }
  CborWriter& big_endian(std::uint64_t number, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
      out_ += static_cast<char>(number >> shift);
    }
    return *this;
  }

  std::string& out_;
};

}  // namespace penstock::protocol
