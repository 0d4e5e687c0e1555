// One HTTP/1.1 connection: requests one after the other, each answered before the next is parsed.
//
// Buffers: the head buffer (4 KiB, grown to header_bytes_max at most) and one body piece. What the
// peer sends beyond stays in the kernel, which is the back pressure.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/connection.h"
#include "net/http1_parser.h"
#include "net/http1_response.h"
#include "net/loop_event.h"

namespace penstock::net {

class Http1Body;

inline constexpr std::size_t kHttp1BufferBytes = 16 << 10;

class Http1Connection final : public Connection {
 public:
  enum class Outcome { kClosed, kHttp2 };

  Http1Connection(LoopContext& loop, Transport& transport, std::string peer);
  ~Http1Connection() override;

  // Until the connection is done, or has shown HTTP/2's preface (then unread() begins with it).
  Task<Outcome> run();
  std::string_view unread() const { return {buffer_.data() + begin_, end_ - begin_}; }

  void tick(std::chrono::microseconds now) override;
  void begin_stop() override;
  void abort() override;

 private:
  friend class Http1Body;
  enum class Phase { kIdle, kHead, kBody, kHandler, kWrite, kLinger };
  enum class HeadResult { kRequest, kHttp2, kClosed, kTimeout, kTooLarge, kBad };
  // What is left of the current request's body on the wire.
  struct Incoming {
    bool chunked = false;
    bool done = true;
    bool failed = false;
    bool reading = false;
    bool continue_pending = false;  // The client waits for "100 Continue".
    std::uint64_t remaining = 0;    // Without chunks.
    ChunkDecoder decoder;
  };

  Task<HeadResult> read_head();
  Task<bool> exchange();
  Task<bool> refuse(int status, std::string_view text);
  Task<Result<std::string>> read_inline_body(std::size_t length);
  Task<Result<std::string>> read_piece();
  Task<Result<std::string>> read_chunked_piece();
  Task<bool> send_continue();
  Task<bool> respond(Response response, bool head_request, bool http10);
  Task<bool> stream_body(std::shared_ptr<BodySource> source, Http1Framing framing);
  Task<bool> stream_live_body(std::shared_ptr<BodySource> source, Http1Framing framing);
  Task<void> watch_client(std::shared_ptr<BodySource> source);
  Task<bool> drain();
  Task<void> linger();

  Task<Io> fill();
  Task<Io> read_raw(char* data, std::size_t size, Phase phase);
  Task<bool> write(Transport::Parts parts);
  void enter(Phase phase, std::uint32_t timeout_ms);
  void leave(Phase phase);
  std::uint32_t write_timeout_ms() const;
  void consume(std::size_t bytes) { begin_ += bytes; }
  bool maybe_preface() const;
  bool drainable() const;

  LoopContext& loop_;
  Transport& transport_;
  const std::string peer_;
  Http1HeadParser parser_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::string head_;  // Of the response; kept for its capacity.
  Incoming incoming_;
  std::shared_ptr<BodySource> live_;  // Being sent; the client is watched meanwhile.
  bool watching_ = false;
  LoopEvent watched_;
  Phase phase_ = Phase::kIdle;
  std::chrono::microseconds deadline_{0};  // 0: none.
  std::uint64_t sent_at_deadline_ = 0;
  bool first_request_ = true;
  bool stopping_ = false;
  bool timed_out_ = false;
  bool close_after_ = false;
};

}  // namespace penstock::net
