// The lower half of an HTTP/1.1 connection: bytes in, responses out, and the watch over both.
#include <charconv>
#include <cstring>

#include "base/bytes.h"
#include "base/limits.h"
#include "net/http1_body.h"
#include "net/http1_connection.h"

namespace penstock::net {

void Http1Connection::enter(Phase phase, std::uint32_t timeout_ms) {
  phase_ = phase;
  timed_out_ = false;
  sent_at_deadline_ = transport_.bytes_sent();
  deadline_ = timeout_ms == 0 ? std::chrono::microseconds(0) : loop_.after_ms(timeout_ms);
}

std::uint32_t Http1Connection::write_timeout_ms() const {
  return live_ ? limits::kLiveWriteMs : loop_.shared.options.idle_timeout_ms;
}

void Http1Connection::leave(Phase phase) {
  if (phase_ != phase) return;
  phase_ = Phase::kHandler;
  deadline_ = std::chrono::microseconds(0);
}

void Http1Connection::tick(std::chrono::microseconds now) {
  if (deadline_.count() == 0 || now < deadline_) return;
  if (phase_ == Phase::kWrite) {
    if (transport_.bytes_sent() == sent_at_deadline_) {
      transport_.close();
      return;
    }
    sent_at_deadline_ = transport_.bytes_sent();
    deadline_ = now + std::chrono::milliseconds(write_timeout_ms());
    return;
  }
  deadline_ = std::chrono::microseconds(0);
  timed_out_ = true;
  transport_.cancel_read();
}

void Http1Connection::begin_stop() {
  stopping_ = true;
  if (live_) live_->abandon();
  if (phase_ == Phase::kIdle || phase_ == Phase::kLinger) transport_.cancel_read();
}

void Http1Connection::abort() { transport_.close(); }

// More bytes into the buffer. The deadline is the caller's.
Task<Io> Http1Connection::fill() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (end_ == buffer_.size()) {
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    } else {
      // The parser refuses a head before it passes header_bytes_max, so growth is bounded.
      buffer_.resize(buffer_.size() * 2);
    }
  }
  const Io got = co_await transport_.read_some(buffer_.data() + end_, buffer_.size() - end_);
  if (!got.failed) {
    end_ += got.bytes;
    timed_out_ = false;
  }
  co_return got;
}

Task<Io> Http1Connection::read_raw(char* data, std::size_t size, Phase phase) {
  enter(phase, loop_.shared.options.request_timeout_ms);
  const Io got = co_await transport_.read_some(data, size);
  if (!got.failed) timed_out_ = false;
  leave(phase);
  co_return got;
}

Task<bool> Http1Connection::write(Transport::Parts parts) {
  enter(Phase::kWrite, write_timeout_ms());
  const bool ok = co_await transport_.write(parts);
  leave(Phase::kWrite);
  co_return ok;
}

// False: the connection cannot be used any more.
Task<bool> Http1Connection::respond(Response response, bool head_request, bool http10) {
  Http1Framing framing;
  const bool has_body = status_has_body(response.status);
  if (has_body || response.status == 304) framing.length = response_length(response, head_request);
  // A 304 without a length of its own says nothing about one.
  if (response.status == 304 && !response.headers.has("content-length")) framing.length.reset();
  if (has_body && !framing.length && !head_request) {
    framing.chunked = !http10;
    if (http10) close_after_ = true;  // The end of the connection is the end of the body.
  }
  if (equals_ignore_case(response.headers.get("connection"), "close")) close_after_ = true;
  framing.close = close_after_;
  framing.keep_alive = http10 && !close_after_;
  head_.clear();
  append_http1_head(head_, response, framing, loop_.http_date());
  if (!has_body || head_request || response.body.in_memory()) {
    const bool send_body = has_body && !head_request;
    co_return co_await write(
        {head_, send_body ? std::string_view(response.body.bytes()) : std::string_view()});
  }
  if (!co_await write({head_})) co_return false;
  if (response.body.source()->is_live()) {
    co_return co_await stream_live_body(response.body.source(), framing);
  }
  co_return co_await stream_body(response.body.source(), framing);
}

// Reads ahead while the body is sent: the only way to learn at once that the client hung up.
Task<bool> Http1Connection::stream_live_body(std::shared_ptr<BodySource> source,
                                             Http1Framing framing) {
  live_ = source;
  if (stopping_) source->abandon();
  watching_ = incoming_.done;
  if (watching_ && !loop_.shared.gate.spawn(loop_.executor, watch_client(source))) {
    watching_ = false;
    source->abandon();
  }
  const bool whole = co_await stream_body(source, framing);
  live_ = nullptr;
  if (watching_) transport_.cancel_read();
  while (watching_) co_await watched_;
  if (!whole) source->abandon();
  co_return whole;
}

// A pipelined request waits in the buffer; a client that sends more than fits is not watched.
Task<void> Http1Connection::watch_client(std::shared_ptr<BodySource> source) {
  while (live_ && end_ - begin_ < kHttp1BufferBytes / 2) {
    const Io got = co_await fill();
    if (got.failed || got.bytes == 0) {
      if (live_) source->abandon();
      break;
    }
  }
  watching_ = false;
  watched_.set();
}

Task<bool> Http1Connection::stream_body(std::shared_ptr<BodySource> source, Http1Framing framing) {
  std::uint64_t sent = 0;
  while (!framing.length || sent < *framing.length) {
    auto piece = co_await source->read();
    if (Executor::current_or_null() != &loop_.executor) co_await hop_to(loop_.executor);
    // A body that breaks off, or is longer than announced, must not look complete: no end is sent.
    if (!piece || (framing.length && sent + piece->size() > *framing.length)) co_return false;
    if (piece->empty()) break;
    sent += piece->size();
    if (framing.chunked) {
      char size[20];
      char* const end = std::to_chars(size, size + 16, piece->size(), 16).ptr;
      end[0] = '\r';
      end[1] = '\n';
      const std::string_view line(size, static_cast<std::size_t>(end + 2 - size));
      if (!co_await write({line, *piece, "\r\n"})) co_return false;
    } else if (!co_await write({*piece})) {
      co_return false;
    }
  }
  if (framing.length && sent != *framing.length) co_return false;
  if (framing.chunked) co_return co_await write({"0\r\n\r\n"});
  co_return true;
}

Task<Result<std::string>> Http1Body::read() {
  Executor& caller = Executor::current();
  if (&caller != &home_) co_await hop_to(home_);
  Result<std::string> piece;
  if (connection_ == nullptr) {
    piece = fail(ErrorKind::kUnavailable, "the request is over");
  } else {
    piece = co_await connection_->read_piece();
  }
  if (&caller != &home_) co_await hop_to(caller);
  co_return piece;
}

}  // namespace penstock::net
