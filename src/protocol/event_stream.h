// The framing of application/vnd.amazon.eventstream: messages of headers and a payload, each with
// its length in front and checksums inside. Pure.
//
//   u32 total length | u32 length of headers | u32 CRC-32 of these 8 bytes | headers | payload |
//   u32 CRC-32 of all before it; all big-endian. A header is u8 length of the name, name, u8 type,
//   value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace penstock::protocol {

inline constexpr std::size_t kEventPayloadMax = 24 << 20;
inline constexpr std::size_t kEventHeadersMax = 128 << 10;
inline constexpr std::size_t kEventFrameBytes = 16;  // What a message has beside its contents.

enum class EventHeaderType : std::uint8_t {
  kTrue = 0,
  kFalse = 1,
  kByte = 2,
  kShort = 3,
  kInteger = 4,
  kLong = 5,
  kBytes = 6,
  kString = 7,
  kTimestamp = 8,  // Milliseconds since 1970.
  kUuid = 9,
};

struct EventHeader {
  std::string name;
  EventHeaderType type = EventHeaderType::kString;
  std::int64_t number = 0;  // kByte … kLong, kTimestamp.
  std::string bytes;        // kBytes, kString, kUuid (16 bytes).

  static EventHeader text(std::string_view name, std::string_view value) {
    return {std::string(name), EventHeaderType::kString, 0, std::string(value)};
  }
  friend bool operator==(const EventHeader&, const EventHeader&) = default;
};

struct EventMessage {
  std::vector<EventHeader> headers;
  std::string payload;

  // The value of a header of type kString; empty when there is none.
  std::string_view header(std::string_view name) const;
  friend bool operator==(const EventMessage&, const EventMessage&) = default;
};

// kLimit when the message is larger than a reader has to take. Requires names of 1 to 255 bytes,
// values of at most 65,535, and 16 of a kUuid.
Result<std::string> encode_event(const EventMessage& message);

// Takes bytes as they come and gives the messages in them.
//
//   decoder.feed(piece);
//   while (true) { TRY(const auto message, decoder.next()); if (!message) break; … }
class EventDecoder {
 public:
  void feed(std::string_view bytes);
  // nullopt: more bytes are needed. After an error (kCorrupt, kLimit) the stream is lost.
  Result<std::optional<EventMessage>> next();
  // Bytes that are not part of a whole message yet.
  std::size_t left() const { return buffer_.size() - begin_; }

 private:
  std::string buffer_;
  std::size_t begin_ = 0;
};

}  // namespace penstock::protocol
