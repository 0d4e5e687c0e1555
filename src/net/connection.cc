// A connection from its first byte to its last, and the watch that a loop keeps over its
// connections.
#include "net/connection.h"

#include <vector>

#include "base/limits.h"
#include "net/http1_connection.h"
#include "net/http2_connection.h"

namespace penstock::net {

bool ServerShared::reserve_body(std::size_t bytes) {
  if (body_bytes.fetch_add(bytes) + bytes <= limits::kInFlightBodyBytes) return true;
  body_bytes -= bytes;
  return false;
}

const std::string& LoopContext::http_date() {
  const Timestamp now = shared.clock.now();
  if (now.seconds() != date_second_) {
    date_second_ = now.seconds();
    date_ = format_http_date(now);
  }
  return date_;
}

// Closing a connection may end it at once, so the walks go over a copy.
void LoopContext::tick() {
  const auto time = now();
  const std::vector<Connection*> all(connections_.begin(), connections_.end());
  for (Connection* connection : all) {
    if (connections_.contains(connection)) connection->tick(time);
  }
}

void LoopContext::begin_stop() {
  stopping_ = true;
  const std::vector<Connection*> all(connections_.begin(), connections_.end());
  for (Connection* connection : all) {
    if (connections_.contains(connection)) connection->begin_stop();
  }
}

void LoopContext::abort() {
  const std::vector<Connection*> all(connections_.begin(), connections_.end());
  for (Connection* connection : all) {
    if (connections_.contains(connection)) connection->abort();
  }
}

Task<void> serve_connection(LoopContext& loop, std::unique_ptr<Transport> transport,
                            std::string peer) {
  std::string unread;
  auto outcome = Http1Connection::Outcome::kClosed;
  {
    Http1Connection connection(loop, *transport, peer);
    outcome = co_await connection.run();
    unread = connection.unread();
  }
  if (outcome == Http1Connection::Outcome::kHttp2) {
    Http2Connection connection(loop, *transport, std::move(peer));
    co_await connection.run(std::move(unread));
  }
  transport->close();
  transport.reset();
  --loop.shared.connections_open;
}

namespace {

// Reads into nothing for a moment, so that the answer is not destroyed by a reset.
class Lingering final : public Connection {
 public:
  Lingering(LoopContext& loop, Transport& transport)
      : loop_(loop), transport_(transport), deadline_(loop.after_ms(limits::kLingerMs)) {
    loop_.add(*this);
  }
  ~Lingering() override { loop_.remove(*this); }
  void tick(std::chrono::microseconds now) override {
    if (now >= deadline_) transport_.close();
  }
  void begin_stop() override { transport_.close(); }
  void abort() override { transport_.close(); }

 private:
  LoopContext& loop_;
  Transport& transport_;
  const std::chrono::microseconds deadline_;
};

constexpr std::string_view kBusy =
    "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\ncontent-length: 21\r\n"
    "connection: close\r\n\r\ntoo many connections\n";

}  // namespace

Task<void> refuse_connection(LoopContext& loop, std::unique_ptr<Transport> transport) {
  loop.shared.refused.fetch_add(1, std::memory_order_relaxed);
  if (loop.shared.lingering.fetch_add(1) < limits::kLingeringConnections) {
    const Lingering lingering(loop, *transport);
    if (co_await transport->write({kBusy})) {
      transport->shutdown_send();
      std::vector<char> nothing(4096);
      for (std::size_t drained = 0; drained < limits::kLingerBytes;) {
        const Io got = co_await transport->read_some(nothing.data(), nothing.size());
        if (got.failed || got.bytes == 0) break;
        drained += got.bytes;
      }
    }
  }
  --loop.shared.lingering;
}

}  // namespace penstock::net
