// Requests of an HTTP/2 connection on their way in: headers, data, windows, and what is too much.
#include <nghttp2/nghttp2.h>

#include <charconv>

#include "base/bytes.h"
#include "base/limits.h"
#include "net/http2_connection.h"

namespace penstock::net {
namespace {

constexpr std::size_t kFieldOverhead = 32;  // As SETTINGS_MAX_HEADER_LIST_SIZE counts (RFC 9113).

std::optional<std::uint64_t> content_length(const Headers& headers) {
  const std::string* text = headers.find("content-length");
  std::uint64_t length = 0;
  if (text == nullptr) return std::nullopt;
  std::from_chars(text->data(), text->data() + text->size(), length);  // nghttp2 has checked it.
  return length;
}

}  // namespace

int Http2Connection::on_begin_request(std::int32_t stream_id) {
  // A reset stream frees its place in the protocol at once but its handler still runs: counting
  // handlers is what makes rapid resets pointless.
  if (handlers_ >= limits::kHttp2Streams || draining_) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream_id, NGHTTP2_REFUSED_STREAM);
    return 0;
  }
  auto stream = std::make_shared<Http2Stream>(*this, loop_.executor, stream_id);
  stream->request.http2 = true;
  stream->request.peer = peer_;
  stream->request.headers.reserve(16);
  stream->arrival_deadline = loop_.after_ms(loop_.shared.options.request_timeout_ms);
  nghttp2_session_set_stream_user_data(session_, stream_id, stream.get());
  streams_.emplace(stream_id, std::move(stream));
  return 0;
}

int Http2Connection::on_header(Http2Stream& stream, std::string_view name, std::string_view value) {
  const std::size_t bytes_max = loop_.shared.options.header_bytes_max;
  stream.header_bytes += name.size() + value.size() + kFieldOverhead;
  Headers& headers = stream.request.headers;
  if (stream.header_bytes > bytes_max || headers.fields().size() >= limits::kHeaderFields) {
    stream.oversized = true;
    // Decompressing what will be refused anyway has an end as well.
    return stream.header_bytes > 4 * bytes_max ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
  }
  if (name == ":method") {
    stream.request.method = value;
  } else if (name == ":path") {
    stream.request.target = value;
  } else if (name == ":authority") {
    headers.add(name, std::string(value));
    headers.set("host", std::string(value));
  } else if (name == "host") {
    if (!headers.has(":authority")) headers.add(name, std::string(value));
  } else if (!name.starts_with(':')) {
    if (name == "expect" && equals_ignore_case(value, "100-continue"))
      stream.expect_continue = true;
    headers.add(name, std::string(value));
  }
  return 0;
}

void Http2Connection::on_request_head(Http2Stream& stream, bool end_stream) {
  stream.remote_end = end_stream;
  if (stream.oversized) return refuse(stream, 431, "the request head is too large");
  const Request& request = stream.request;
  const bool asterisk = request.target == "*" && request.method == "OPTIONS";
  if (request.method == "CONNECT" || (!request.target.starts_with('/') && !asterisk)) {
    return refuse(stream, 400, "unsupported request target");
  }
  const auto length = content_length(request.headers);
  if (end_stream || (length && *length > limits::kInlineBodyBytes)) return dispatch(stream);
  send_continue(stream);
}

void Http2Connection::on_data(std::int32_t stream_id, Http2Stream* stream, std::string_view bytes) {
  // The connection's window is always given back: one slow handler must not stop the others. What
  // all streams may hold is bounded by their own windows and by the budget of bodies.
  nghttp2_session_consume_connection(session_, bytes.size());
  if (stream == nullptr) return;
  if (stream->discard) {
    stream->discarded += bytes.size();
    // Beyond the limit the window stays shut; with the end of the answer the stream is reset.
    if (stream->discarded <= limits::kDrainBytes) {
      nghttp2_session_consume_stream(session_, stream_id, bytes.size());
    } else if (stream->answered) {
      reset(*stream, NGHTTP2_NO_ERROR);
    }
    return;
  }
  if (!stream->reservation.grow(loop_.shared, bytes.size())) {
    loop_.shared.refused.fetch_add(1, std::memory_order_relaxed);
    return reset(*stream, NGHTTP2_ENHANCE_YOUR_CALM);
  }
  stream->inbox.append(bytes);
  if (stream->arrival_deadline.count() != 0) {
    stream->arrival_deadline = loop_.after_ms(loop_.shared.options.request_timeout_ms);
  }
  if (stream->dispatched) {
    stream->readable.set();
  } else if (stream->inbox.size() > limits::kInlineBodyBytes) {
    dispatch(*stream);
  }
}

