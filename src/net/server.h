// HttpServer: HTTP/1.1 and HTTP/2 (prior-knowledge h2c, told apart by the preface) on one port.
//
// The handler runs on the connection's event loop, one call per request, concurrently for HTTP/2
// streams. It may leave the request body unread: the rest is drained within limits, or the
// connection is closed. Limits (base/limits.h) have their own answers: 400, 408, 431, 503.
// Keep-alive, pipelining, `Expect: 100-continue` (answered when the body is first read),
// chunked bodies both ways.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "async/executor.h"
#include "base/result.h"
#include "net/http.h"

namespace penstock::net {

using Handler = std::function<Task<Response>(Request)>;

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 4566;  // 0: any free one.
  std::size_t connections_max = 4096;
  std::size_t header_bytes_max = 64 << 10;
  std::uint32_t idle_timeout_ms = 60'000;  // Between requests.
  std::uint32_t request_timeout_ms =
      20'000;                           // For the header block, and between two pieces of a body.
  std::uint32_t stop_grace_ms = 5'000;  // What in-flight requests get at stop().
};

struct ServerStats {
  std::uint64_t connections_open = 0, connections_total = 0, requests = 0, refused = 0;
};

class HttpServer {
 public:
  // Binds and listens before it returns, so the port answers from then on.
  static Result<std::unique_ptr<HttpServer>> start(Runtime& runtime, ServerOptions options,
                                                   Handler handler);
  virtual ~HttpServer() = default;
  virtual std::uint16_t port() const = 0;
  virtual ServerStats stats() const = 0;
  // Stops accepting, lets in-flight requests finish (stop_grace_ms), closes. Handlers that still
  // run then are waited for. Blocks (not from a loop); idempotent. The Runtime must outlive the
  // server.
  virtual void stop() = 0;
};

}  // namespace penstock::net
