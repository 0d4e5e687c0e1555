// Keys: what is written is read back, and the order of bytes is the order of fields. Values: round
// trips.
#include "storage/key.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <string>
#include <tuple>
#include <vector>

namespace penstock::storage {
namespace {

using std::string_literals::operator""s;

// Strings over few bytes, the dangerous ones among them, so that prefixes and near misses are
// common.
rc::Gen<std::string> tricky_text() {
  return rc::gen::container<std::string>(
      rc::gen::element('\x00', '\x01', '\x02', 'a', '\xFE', '\xFF'));
}

std::string key_of(const std::string& text) { return KeyWriter(7).text(text).take(); }

using Fields =
    std::tuple<std::string, std::uint64_t, std::int64_t, std::string, std::uint8_t, std::uint32_t>;

std::string encode(const Fields& fields) {
  return KeyWriter(7)
      .text(std::get<0>(fields))
      .u64(std::get<1>(fields))
      .i64(std::get<2>(fields))
      .text(std::get<3>(fields))
      .u8(std::get<4>(fields))
      .u32(std::get<5>(fields))
      .take();
}

rc::Gen<Fields> any_fields() {
  // Small numbers beside any: ties in earlier fields are what puts later ones to the test.
  const auto u64 =
      rc::gen::oneOf(rc::gen::inRange<std::uint64_t>(0, 3), rc::gen::arbitrary<std::uint64_t>());
  const auto i64 =
      rc::gen::oneOf(rc::gen::inRange<std::int64_t>(-2, 3), rc::gen::arbitrary<std::int64_t>());
  return rc::gen::tuple(tricky_text(), u64, i64, tricky_text(), rc::gen::arbitrary<std::uint8_t>(),
                        rc::gen::arbitrary<std::uint32_t>());
}

RC_GTEST_PROP(Key, OrderOfBytesIsOrderOfFields, ()) {
  const Fields a = *any_fields();
  // Half of the time the second tuple shares the beginning of the first.
  Fields b = *any_fields();
  if (*rc::gen::arbitrary<bool>()) std::get<0>(b) = std::get<0>(a);
  if (*rc::gen::arbitrary<bool>()) std::get<1>(b) = std::get<1>(a);
  if (*rc::gen::arbitrary<bool>()) std::get<2>(b) = std::get<2>(a);
  RC_ASSERT((a <=> b) == (encode(a) <=> encode(b)));
}

RC_GTEST_PROP(Key, TextsKeepTheirOrder, ()) {
  const std::string a = *tricky_text();
  const std::string b = *rc::gen::oneOf(
      tricky_text(), rc::gen::map(tricky_text(), [a](std::string tail) { return a + tail; }));
  RC_ASSERT((a <=> b) == (key_of(a) <=> key_of(b)));
}

RC_GTEST_PROP(Key, ReadsBackWhatWasWritten, ()) {
  const Fields fields = *any_fields();
  const std::string key = encode(fields);
  KeyReader reader(key);
  RC_ASSERT(reader.tag(7));
  RC_ASSERT(reader.text() == std::get<0>(fields));
  RC_ASSERT(reader.u64() == std::get<1>(fields));
  RC_ASSERT(reader.i64() == std::get<2>(fields));
  RC_ASSERT(reader.text() == std::get<3>(fields));
  RC_ASSERT(reader.u8() == std::get<4>(fields));
  RC_ASSERT(reader.u32() == std::get<5>(fields));
  RC_ASSERT(reader.done());
}

RC_GTEST_PROP(Key, EveryTruncationIsRefused, ()) {
  const Fields fields = *any_fields();
  const std::string whole = encode(fields);
  const std::string key = whole.substr(0, *rc::gen::inRange<std::size_t>(0, whole.size()));
  KeyReader reader(key);
  reader.tag(7);
  reader.text();
  reader.u64();
  reader.i64();
  reader.text();
  reader.u8();
  RC_ASSERT(!reader.u32());
  RC_ASSERT(!reader.ok());
  RC_ASSERT(!reader.done());
}

RC_GTEST_PROP(Key, DescendingTurnsTheOrderAround, (std::uint64_t a, std::uint64_t b)) {
  const auto key = [](std::uint64_t value) { return KeyWriter(1).u64_desc(value).take(); };
  RC_ASSERT((a <=> b) == (key(b) <=> key(a)));
  const std::string encoded = key(a);
  KeyReader reader(encoded);
  RC_ASSERT(reader.tag(1));
  RC_ASSERT(reader.u64_desc() == a);
}

RC_GTEST_PROP(Key, WideNumbersKeepTheirOrder, (std::uint64_t a, std::uint64_t b, std::uint64_t c)) {
  const auto wide = [](std::uint64_t high, std::uint64_t low) {
    return static_cast<unsigned __int128>(high) << 64 | low;
  };
  const auto key = [](unsigned __int128 value) { return KeyWriter(1).u128(value).take(); };
  RC_ASSERT((wide(a, c) < wide(b, a)) == (key(wide(a, c)) < key(wide(b, a))));
  const std::string encoded = key(wide(a, b));
  KeyReader reader(encoded);
  RC_ASSERT(reader.tag(1));
  RC_ASSERT(reader.u128() == wide(a, b));
  RC_ASSERT(reader.done());
}

RC_GTEST_PROP(Key, PrefixEndIsTheLeastKeyBeyondThePrefix, ()) {
  const std::string prefix = *tricky_text();
  const std::string end = prefix_end(prefix);
  const std::string other = *tricky_text();
  RC_ASSERT(end.empty() || prefix + other < end);
  if (end.empty()) RC_ASSERT(prefix.find_first_not_of('\xFF') == std::string::npos);
  // Whatever is below the end and not below the prefix begins with the prefix.
  if (other >= prefix && (end.empty() || other < end)) RC_ASSERT(other.starts_with(prefix));
}

TEST(Key, Format) {
  // The storage format: these bytes are on disks.
  EXPECT_EQ(KeyWriter(0x20).text("a\0b"s).u8(1).u32(2).u64(3).i64(-1).raw("x").take(),
            "\x20"
            "a\0\xFF"
            "b\0\x01"
            "\x01"
            "\0\0\0\x02"
            "\0\0\0\0\0\0\0\x03"
            "\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
            "x"s);
}

TEST(Key, RefusesWhatWasNeverWritten) {
  for (const std::string& bytes : {""s, "a"s, "a\0"s, "a\0\x02"s, "\0\0"s, "a\0\xFF"s}) {
    KeyReader reader(bytes);
    EXPECT_EQ(reader.text(), std::nullopt);
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.u8(), std::nullopt);  // For good.
    EXPECT_EQ(reader.raw(), "");
  }
  KeyReader reader("\x05");
  EXPECT_FALSE(reader.tag(6));
  EXPECT_FALSE(reader.done());
}

RC_GTEST_PROP(Value, ReadsBackWhatWasWritten,
              (std::uint64_t unsigned_number, std::int64_t signed_number, bool flag)) {
  const std::string text = *tricky_text();
  const std::string tail = *tricky_text();
  const std::string value = ValueWriter(3)
                                .u64(unsigned_number)
                                .i64(signed_number)
                                .boolean(flag)
                                .text(text)
                                .raw(tail)
                                .take();
  ValueReader reader(value);
  RC_ASSERT(reader.version() == 3);
  RC_ASSERT(reader.u64() == unsigned_number);
  RC_ASSERT(reader.i64() == signed_number);
  RC_ASSERT(reader.boolean() == flag);
  RC_ASSERT(reader.text() == text);
  RC_ASSERT(reader.raw() == tail);
  RC_ASSERT(reader.done());
}

TEST(Value, ExtremeNumbers) {
  for (const std::int64_t number : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1},
                                    std::int64_t{0}, std::numeric_limits<std::int64_t>::max()}) {
    const std::string value =
        ValueWriter(1).i64(number).u64(static_cast<std::uint64_t>(number)).take();
    ValueReader reader(value);
    EXPECT_EQ(reader.version(), 1);
    EXPECT_EQ(reader.i64(), number);
    EXPECT_EQ(reader.u64(), static_cast<std::uint64_t>(number));
    EXPECT_TRUE(reader.done());
  }
}

TEST(Value, RefusesWhatWasNeverWritten) {
  EXPECT_EQ(ValueReader("").version(), std::nullopt);
  struct Case {
    const char* name;
    std::string bytes;
  };
  for (const Case& c : {Case{"empty", ""}, Case{"unfinished", "\x80"},
                        Case{"65 bits", std::string(9, '\xFF') + "\x02"},
                        Case{"endless", std::string(11, '\x80')}}) {
    ValueReader reader(c.bytes);
    EXPECT_EQ(reader.u64(), 0U) << c.name;
    EXPECT_FALSE(reader.ok()) << c.name;
  }
  ValueReader longer(
      "\x05"
      "four");
  EXPECT_EQ(longer.text(), "");
  EXPECT_FALSE(longer.ok());
  ValueReader flag("\x02");
  EXPECT_FALSE(flag.boolean());
  EXPECT_FALSE(flag.ok());
}

}  // namespace
}  // namespace penstock::storage
