// Writing and reading event messages. A length is checked before anything is kept for it.
#include "protocol/event_stream.h"

#include "base/bytes.h"
#include "base/check.h"

namespace penstock::protocol {
namespace {

using HeaderType = EventHeaderType;

constexpr std::size_t kPrelude = 12;
constexpr std::size_t kStringMax = 0xffff;

void put_big_endian(std::string& out, std::uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>(number >> shift);
  }
}

// The bytes of a number by its type; 0 for those that are none.
int number_bytes(HeaderType type) {
  switch (type) {
    case HeaderType::kByte: return 1;
    case HeaderType::kShort: return 2;
    case HeaderType::kInteger: return 4;
    case HeaderType::kLong:
    case HeaderType::kTimestamp: return 8;
    case HeaderType::kTrue:
    case HeaderType::kFalse:
    case HeaderType::kBytes:
    case HeaderType::kString:
    case HeaderType::kUuid: break;
  }
  return 0;
}

void put_header(std::string& out, const EventHeader& header) {
  CHECK(!header.name.empty() && header.name.size() <= 255 && header.bytes.size() <= kStringMax);
  out += static_cast<char>(header.name.size());
  out += header.name;
  out += static_cast<char>(header.type);
  put_big_endian(out, static_cast<std::uint64_t>(header.number), number_bytes(header.type));
  if (header.type == HeaderType::kBytes || header.type == HeaderType::kString) {
    put_big_endian(out, header.bytes.size(), 2);
    out += header.bytes;
  }
  if (header.type == HeaderType::kUuid) {
    CHECK(header.bytes.size() == 16);
    out += header.bytes;
  }
}

// Takes fields off the front of a view; not ok once something was missing.
class EventFields {
 public:
  explicit EventFields(std::string_view rest) : rest_(rest) {}
  std::uint64_t number(int bytes) {
    std::uint64_t value = 0;
    for (const char c : take(static_cast<std::size_t>(bytes))) {
      value = (value << 8) | static_cast<unsigned char>(c);
    }
    return value;
  }
  std::string_view take(std::size_t bytes) {
    if (bytes > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }
  bool ok() const { return ok_; }
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

std::int64_t sign_extended(std::uint64_t number, int bytes) {
  const int unused = 64 - 8 * bytes;
  return static_cast<std::int64_t>(number << unused) >> unused;
}

Result<std::vector<EventHeader>> read_headers(std::string_view bytes) {
  std::vector<EventHeader> headers;
  EventFields fields(bytes);
  while (!fields.done()) {
    EventHeader header;
    header.name = fields.take(fields.number(1));
    const std::uint64_t type = fields.number(1);
    if (!fields.ok() || header.name.empty() || type > static_cast<int>(HeaderType::kUuid)) {
      return fail(ErrorKind::kCorrupt, "an event header cannot be read");
    }
    header.type = static_cast<HeaderType>(type);
    if (const int size = number_bytes(header.type); size > 0) {
      header.number = sign_extended(fields.number(size), size);
    } else if (header.type == HeaderType::kUuid) {
      header.bytes = fields.take(16);
    } else if (header.type == HeaderType::kBytes || header.type == HeaderType::kString) {
      header.bytes = fields.take(fields.number(2));
    }
    if (!fields.ok()) return fail(ErrorKind::kCorrupt, "an event header is cut off");
    headers.push_back(std::move(header));
  }
  return headers;
}

}  // namespace

std::string_view EventMessage::header(std::string_view name) const {
  for (const EventHeader& header : headers) {
    if (header.name == name && header.type == HeaderType::kString) return header.bytes;
  }
  return {};
}

Result<std::string> encode_event(const EventMessage& message) {
  std::string headers;
  for (const EventHeader& header : message.headers) put_header(headers, header);
  if (headers.size() > kEventHeadersMax || message.payload.size() > kEventPayloadMax) {
    return fail(ErrorKind::kLimit, "an event message is too large");
  }
  std::string out;
  const std::size_t total = kEventFrameBytes + headers.size() + message.payload.size();
  out.reserve(total);
  put_big_endian(out, total, 4);
  put_big_endian(out, headers.size(), 4);
  put_big_endian(out, crc32(out), 4);
  out += headers;
  out += message.payload;
  put_big_endian(out, crc32(out), 4);
  return out;
}

void EventDecoder::feed(std::string_view bytes) {
  buffer_.erase(0, begin_);
  begin_ = 0;
  buffer_ += bytes;
}

Result<std::optional<EventMessage>> EventDecoder::next() {
  const std::string_view unread = std::string_view(buffer_).substr(begin_);
  if (unread.size() < kPrelude) return std::nullopt;
  EventFields prelude(unread);
  const std::uint64_t total = prelude.number(4);
  const std::uint64_t headers_size = prelude.number(4);
  if (prelude.number(4) != crc32(unread.substr(0, 8))) {
    return fail(ErrorKind::kCorrupt, "the checksum of an event's lengths is wrong");
  }
  if (headers_size > kEventHeadersMax || total < kEventFrameBytes + headers_size) {
    return fail(ErrorKind::kCorrupt, "the lengths of an event are wrong");
  }
  if (total - headers_size - kEventFrameBytes > kEventPayloadMax) {
    return fail(ErrorKind::kLimit, "an event message is too large");
  }
  if (unread.size() < total) return std::nullopt;
  const std::string_view frame = unread.substr(0, total);
  EventFields trailer(frame.substr(total - 4));
  if (trailer.number(4) != crc32(frame.substr(0, total - 4))) {
    return fail(ErrorKind::kCorrupt, "the checksum of an event is wrong");
  }
  EventMessage message;
  TRY(message.headers, read_headers(frame.substr(kPrelude, headers_size)));
  message.payload = frame.substr(kPrelude + headers_size, total - headers_size - kEventFrameBytes);
  begin_ += total;
  return message;
}

}  // namespace penstock::protocol
