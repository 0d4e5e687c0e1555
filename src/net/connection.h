// What connections share: the server's state, their loop, and how the loop looks after them.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <unordered_set>

#include "async/executor.h"
#include "async/gate.h"
#include "base/clock.h"
#include "net/server.h"
#include "net/transport.h"

namespace penstock::net {

// One per server; thread-safe, outlives every connection.
struct ServerShared {
  ServerOptions options;
  Handler handler;
  const Clock& clock;
  Gate gate;  // Every connection and every HTTP/2 stream runs in it.
  std::atomic<std::uint64_t> connections_open{0}, connections_total{0}, requests{0}, refused{0};
  std::atomic<std::size_t> lingering{0};
  std::atomic<std::size_t> body_bytes{0};

  // False when limits::kInFlightBodyBytes would be passed.
  bool reserve_body(std::size_t bytes);
  void release_body(std::size_t bytes) { body_bytes -= bytes; }
};

// Gives back at destruction what a request's body holds of the budget.
class BodyReservation {
 public:
  BodyReservation() = default;
  BodyReservation(const BodyReservation&) = delete;
  BodyReservation& operator=(const BodyReservation&) = delete;
  ~BodyReservation() { release(); }
  bool grow(ServerShared& shared, std::size_t bytes) {
    if (!shared.reserve_body(bytes)) return false;
    shared_ = &shared;
    bytes_ += bytes;
    return true;
  }
  void shrink(std::size_t bytes) {
    if (shared_ == nullptr) return;
    shared_->release_body(bytes);
    bytes_ -= bytes;
  }
  void release() {
    if (shared_ != nullptr) shared_->release_body(bytes_);
    shared_ = nullptr;
    bytes_ = 0;
  }

 private:
  ServerShared* shared_ = nullptr;
  std::size_t bytes_ = 0;
};

// A connection as its loop sees it. All calls on that loop.
class Connection {
 public:
  virtual ~Connection() = default;
  // Called every few milliseconds to a second: acts on what took too long.
  virtual void tick(std::chrono::microseconds now) = 0;
  // Finish what is in flight, take nothing new, close.
  virtual void begin_stop() = 0;
  // Close now; running handlers go on, nobody hears their answer.
  virtual void abort() = 0;
};

// One event loop's share of the server. Used on that loop only.
class LoopContext {
 public:
  LoopContext(ServerShared& shared_state, Executor& loop) : shared(shared_state), executor(loop) {}

  ServerShared& shared;
  Executor& executor;

  // "Sun, 22 Nov 2026 07:30:01 GMT", made once per second.
  const std::string& http_date();
  std::chrono::microseconds now() const { return shared.clock.monotonic(); }
  std::chrono::microseconds after_ms(std::uint32_t ms) const {
    return now() + std::chrono::milliseconds(ms);
  }

  void add(Connection& connection) { connections_.insert(&connection); }
  void remove(Connection& connection) { connections_.erase(&connection); }
  bool stopping() const { return stopping_; }
  void tick();
  void begin_stop();
  void abort();

 private:
  std::unordered_set<Connection*> connections_;
  std::string date_;
  std::int64_t date_second_ = -1;
  bool stopping_ = false;
};

// Speaks whatever the first bytes ask for until the connection is done.
Task<void> serve_connection(LoopContext& loop, std::unique_ptr<Transport> transport,
                            std::string peer);
// Answers 503 and closes: for a connection beyond connections_max.
Task<void> refuse_connection(LoopContext& loop, std::unique_ptr<Transport> transport);

}  // namespace penstock::net
