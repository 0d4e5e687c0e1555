// The codec of keys and values. Bytes come from the disk: every form that was not written is
// refused.
#include "storage/key.h"

namespace penstock::storage {
namespace {

constexpr char kEscape = '\x00';
constexpr char kEscapedZero = '\xFF';
constexpr char kFieldEnd = '\x01';
constexpr std::uint64_t kSignBit = 1ULL << 63;

template <typename T>
void append_big_endian(std::string& out, T value) {
  for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(static_cast<std::uint8_t>(value >> shift));
  }
}

template <typename T>
std::optional<T> take_big_endian(std::string_view& rest, bool& ok) {
  if (!ok || rest.size() < sizeof(T)) {
    ok = false;
    return std::nullopt;
  }
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(value << 8) | static_cast<std::uint8_t>(rest[i]);
  }
  rest.remove_prefix(sizeof(T));
  return value;
}

}  // namespace

KeyWriter& KeyWriter::text(std::string_view value) {
  for (std::size_t zero = value.find(kEscape); zero != std::string_view::npos;
       zero = value.find(kEscape)) {
    key_.append(value.substr(0, zero + 1));
    key_ += kEscapedZero;
    value.remove_prefix(zero + 1);
  }
  key_.append(value);
  key_ += kEscape;
  key_ += kFieldEnd;
  return *this;
}

KeyWriter& KeyWriter::u8(std::uint8_t value) {
  key_ += static_cast<char>(value);
  return *this;
}

KeyWriter& KeyWriter::u32(std::uint32_t value) {
  append_big_endian(key_, value);
  return *this;
}

KeyWriter& KeyWriter::u64(std::uint64_t value) {
  append_big_endian(key_, value);
  return *this;
}

KeyWriter& KeyWriter::i64(std::int64_t value) {
  return u64(static_cast<std::uint64_t>(value) ^ kSignBit);
}

KeyWriter& KeyWriter::u128(unsigned __int128 value) {
  append_big_endian(key_, value);
  return *this;
}

KeyWriter& KeyWriter::raw(std::string_view tail) {
  key_.append(tail);
  return *this;
}

bool KeyReader::tag(std::uint8_t expected) {
  const std::optional<std::uint8_t> found = u8();
  if (found != expected) ok_ = false;
  return ok_;
}

std::optional<std::string> KeyReader::text() {
  std::string value;
  while (ok_) {
    const std::size_t escape = rest_.find(kEscape);
    if (escape == std::string_view::npos || escape + 1 == rest_.size()) break;
    value.append(rest_.substr(0, escape));
    const char kind = rest_[escape + 1];
    rest_.remove_prefix(escape + 2);
    if (kind == kFieldEnd) return value;
    if (kind != kEscapedZero) break;
    value += kEscape;
  }
  ok_ = false;
  return std::nullopt;
}

std::optional<std::uint8_t> KeyReader::u8() { return take_big_endian<std::uint8_t>(rest_, ok_); }

std::optional<std::uint32_t> KeyReader::u32() { return take_big_endian<std::uint32_t>(rest_, ok_); }

std::optional<std::uint64_t> KeyReader::u64() { return take_big_endian<std::uint64_t>(rest_, ok_); }

std::optional<std::int64_t> KeyReader::i64() {
  const std::optional<std::uint64_t> flipped = u64();
  if (!flipped) return std::nullopt;
  return static_cast<std::int64_t>(*flipped ^ kSignBit);
}

std::optional<std::uint64_t> KeyReader::u64_desc() {
  const std::optional<std::uint64_t> inverted = u64();
  if (!inverted) return std::nullopt;
  return ~*inverted;
}

std::optional<unsigned __int128> KeyReader::u128() {
  return take_big_endian<unsigned __int128>(rest_, ok_);
}

std::string_view KeyReader::raw() {
  if (!ok_) return {};
  return std::exchange(rest_, {});
}

std::string prefix_end(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xFF') end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<std::uint8_t>(end.back()) + 1);
  return end;
}

ValueWriter& ValueWriter::u64(std::uint64_t value) {
  while (value >= 0x80) {
    value_ += static_cast<char>(static_cast<std::uint8_t>(value) | 0x80);
    value >>= 7;
  }
  value_ += static_cast<char>(value);
  return *this;
}

ValueWriter& ValueWriter::i64(std::int64_t value) {
  return u64((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
}

ValueWriter& ValueWriter::text(std::string_view value) {
  u64(value.size());
  value_.append(value);
  return *this;
}

ValueWriter& ValueWriter::raw(std::string_view tail) {
  value_.append(tail);
  return *this;
}

std::optional<std::uint8_t> ValueReader::version() {
  return take_big_endian<std::uint8_t>(rest_, ok_);
}

std::uint64_t ValueReader::u64() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; ok_ && !rest_.empty() && shift < 64; shift += 7) {
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    if (shift == 63 && byte > 1) break;  // More than 64 bits.
    rest_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  ok_ = false;
  return 0;
}

std::int64_t ValueReader::i64() {
  const std::uint64_t zigzag = u64();
  return static_cast<std::int64_t>(zigzag >> 1) ^ -static_cast<std::int64_t>(zigzag & 1);
}

bool ValueReader::boolean() {
  const std::uint64_t value = u64();
  if (value > 1) ok_ = false;
  return ok_ && value == 1;
}

std::string_view ValueReader::text() {
  const std::uint64_t size = u64();
  if (!ok_ || size > rest_.size()) {
    ok_ = false;
    return {};
  }
  const std::string_view value = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return value;
}

std::string_view ValueReader::raw() {
  if (!ok_) return {};
  return std::exchange(rest_, {});
}

}  // namespace penstock::storage