void Http2Connection::on_remote_end(Http2Stream& stream) {
  stream.remote_end = true;
  stream.readable.set();
  if (!stream.dispatched) dispatch(stream);
}

// Whole requests are handed over in memory, long ones as a stream.
void Http2Connection::dispatch(Http2Stream& stream) {
  stream.dispatched = true;
  stream.arrival_deadline = std::chrono::microseconds(0);
  const auto shared = streams_.at(stream.id);
  if (stream.remote_end) {
    stream.request.body = Body(std::exchange(stream.inbox, {}));
  } else {
    stream.request.body = Body(std::make_shared<Http2Body>(shared, loop_.executor,
                                                           content_length(stream.request.headers)));
  }
  ++handlers_;
  if (!loop_.shared.gate.spawn(loop_.executor, serve(shared))) {
    --handlers_;
    reset(stream, NGHTTP2_REFUSED_STREAM);
    return;
  }
  loop_.shared.requests.fetch_add(1, std::memory_order_relaxed);
}

void Http2Connection::on_closed(Http2Stream& stream) {
  stream.connection = nullptr;
  stream.readable.set();
  stream.drained.set();
  if (stream.live) std::exchange(stream.live, nullptr)->abandon();
  if (draining_ && !closed_ && streams_.empty() && handlers_ == 0) {
    nghttp2_session_terminate_session(session_, NGHTTP2_NO_ERROR);
    wake_writer();
  }
}

void Http2Connection::count_control_frame(bool reset) {
  const auto now = loop_.now();
  if (now >= flood_.second + std::chrono::seconds(1)) flood_ = {.second = now};
  flood_.resets += reset ? 1 : 0;
  if (++flood_.control_frames <= limits::kHttp2ControlFramesPerSecond &&
      flood_.resets <= limits::kHttp2ResetsPerSecond) {
    return;
  }
  loop_.shared.refused.fetch_add(1, std::memory_order_relaxed);
  nghttp2_session_terminate_session(session_, NGHTTP2_ENHANCE_YOUR_CALM);
}

void Http2Connection::send_continue(Http2Stream& stream) {
  if (!std::exchange(stream.expect_continue, false)) return;
  std::string name = ":status", value = "100";
  const nghttp2_nv status = {reinterpret_cast<std::uint8_t*>(name.data()),
                             reinterpret_cast<std::uint8_t*>(value.data()), name.size(),
                             value.size(), NGHTTP2_NV_FLAG_NONE};
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id, nullptr, &status, 1, nullptr);
  wake_writer();
}

void Http2Connection::consumed(Http2Stream& stream, std::size_t bytes) {
  stream.reservation.shrink(bytes);
  nghttp2_session_consume_stream(session_, stream.id, bytes);
  wake_writer();
}

void Http2Connection::reset(Http2Stream& stream, std::uint32_t code) {
  stream.arrival_deadline = stream.send_deadline = std::chrono::microseconds(0);
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, code);
  wake_writer();
}

Task<Result<std::string>> Http2Body::read() {
  Executor& caller = Executor::current();
  if (&caller != &home_) co_await hop_to(home_);
  auto piece = co_await read_at_home();
  if (&caller != &home_) co_await hop_to(caller);
  co_return piece;
}

Task<Result<std::string>> Http2Body::read_at_home() {
  Http2Stream& stream = *stream_;
  while (stream.inbox.empty()) {
    if (stream.remote_end) co_return std::string();
    if (stream.connection == nullptr || stream.timed_out) {
      co_return fail(ErrorKind::kUnavailable, stream.timed_out ? "the request body took too long"
                                                               : "the request body ended early");
    }
    Http2Connection& connection = *stream.connection;
    connection.send_continue(stream);
    stream.arrival_deadline =
        connection.loop_.after_ms(connection.loop_.shared.options.request_timeout_ms);
    co_await stream.readable;
    stream.arrival_deadline = std::chrono::microseconds(0);
  }
  std::string piece;
  if (stream.inbox.size() <= 2 * limits::kBodyPieceBytes) {
    piece.swap(stream.inbox);
  } else {
    piece = stream.inbox.substr(0, 2 * limits::kBodyPieceBytes);
    stream.inbox.erase(0, piece.size());
  }
  if (stream.connection != nullptr) stream.connection->consumed(stream, piece.size());
  co_return piece;
}

}  // namespace penstock::net
