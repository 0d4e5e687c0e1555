// HttpClient: outgoing HTTP(S) over libcurl (connection reuse, TLS, proxies from the environment).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "async/executor.h"
#include "base/result.h"
#include "net/http.h"

namespace penstock::net {

struct ClientOptions {
  std::uint32_t connect_timeout_ms = 5'000;
  std::uint32_t total_timeout_ms = 60'000;
  std::size_t response_bytes_max = 256 << 20;
  std::size_t connections_per_host_max = 16;
};

class HttpClient {
 public:
  static std::unique_ptr<HttpClient> make(Runtime& runtime, ClientOptions options = {});
  virtual ~HttpClient() = default;  // Fails what is in flight with kUnavailable.
  // `base` is scheme://host[:port]. An in-memory request body is sent with content-length, a
  // streamed one is collected first (bounded by response_bytes_max). The response body is in
  // memory. kUnavailable: no answer came. Safe from any event loop.
  virtual Task<Result<Response>> send(std::string base, Request request) = 0;
};

}  // namespace penstock::net
