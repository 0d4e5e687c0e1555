// One HTTP/2 connection (prior knowledge). nghttp2 keeps the protocol's state; this class moves
// bytes between it and the transport, and requests between it and the handler.
//
// Three kinds of coroutines on one loop: the reader (run()), the writer, and one per request. A
// peer that does not read stops the writer only; a handler that does not read stops its stream's
// window only.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "net/connection.h"
#include "net/http2_stream.h"

struct nghttp2_session;

namespace penstock::net {

class Http2Connection final : public Connection {
 public:
  Http2Connection(LoopContext& loop, Transport& transport, std::string peer);
  ~Http2Connection() override;

  // `unread` begins with the client's preface. Returns when the connection is closed and no handler
  // of it runs any more.
  Task<void> run(std::string unread);

  void tick(std::chrono::microseconds now) override;
  void begin_stop() override;
  void abort() override;

 private:
  friend struct Http2Callbacks;
  friend class Http2Body;
  // What a peer may do for free, within one second.
  struct Flood {
    std::chrono::microseconds second{0};
    std::size_t control_frames = 0;
    std::size_t resets = 0;
  };

  bool open_session();
  Task<void> write_loop();
  void wake_writer() { writable_.set(); }
  bool receive(std::string_view bytes);
  void close_streams();
  bool finished() const;

  // Events of the session, called from within it.
  int on_begin_request(std::int32_t stream_id);
  int on_header(Http2Stream& stream, std::string_view name, std::string_view value);
  void on_request_head(Http2Stream& stream, bool end_stream);
  void on_data(std::int32_t stream_id, Http2Stream* stream, std::string_view bytes);
  void on_remote_end(Http2Stream& stream);
  void on_closed(Http2Stream& stream);
  void count_control_frame(bool reset);
  std::ptrdiff_t take_output(Http2Stream& stream, std::uint8_t* out, std::size_t size,
                             std::uint32_t& flags);

  void dispatch(Http2Stream& stream);
  void refuse(Http2Stream& stream, int status, std::string_view text);
  Task<void> serve(std::shared_ptr<Http2Stream> stream);
  Task<void> answer(std::shared_ptr<Http2Stream> stream, Response response);
  bool submit(Http2Stream& stream, const Response& response, bool with_body);
  void answered(Http2Stream& stream);
  std::chrono::microseconds send_deadline(const Http2Stream& stream) const;
  void send_continue(Http2Stream& stream);
  void consumed(Http2Stream& stream, std::size_t bytes);
  void reset(Http2Stream& stream, std::uint32_t code);
  void handler_done();

  LoopContext& loop_;
  Transport& transport_;
  const std::string peer_;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, std::shared_ptr<Http2Stream>> streams_;
  std::size_t handlers_ = 0;  // Running, those of reset streams included.
  std::string out_;           // Being written.
  bool writing_ = false;
  bool writer_running_ = false;
  bool closed_ = false;
  bool draining_ = false;  // GOAWAY was sent; ends with the last stream.
  LoopEvent writable_;
  LoopEvent all_done_;
  Flood flood_;
  std::chrono::microseconds active_at_{0};
  std::chrono::microseconds write_deadline_{0};
  std::uint64_t sent_at_deadline_ = 0;
};

}  // namespace penstock::net
