// The HTTP/1.1 that runtimes speak to the Runtime API: requests are parsed from pieces as they
// arrive.
//
// A request body may have a length or be chunked; one larger than the limit is read to its end and
// thrown away, so that the runtime gets its 413 and not a broken connection. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::lambda {

struct WireRequest {
  std::string method;
  std::string path;
  std::string function_error_type;  // Lambda-Runtime-Function-Error-Type, empty when absent.
  std::string body;
  bool body_too_large = false;
  bool close = false;  // The client ends the connection after the answer.
};

class RequestParser {
 public:
  explicit RequestParser(std::size_t body_bytes_max) : body_bytes_max_(body_bytes_max) {}

  void feed(std::string_view bytes) { buffer_.append(bytes); }
  // The next whole request, or nothing yet. Call until it returns nothing.
  std::optional<WireRequest> next();
  // The bytes are not HTTP: the connection must be closed.
  bool failed() const { return state_ == State::kFailed; }
  // True once per request that waits for "100 Continue" before it sends its body.
  bool take_expect_continue();

 private:
  enum class State { kHead, kLength, kChunkSize, kChunkData, kChunkEnd, kTrailer, kDone, kFailed };

  bool step();  // False: more bytes are needed, or the request is done.
  bool read_head();
  bool parse_head(std::string_view head);
  bool parse_field(std::string_view name, std::string_view value);
  bool read_data(State next_state);
  bool read_chunk_size();
  bool read_chunk_end();
  bool read_trailer();
  std::optional<std::string_view>
  take_line();  // Without its CR LF; valid until the buffer changes.
  void compact();
  bool fail();

  const std::size_t body_bytes_max_;
  std::string buffer_;
  std::size_t offset_ = 0;  // What of buffer_ is used up.
  State state_ = State::kHead;
  WireRequest request_;
  std::uint64_t remaining_ = 0;  // Of the body or the chunk.
  bool chunked_ = false;
  bool expects_continue_ = false;
};

// A whole answer, ready to be sent. `fields` are complete lines, each with its CR LF.
std::string wire_response(int status, std::string_view fields, std::string_view body);

}  // namespace penstock::lambda
