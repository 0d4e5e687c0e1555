// Inflating within a limit.
//
// How the expectations are known: the compressed bytes are made by zlib itself here, and one gzip
// file by gzip(1).
#include "protocol/inflate.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/bytes.h"

namespace penstock::protocol {
namespace {

// window: 15 zlib, 31 gzip.
std::string deflated(std::string_view text, int window) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(Inflate, ReadsGzipZlibAndMembers) {
  const auto recorded =
      from_hex("1f8b08000000000000034b4c4a0600c241243503000000");  // printf abc | gzip -n
  ASSERT_TRUE(recorded);
  EXPECT_EQ(inflate_bytes(*recorded, 3).value_or("?"), "abc");
  const std::string text(100'000, 'x');
  EXPECT_EQ(inflate_bytes(deflated(text, 15), text.size()).value_or("?"), text);
  EXPECT_EQ(inflate_bytes(deflated(text, 31), text.size()).value_or("?"), text);
  EXPECT_EQ(
      inflate_bytes(deflated("ab", 31) + deflated("", 31) + deflated("c", 31), 3).value_or("?"),
      "abc");
  EXPECT_EQ(inflate_bytes(deflated("", 31), 0).value_or("?"), "");
}

TEST(Inflate, KeepsItsLimit) {
  for (const std::size_t size : {1, 100, 16'384, 16'385, 1'000'000}) {
    const std::string packed = deflated(std::string(size, 'x'), 31);
    EXPECT_TRUE(inflate_bytes(packed, size)) << size;
    const auto refused = inflate_bytes(packed, size - 1);
    ASSERT_FALSE(refused) << size;
    EXPECT_EQ(refused.error().kind, ErrorKind::kLimit);
  }
  // The limit is on the whole, not on each member.
  const std::string twice = deflated("abc", 31) + deflated("abc", 31);
  EXPECT_TRUE(inflate_bytes(twice, 6));
  EXPECT_FALSE(inflate_bytes(twice, 5));
}

TEST(Inflate, RefusesDamage) {
  const std::string packed = deflated("some text to be packed", 31);
  for (std::size_t size = 0; size < packed.size(); ++size) {
    EXPECT_FALSE(inflate_bytes(packed.substr(0, size), 1'000)) << size;
  }
  std::string changed = packed;
  changed[packed.size() - 5] ^= 1;  // The checksum.
  EXPECT_FALSE(inflate_bytes(changed, 1'000));
  EXPECT_FALSE(inflate_bytes(packed + "tail", 1'000));
  EXPECT_FALSE(inflate_bytes("plain", 1'000));
}

}  // namespace
}  // namespace penstock::protocol
