// Event messages as bytes. The vectors are those that AWS publishes with its framing (documented).
#include "protocol/event_stream.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace penstock::protocol {
namespace {

using HeaderType = EventHeaderType;

TEST(EventStream, FramesAsDocumented) {
  EXPECT_EQ(to_hex(*encode_event({})), "000000100000000005c248eb7d98c8ff");
  EXPECT_EQ(to_hex(*encode_event({{}, "{'foo':'bar'}"})),
            "0000001d00000000fd528c5a7b27666f6f273a27626172277dc3653936");
}

TEST(EventStream, RoundTripsEveryTypeOfHeader) {
  EventMessage message;
  message.headers = {
      {"yes", HeaderType::kTrue, 0, {}},
      {"no", HeaderType::kFalse, 0, {}},
      {"byte", HeaderType::kByte, -1, {}},
      {"short", HeaderType::kShort, -2, {}},
      {"int", HeaderType::kInteger, 0x7fff'ffff, {}},
      {"long", HeaderType::kLong, INT64_MIN, {}},
      {"bytes", HeaderType::kBytes, 0, std::string(65'535, '\0')},
      EventHeader::text(":event-type", "é"),
      {"when", HeaderType::kTimestamp, 1'700'000'000'123, {}},
      {"uuid", HeaderType::kUuid, 0, "0123456789abcdef"},
  };
  message.payload = std::string("\x00\xff", 2);
  const Result<std::string> frame = encode_event(message);
  ASSERT_TRUE(frame.has_value());

  // In one piece, byte by byte, and two at once.
  EventDecoder whole, drops;
  whole.feed(*frame + *frame);
  for (int i = 0; i < 2; ++i) {
    const auto read = whole.next();
    ASSERT_TRUE(read.has_value() && read->has_value());
    EXPECT_TRUE(**read == message);
  }
  EXPECT_EQ(whole.left(), 0U);
  for (std::size_t i = 0; i + 1 < frame->size(); ++i) {
    drops.feed(std::string_view(*frame).substr(i, 1));
    if (i % 997 != 0) continue;
    const auto read = drops.next();
    ASSERT_TRUE(read.has_value());
    ASSERT_FALSE(read->has_value());
  }
  drops.feed(std::string_view(*frame).substr(frame->size() - 1));
  const auto read = drops.next();
  ASSERT_TRUE(read.has_value() && read->has_value());
  EXPECT_EQ((*read)->header(":event-type"), "é");
  EXPECT_EQ((*read)->header("long"), "");
}

TEST(EventStream, RefusesEveryChangedByte) {
  EventMessage message{{EventHeader::text(":message-type", "event")}, "{}"};
  const std::string frame = *encode_event(message);
  for (std::size_t i = 0; i < frame.size(); ++i) {
    std::string changed = frame;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EventDecoder decoder;
    decoder.feed(changed);
    EXPECT_FALSE(decoder.next().has_value()) << i;
  }
}

// With right checksums, so that the contents are looked at.
std::string sealed(std::uint32_t total, std::uint32_t headers, const std::string& rest) {
  std::string out;
  const auto put = [&out](std::uint32_t n) {
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(n >> shift);
  };
  put(total);
  put(headers);
  put(crc32(out));
  out += rest;
  put(crc32(out));
  return out;
}

TEST(EventStream, RefusesLengthsThatCannotBe) {
  const std::string frames[] = {
      sealed(15, 0, ""),           // Less than an empty message.
      sealed(16, 1, ""),           // Headers beyond the end.
      sealed(0xffff'ffff, 0, ""),  // More than anyone takes.
      sealed(16, 0xffff'ffff, ""),
      sealed(18, 2,
             std::string("\x05"
                         "a",
                         2)),                 // A name that is cut off,
      sealed(17, 1, std::string("\x00", 1)),  // … or empty.
      sealed(19, 3,
             std::string("\x01"
                         "a\x0a",
                         3)),  // No such type.
      sealed(19, 3,
             std::string("\x01"
                         "a\x07",
                         3)),  // No length,
      sealed(21, 5,
             std::string("\x01"
                         "a\x07\x00\x01",
                         5)),  // … no value.
      sealed(20, 4,
             std::string("\x01"
                         "a\x05\x00",
                         4)),
  };
  for (const std::string& frame : frames) {
    SCOPED_TRACE(to_hex(frame));
    EventDecoder decoder;
    decoder.feed(frame);
    EXPECT_FALSE(decoder.next().has_value());
  }
  EXPECT_FALSE(encode_event({{}, std::string(kEventPayloadMax + 1, 'x')}).has_value());
}

}  // namespace
}  // namespace penstock::protocol
