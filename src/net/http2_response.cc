// Responses of an HTTP/2 connection on their way out.
#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/limits.h"
#include "net/http1_response.h"
#include "net/http2_callbacks.h"
#include "net/http2_connection.h"

namespace penstock::net {
namespace {

// nghttp2 copies names and values at submission, so the views need to live only that long.
nghttp2_nv field(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

Task<void> Http2Connection::serve(std::shared_ptr<Http2Stream> stream) {
  Request request = std::move(stream->request);
  const bool head_request = request.method == "HEAD";
  Response response = co_await loop_.shared.handler(std::move(request));
  if (Executor::current_or_null() != &loop_.executor) co_await hop_to(loop_.executor);
  if (stream->connection != nullptr) {
    const bool has_body = status_has_body(response.status);
    const bool with_body = has_body && !head_request;
    const auto length = response_length(response, head_request);
    response.headers.erase("content-length");
    // A 304 without a length of its own says nothing about one.
    if (length && (has_body || (response.status == 304 && *length > 0))) {
      response.headers.add("content-length", fmt::to_string(*length));
    }
    if (!submit(*stream, response, with_body)) {
      reset(*stream, NGHTTP2_INTERNAL_ERROR);
    } else if (with_body) {
      co_await answer(stream, std::move(response));
    } else {
      answered(*stream);
    }
  }
  // What is left of the request has no reader any more.
  stream->discard = true;
  if (stream->connection != nullptr && !stream->inbox.empty()) {
    consumed(*stream, stream->inbox.size());
  }
  stream->inbox = std::string();
  handler_done();
}

// Feeds the body to the stream, piece by piece as the peer takes it.
Task<void> Http2Connection::answer(std::shared_ptr<Http2Stream> stream, Response response) {
  const auto push = [this](Http2Stream& to, std::string bytes, bool last) {
    to.outbox = std::move(bytes);
    to.outbox_sent = 0;
    to.outbox_last = last;
    to.send_deadline = send_deadline(to);
    nghttp2_session_resume_data(session_, to.id);
    wake_writer();
  };
  if (response.body.in_memory()) {
    push(*stream, response.body.take_bytes(), true);
    co_return;
  }
  const auto source = response.body.source();
  const auto length = source->length();
  if (source->is_live()) {
    stream->live = source;
    if (draining_) source->abandon();
  }
  std::uint64_t sent = 0;
  while (true) {
    auto piece = co_await source->read();
    if (Executor::current_or_null() != &loop_.executor) co_await hop_to(loop_.executor);
    if (stream->connection == nullptr) co_return;
    if (piece) sent += piece->size();
    // What breaks off must not look complete.
    if (!piece || (length && (sent > *length || (piece->empty() && sent < *length)))) {
      reset(*stream, NGHTTP2_INTERNAL_ERROR);
      co_return;
    }
    const bool last = piece->empty();
    push(*stream, std::move(*piece), last);
    if (last) co_return;
    co_await stream->drained;
    if (stream->connection == nullptr) co_return;
  }
}

std::chrono::microseconds Http2Connection::send_deadline(const Http2Stream& stream) const {
  return loop_.after_ms(stream.live ? limits::kLiveWriteMs : loop_.shared.options.idle_timeout_ms);
}

// The answer is out. A request that still goes on is skipped for a while and then asked to stop
// (RFC 9113, 8.1). Not at once: there are clients that lose the answer when the reset finds them
// sending.
void Http2Connection::answered(Http2Stream& stream) {
  stream.answered = true;
  if (stream.remote_end) return;
  stream.arrival_deadline = loop_.after_ms(limits::kLingerMs);
  if (stream.discarded > limits::kDrainBytes) reset(stream, NGHTTP2_NO_ERROR);
}

std::ptrdiff_t Http2Connection::take_output(Http2Stream& stream, std::uint8_t* out,
                                            std::size_t size, std::uint32_t& flags) {
  const std::size_t left = stream.outbox.size() - stream.outbox_sent;
  const std::size_t take = std::min(left, size);
  if (take == 0 && !stream.outbox_last) return NGHTTP2_ERR_DEFERRED;
  std::memcpy(out, stream.outbox.data() + stream.outbox_sent, take);
  stream.outbox_sent += take;
  stream.send_deadline = send_deadline(stream);
  if (take == left) {
    stream.outbox = std::string();
    stream.outbox_sent = 0;
    stream.send_deadline = std::chrono::microseconds(0);
    if (stream.outbox_last) {
      flags |= NGHTTP2_DATA_FLAG_EOF;
      answered(stream);
    } else {
      stream.drained.set();
    }
  }
  return static_cast<std::ptrdiff_t>(take);
}

bool Http2Connection::submit(Http2Stream& stream, const Response& response, bool with_body) {
  const std::string status = fmt::to_string(response.status);
  std::vector<std::string> cleaned;  // Of values that had to be changed.
  const auto& fields = response.headers.fields();
  cleaned.reserve(fields.size());
  std::vector<nghttp2_nv> all;
  all.reserve(fields.size() + 2);
  all.push_back(field(":status", status));
  for (const auto& [name, value] : fields) {
    if (is_connection_header(name) || name.starts_with(':')) continue;
    if (value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos) {
      all.push_back(field(name, value));
    } else {
      append_header_value(cleaned.emplace_back(), value);
      all.push_back(field(name, cleaned.back()));
    }
  }
  const std::string date = loop_.http_date();
  if (!response.headers.has("date")) all.push_back(field("date", date));
  nghttp2_data_provider provider{};
  provider.source.ptr = &stream;
  provider.read_callback = http2_output_reader();
  const int error = nghttp2_submit_response(session_, stream.id, all.data(), all.size(),
                                            with_body ? &provider : nullptr);
  wake_writer();
  return error == 0;
}

// An answer of our own to what does not reach the handler.
void Http2Connection::refuse(Http2Stream& stream, int status, std::string_view text) {
  loop_.shared.refused.fetch_add(1, std::memory_order_relaxed);
  stream.dispatched = stream.discard = true;
  stream.arrival_deadline = std::chrono::microseconds(0);
  Response response = plain_response(status, text);
  stream.outbox = response.body.take_bytes();
  stream.outbox_last = true;
  response.headers.add("content-length", fmt::to_string(stream.outbox.size()));
  if (!submit(stream, response, true)) reset(stream, NGHTTP2_INTERNAL_ERROR);
}

}  // namespace penstock::net
