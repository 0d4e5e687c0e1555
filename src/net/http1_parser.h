// The two parsers of HTTP/1.1: the head of a request (Boost.Beast's, made stricter where a proxy in
// front could disagree about where a request ends) and the chunked coding. No I/O, no memory of the
// past beyond what is documented, so every split of the input gives the same outcome.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/http.h"

namespace penstock::net {

struct Http1Head {
  std::string method;
  std::string target;  // Origin form ("/path?query") or "*".
  Headers headers;
  bool http10 = false;
  bool keep_alive = true;
  bool chunked = false;
  bool expect_continue = false;
  std::uint64_t content_length = 0;  // 0 when there is no body, or chunked.
};

class Http1HeadParser {
 public:
  enum class Outcome { kNeedMore, kDone, kTooLarge, kBad };

  explicit Http1HeadParser(std::size_t header_bytes_max);
  ~Http1HeadParser();
  // Begins the next request.
  void start();
  // `input` is everything not consumed so far, again and with more behind it after kNeedMore.
  Outcome feed(std::string_view input);
  std::size_t consumed() const { return consumed_; }  // By the last feed().
  bool begun() const { return total_ > 0; }           // Something of the request was consumed.
  Http1Head& head() { return head_; }
  const char* reason() const { return reason_; }  // Of kBad.

 private:
  struct Impl;
  Outcome finish();
  bool has_bare_line_feed(std::string_view input);

  const std::size_t header_bytes_max_;
  std::unique_ptr<Impl> impl_;
  Http1Head head_;
  std::size_t consumed_ = 0;
  std::size_t total_ = 0;
  std::size_t blank_bytes_ = 0;  // Before the request line.
  std::size_t scanned_ = 0;      // Of the unconsumed input, for line ends.
  std::size_t line_start_ = 0;
  const char* reason_ = "";
};

class ChunkDecoder {
 public:
  enum class Outcome { kNeedMore, kDone, kBad };
  // Consumes from the front of `input` and appends the data to `out` until input is used up, out
  // holds `out_max`, or the body ends (trailers included, which are dropped).
  Outcome feed(std::string_view& input, std::string& out, std::size_t out_max);

 private:
  enum class State {
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailer,
    kTrailerLf,
    kDone
  };
  Outcome frame_byte(char c);

  State state_ = State::kSize;
  std::uint64_t remaining_ = 0;
  std::size_t digits_ = 0;
  std::size_t line_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
};

}  // namespace penstock::net
