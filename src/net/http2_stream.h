// One request of an HTTP/2 connection: what has arrived of it, and what is still to be sent.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "net/connection.h"
#include "net/http.h"
#include "net/loop_event.h"

namespace penstock::net {

class Http2Connection;

struct Http2Stream {
  Http2Stream(Http2Connection& owner, Executor& executor, std::int32_t stream_id)
      : connection(&owner), id(stream_id), readable(executor), drained(executor) {}

  Http2Connection* connection;  // Null once the stream is closed, by whichever side.
  const std::int32_t id;

  Request request;
  BodyReservation reservation;
  std::size_t header_bytes = 0;
  bool oversized = false;   // Its header list: answered with 431.
  bool dispatched = false;  // The handler runs, or has run.
  bool remote_end = false;  // All of the request has arrived.
  bool discard = false;     // Nobody reads the body any more.
  bool answered = false;    // The end of the response is on its way.
  bool expect_continue = false;
  bool timed_out = false;

  std::string inbox;  // Arrived and unread; bounded by the stream's window.
  std::size_t discarded = 0;
  LoopEvent readable;

  std::string outbox;  // Being sent.
  std::size_t outbox_sent = 0;
  bool outbox_last = false;  // Nothing follows the outbox.
  LoopEvent drained;
  std::shared_ptr<BodySource> live;  // What is being sent, when it is live.

  std::chrono::microseconds arrival_deadline{0};  // 0: nothing is expected from the peer.
  std::chrono::microseconds send_deadline{0};     // 0: nothing waits for the peer's window.
};

// The body of a request as a stream. May be read from any loop.
class Http2Body final : public BodySource {
 public:
  Http2Body(std::shared_ptr<Http2Stream> stream, Executor& home,
            std::optional<std::uint64_t> length)
      : stream_(std::move(stream)), home_(home), length_(length) {}
  Task<Result<std::string>> read() override;
  std::optional<std::uint64_t> length() const override { return length_; }

 private:
  Task<Result<std::string>> read_at_home();

  const std::shared_ptr<Http2Stream> stream_;
  Executor& home_;
  const std::optional<std::uint64_t> length_;
};

}  // namespace penstock::net
