// The life of an HTTP/2 connection: reader, writer, watch and end.
#include "net/http2_connection.h"

#include <nghttp2/nghttp2.h>

#include <vector>

#include "base/limits.h"
#include "base/log.h"
#include "net/http2_callbacks.h"

namespace penstock::net {
namespace {

constexpr std::size_t kReadBytes = 32 << 10;

}  // namespace

Http2Connection::Http2Connection(LoopContext& loop, Transport& transport, std::string peer)
    : loop_(loop),
      transport_(transport),
      peer_(std::move(peer)),
      writable_(loop.executor),
      all_done_(loop.executor),
      active_at_(loop.now()) {
  loop_.add(*this);
}

Http2Connection::~Http2Connection() {
  loop_.remove(*this);
  nghttp2_session_del(session_);
}

bool Http2Connection::open_session() {
  session_ = make_http2_session(*this);
  if (session_ == nullptr) return false;
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits::kHttp2Streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits::kHttp2StreamWindowBytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
       static_cast<std::uint32_t>(loop_.shared.options.header_bytes_max)},
      {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 0},
  };
  return nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings)) == 0 &&
         nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                               limits::kHttp2ConnectionWindowBytes) == 0;
}

Task<void> Http2Connection::run(std::string unread) {
  if (!open_session()) co_return;
  writer_running_ = true;
  if (!loop_.shared.gate.spawn(loop_.executor, write_loop())) co_return;
  if (loop_.stopping()) begin_stop();
  bool alive = receive(unread);
  unread = std::string();
  std::vector<char> buffer(kReadBytes);
  while (alive && !finished()) {
    const Io got = co_await transport_.read_some(buffer.data(), buffer.size());
    if (got.failed || got.bytes == 0) break;
    active_at_ = loop_.now();
    alive = receive({buffer.data(), got.bytes});
  }
  closed_ = true;
  close_streams();
  transport_.close();
  wake_writer();
  while (writer_running_ || handlers_ > 0) co_await all_done_;
}

// False: the peer does not speak HTTP/2, or worse.
bool Http2Connection::receive(std::string_view bytes) {
  const auto used = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  wake_writer();
  if (used >= 0) return true;
  loop_.shared.refused.fetch_add(1, std::memory_order_relaxed);
  log::debug("net", "http2 connection broken",
             {{"peer", peer_}, {"error", nghttp2_strerror(static_cast<int>(used))}});
  return false;
}

bool Http2Connection::finished() const {
  return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0 &&
         out_.empty();
}

Task<void> Http2Connection::write_loop() {
  while (!closed_) {
    while (out_.size() < limits::kHttp2WriteBytes) {
      const std::uint8_t* data = nullptr;
      const auto size = nghttp2_session_mem_send(session_, &data);
      if (size <= 0) break;
      out_.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    }
    if (out_.empty()) {
      if (finished()) transport_.cancel_read();  // The reader sees that nothing is left to do.
      co_await writable_;
      continue;
    }
    write_deadline_ = loop_.after_ms(loop_.shared.options.idle_timeout_ms);
    sent_at_deadline_ = transport_.bytes_sent();
    const bool ok = co_await transport_.write({out_});
    write_deadline_ = std::chrono::microseconds(0);
    active_at_ = loop_.now();
    out_.clear();
    if (!ok) {
      closed_ = true;
      transport_.close();  // Wakes the reader.
    }
  }
  writer_running_ = false;
  all_done_.set();
}

void Http2Connection::handler_done() {
  --handlers_;
  if (closed_) all_done_.set();
  if (draining_ && !closed_ && streams_.empty() && handlers_ == 0) {
    nghttp2_session_terminate_session(session_, NGHTTP2_NO_ERROR);
    wake_writer();
  }
}

void Http2Connection::close_streams() {
  while (!streams_.empty()) {
    const auto stream = streams_.begin()->second;
    streams_.erase(streams_.begin());
    on_closed(*stream);
  }
}

void Http2Connection::tick(std::chrono::microseconds now) {
  if (closed_) return;
  if (write_deadline_.count() != 0 && now >= write_deadline_) {
    if (transport_.bytes_sent() == sent_at_deadline_) {
      transport_.close();
      return;
    }
    sent_at_deadline_ = transport_.bytes_sent();
    write_deadline_ = now + std::chrono::milliseconds(loop_.shared.options.idle_timeout_ms);
  }
  const auto passed = [now](std::chrono::microseconds deadline) {
    return deadline.count() != 0 && now >= deadline;
  };
  std::vector<std::shared_ptr<Http2Stream>> late;
  for (const auto& [id, stream] : streams_) {
    if (passed(stream->arrival_deadline) || passed(stream->send_deadline)) late.push_back(stream);
  }
  for (const auto& stream : late) {
    stream->timed_out = true;
    stream->readable.set();
    reset(*stream, stream->answered ? NGHTTP2_NO_ERROR : NGHTTP2_CANCEL);
  }
  const auto idle = std::chrono::milliseconds(loop_.shared.options.idle_timeout_ms);
  if (streams_.empty() && handlers_ == 0 && now >= active_at_ + idle) {
    if (now >= active_at_ + 2 * idle) {
      transport_.close();  // Said goodbye a while ago and nobody answered.
      return;
    }
    nghttp2_session_terminate_session(session_, NGHTTP2_NO_ERROR);
    wake_writer();
  }
}

void Http2Connection::begin_stop() {
  if (closed_ || draining_ || session_ == nullptr) return;
  draining_ = true;
  for (const auto& [id, stream] : streams_) {
    if (stream->live) stream->live->abandon();
  }
  if (streams_.empty() && handlers_ == 0) {
    nghttp2_session_terminate_session(session_, NGHTTP2_NO_ERROR);
  } else {
    nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                          nullptr, 0);
  }
  wake_writer();
}

void Http2Connection::abort() { transport_.close(); }

}  // namespace penstock::net
