// The life of an HTTP/1.1 connection: read a head, run the handler, write the answer, again.
#include "net/http1_connection.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/limits.h"
#include "net/http1_body.h"

namespace penstock::net {
namespace {

// Most heads are smaller than this first size, which is what an idle connection costs.
constexpr std::size_t kFirstBufferBytes = 4 << 10;
constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

}  // namespace

Http1Connection::Http1Connection(LoopContext& loop, Transport& transport, std::string peer)
    : loop_(loop),
      transport_(transport),
      peer_(std::move(peer)),
      parser_(loop.shared.options.header_bytes_max),
      buffer_(kFirstBufferBytes),
      watched_(loop.executor),
      stopping_(loop.stopping()) {
  loop_.add(*this);
}

Http1Connection::~Http1Connection() { loop_.remove(*this); }

Task<Http1Connection::Outcome> Http1Connection::run() {
  while (true) {
    switch (co_await read_head()) {
      case HeadResult::kRequest:
        if (co_await exchange()) continue;
        co_return Outcome::kClosed;
      case HeadResult::kHttp2: co_return Outcome::kHttp2;
      case HeadResult::kClosed: co_return Outcome::kClosed;
      case HeadResult::kTimeout: co_await refuse(408, "the request head took too long"); break;
      case HeadResult::kTooLarge: co_await refuse(431, "the request head is too large"); break;
      case HeadResult::kBad: co_await refuse(400, parser_.reason()); break;
    }
    co_return Outcome::kClosed;
  }
}

bool Http1Connection::maybe_preface() const {
  const std::string_view seen = unread().substr(0, kPreface.size());
  return first_request_ && !parser_.begun() && !seen.empty() && kPreface.starts_with(seen);
}

Task<Http1Connection::HeadResult> Http1Connection::read_head() {
  parser_.start();
  if (begin_ == end_ && buffer_.size() > kHttp1BufferBytes) {
    buffer_ = std::vector<char>(
        kFirstBufferBytes);  // An idle connection gives back what a long head took.
    begin_ = end_ = 0;
  }
  bool begun = begin_ != end_;
  if (begun) enter(Phase::kHead, loop_.shared.options.request_timeout_ms);
  while (true) {
    if (begin_ != end_) {
      const bool preface = maybe_preface();
      if (preface && end_ - begin_ >= kPreface.size()) co_return HeadResult::kHttp2;
      if (!preface) {
        const auto outcome = parser_.feed(unread());
        consume(parser_.consumed());
        if (outcome == Http1HeadParser::Outcome::kDone) co_return HeadResult::kRequest;
        if (outcome == Http1HeadParser::Outcome::kBad) co_return HeadResult::kBad;
        if (outcome == Http1HeadParser::Outcome::kTooLarge) co_return HeadResult::kTooLarge;
      }
      if (!begun) enter(Phase::kHead, loop_.shared.options.request_timeout_ms);
      begun = true;
    } else if (!begun) {
      if (stopping_) co_return HeadResult::kClosed;
      enter(Phase::kIdle, loop_.shared.options.idle_timeout_ms);
    }
    const Io got = co_await fill();
    if (got.failed) {
      co_return timed_out_&& begun ? HeadResult::kTimeout : HeadResult::kClosed;
    }
    if (got.bytes == 0) co_return HeadResult::kClosed;
  }
}

// Runs the handler for the request in parser_. False: the connection ends.
Task<bool> Http1Connection::exchange() {
  Http1Head& head = parser_.head();
  ServerShared& shared = loop_.shared;
  first_request_ = false;
  enter(Phase::kHandler, 0);
  close_after_ = !head.keep_alive;
  const bool head_request = head.method == "HEAD";
  const bool http10 = head.http10;
  incoming_ = Incoming();
  incoming_.chunked = head.chunked;
  if (head.chunked && buffer_.size() < kHttp1BufferBytes) buffer_.resize(kHttp1BufferBytes);
  incoming_.remaining = head.content_length;
  incoming_.done = !head.chunked && head.content_length == 0;
  incoming_.continue_pending = head.expect_continue && !incoming_.done;
  // Without a body nothing has to continue. But botocore, when a final answer comes at once, takes
  // its status for that of the next request on the connection, too.
  if (head.expect_continue && incoming_.done && !co_await send_continue()) co_return false;

  Request request;
  request.method = std::move(head.method);
  request.target = std::move(head.target);
  request.headers = std::move(head.headers);
  request.peer = peer_;
  BodyReservation reservation;
  std::shared_ptr<Http1Body> source;
  if (!incoming_.done) {
    const bool streamed = incoming_.chunked || incoming_.remaining > limits::kInlineBodyBytes;
    const std::size_t held =
        streamed ? limits::kBodyPieceBytes : static_cast<std::size_t>(incoming_.remaining);
    if (!reservation.grow(shared, held)) {
      co_return co_await refuse(503, "too many request bytes in flight");
    }
    if (streamed) {
      source = std::make_shared<Http1Body>(*this, loop_.executor);
      if (!incoming_.chunked) source->set_length(incoming_.remaining);
      request.body = Body(source);
    } else {
      auto bytes = co_await read_inline_body(held);
      if (!bytes && timed_out_) co_return co_await refuse(408, "the request body took too long");
      if (!bytes) co_return false;
      request.body = Body(std::move(*bytes));
    }
  }
  shared.requests.fetch_add(1, std::memory_order_relaxed);
  enter(Phase::kHandler, 0);
  Response response = co_await shared.handler(std::move(request));
  if (Executor::current_or_null() != &loop_.executor) co_await hop_to(loop_.executor);
  if (!drainable() || stopping_) close_after_ = true;
  const bool written = co_await respond(std::move(response), head_request, http10);
  const bool drained = written && (incoming_.done || co_await drain());
  if (source) source->detach();
  if (!written) co_return false;
  if (!drained || close_after_) {
    if (!drained) co_await linger();
    co_return false;
  }
  co_return true;
}

// An answer of our own to what cannot become a request. The connection always ends after it.
Task<bool> Http1Connection::refuse(int status, std::string_view text) {
  loop_.shared.refused.fetch_add(1, std::memory_order_relaxed);
  close_after_ = true;
  timed_out_ = false;
  if (co_await respond(plain_response(status, text), false, false)) co_await linger();
  co_return false;
}

Task<Result<std::string>> Http1Connection::read_inline_body(std::size_t length) {
  std::string body;
  // libstdc++ 12 passes the rounded-up capacity to the operation, so the wanted size is captured.
  body.resize_and_overwrite(length, [length](char*, std::size_t) { return length; });
  std::size_t have = std::min(length, end_ - begin_);
  std::memcpy(body.data(), buffer_.data() + begin_, have);
  consume(have);
  if (have < length && incoming_.continue_pending && have == 0 && !co_await send_continue()) {
    co_return fail(ErrorKind::kUnavailable, "the client went away");
  }
  while (have < length) {
    const Io got = co_await read_raw(body.data() + have, length - have, Phase::kBody);
    if (got.failed || got.bytes == 0) {
      co_return fail(ErrorKind::kUnavailable, "the request body ended early");
    }
    have += got.bytes;
  }
  incoming_.remaining = 0;
  incoming_.done = true;
  incoming_.continue_pending = false;
  co_return body;
}

Task<bool> Http1Connection::send_continue() {
  incoming_.continue_pending = false;
  co_return co_await write({"HTTP/1.1 100 Continue\r\n\r\n"});
}

// The next bytes of a streamed body, empty at its end.
Task<Result<std::string>> Http1Connection::read_piece() {
  if (incoming_.failed) co_return fail(ErrorKind::kUnavailable, "the request body ended early");
  if (incoming_.done) co_return std::string();
  CHECK(!incoming_.reading);
  incoming_.reading = true;
  if (incoming_.continue_pending && begin_ == end_ && !co_await send_continue()) {
    incoming_.failed = true;
  }
  Result<std::string> piece;
  if (incoming_.failed) {
    piece = fail(ErrorKind::kUnavailable, "the client went away");
  } else if (incoming_.chunked) {
    piece = co_await read_chunked_piece();
  } else {
    std::string bytes;
    if (const std::size_t ready = end_ - begin_; ready > 0) {
      const auto take =
          static_cast<std::size_t>(std::min<std::uint64_t>(ready, incoming_.remaining));
      bytes.assign(buffer_.data() + begin_, take);
      consume(take);
    } else {
      const auto want = static_cast<std::size_t>(
          std::min<std::uint64_t>(limits::kBodyPieceBytes, incoming_.remaining));
      bytes.resize_and_overwrite(want, [want](char*, std::size_t) { return want; });
      const Io got = co_await read_raw(bytes.data(), want, Phase::kBody);
      bytes.resize(got.failed ? 0 : got.bytes);
    }
    incoming_.remaining -= bytes.size();
    incoming_.done = incoming_.remaining == 0;
    if (bytes.empty()) {
      piece = fail(ErrorKind::kUnavailable,
                   timed_out_ ? "the request body took too long" : "the request body ended early");
    } else {
      piece = std::move(bytes);
    }
  }
  if (!piece) incoming_.failed = true;
  incoming_.reading = false;
  incoming_.continue_pending = false;
  co_return piece;
}

Task<Result<std::string>> Http1Connection::read_chunked_piece() {
  std::string out;
  while (true) {
    std::string_view input = unread();
    const std::size_t before = input.size();
    const auto outcome = incoming_.decoder.feed(input, out, limits::kBodyPieceBytes);
    consume(before - input.size());
    if (outcome == ChunkDecoder::Outcome::kBad) {
      co_return fail(ErrorKind::kInvalid, "the request body is not properly chunked");
    }
    if (outcome == ChunkDecoder::Outcome::kDone) {
      incoming_.done = true;
      co_return out;
    }
    if (!out.empty()) co_return out;
    enter(Phase::kBody, loop_.shared.options.request_timeout_ms);
    const Io got = co_await fill();
    leave(Phase::kBody);
    if (got.failed || got.bytes == 0) {
      co_return fail(ErrorKind::kUnavailable, timed_out_ ? "the request body took too long"
                                                         : "the request body ended early");
    }
  }
}

// Whether what is left of the request can be skipped to reach the next one.
bool Http1Connection::drainable() const {
  if (incoming_.done) return true;
  if (incoming_.failed || incoming_.continue_pending) return false;
  return incoming_.chunked || incoming_.remaining <= limits::kDrainBytes;
}

Task<bool> Http1Connection::drain() {
  if (!drainable() || close_after_) co_return false;
  for (std::size_t drained = 0; drained <= limits::kDrainBytes;) {
    const auto piece = co_await read_piece();
    if (!piece) co_return false;
    drained += piece->size();
    if (incoming_.done) co_return true;
  }
  co_return false;
}

// The answer is sent but the client may still be writing: closing at once would make the kernel
// reset the connection and destroy the answer before it is read. So: read on for a while, into
// nothing.
Task<void> Http1Connection::linger() {
  transport_.shutdown_send();
  if (loop_.shared.lingering.fetch_add(1) < limits::kLingeringConnections) {
    enter(Phase::kLinger, limits::kLingerMs);
    for (std::size_t drained = 0; drained < limits::kLingerBytes;) {
      begin_ = end_ = 0;
      const Io got = co_await transport_.read_some(buffer_.data(), buffer_.size());
      if (got.failed || got.bytes == 0) break;
      drained += got.bytes;
    }
    leave(Phase::kLinger);
  }
  --loop_.shared.lingering;
}

}  // namespace penstock::net
