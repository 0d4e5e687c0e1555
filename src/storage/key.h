// Order-preserving keys: the byte order of encoded keys is the order of their field tuples.
//
//   std::string key =
//   KeyWriter(kTagItem).text(account).text(table).bytes(hash).u64(sequence).take(); KeyReader
//   reader(key); reader.tag(kTagItem); auto account = reader.text(); ... reader.done();
//
// text/bytes: 0x00 is escaped as 0x00 0xFF and the field ends with 0x00 0x01, so "a" < "ab" < "b"
// and no field can reach into the next. Integers: big-endian; signed ones with the sign bit
// flipped; *_desc inverted for newest-first. Format: docs/storage_format.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace penstock::storage {

class KeyWriter {
 public:
  explicit KeyWriter(std::uint8_t tag) { key_ += static_cast<char>(tag); }
  KeyWriter& text(std::string_view value);  // Any bytes.
  KeyWriter& u8(std::uint8_t value);
  KeyWriter& u32(std::uint32_t value);
  KeyWriter& u64(std::uint64_t value);
  KeyWriter& i64(std::int64_t value);
  KeyWriter& u64_desc(std::uint64_t value) { return u64(~value); }
  KeyWriter& u128(unsigned __int128 value);
  KeyWriter& raw(std::string_view tail);  // Last field only: unescaped to the end.
  std::string take() { return std::move(key_); }
  const std::string& view() const { return key_; }

 private:
  std::string key_;
};

// Each getter returns nullopt, and makes ok() false for good, when the bytes are not of that form.
class KeyReader {
 public:
  explicit KeyReader(std::string_view key) : rest_(key) {}
  bool tag(std::uint8_t expected);
  std::optional<std::string> text();
  std::optional<std::uint8_t> u8();
  std::optional<std::uint32_t> u32();
  std::optional<std::uint64_t> u64();
  std::optional<std::int64_t> i64();
  std::optional<std::uint64_t> u64_desc();
  std::optional<unsigned __int128> u128();
  std::string_view raw();
  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

// The smallest key greater than every key that starts with `prefix` (empty when there is none).
std::string prefix_end(std::string_view prefix);

// Values: a version byte, then fields. Varint lengths; the reader refuses what it does not
// understand.
class ValueWriter {
 public:
  explicit ValueWriter(std::uint8_t version) { value_ += static_cast<char>(version); }
  ValueWriter& u64(std::uint64_t value);  // Varint.
  ValueWriter& i64(std::int64_t value);   // Zig-zag varint.
  ValueWriter& boolean(bool value) { return u64(value ? 1 : 0); }
  ValueWriter& text(std::string_view value);
  ValueWriter& raw(std::string_view tail);
  std::string take() { return std::move(value_); }

 private:
  std::string value_;
};

// A getter that does not find its field makes ok() false for good and returns 0 or nothing: read
// all fields, then ask done() (or ok() where later versions may have appended fields).
class ValueReader {
 public:
  explicit ValueReader(std::string_view value) : rest_(value) {}
  // The version byte, or nullopt when the value is empty.
  std::optional<std::uint8_t> version();
  std::uint64_t u64();
  std::int64_t i64();
  bool boolean();           // Refuses anything but 0 and 1.
  std::string_view text();  // A view into the value.
  std::string_view raw();
  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace penstock::storage
