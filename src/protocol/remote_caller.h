// RemoteCaller: a Caller over HTTP. Signs with SigV4 and sends to an endpoint: AWS, or anything
// compatible, penstock itself included.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "net/client.h"
#include "protocol/caller.h"
#include "protocol/sigv4.h"

namespace penstock::protocol {

struct RemoteEndpoint {
  std::string url;  // scheme://host[:port]
  std::string region;
  SigningCredentials credentials;
  int attempts_max = 3;           // For throttling, 5xx and lost connections.
  std::uint32_t backoff_ms = 50;  // Doubles per attempt, with jitter by the server's Random.
};

class RemoteCaller final : public Caller {
 public:
  RemoteCaller(net::HttpClient& http, const Clock& clock, RemoteEndpoint endpoint);
  // Idempotency tokens that are absent are filled in, as the SDKs do. `context` decides the region
  // when the endpoint names none, and nothing else.
  Reply<AnyShape> call(Context context, const OperationInfo& operation, AnyShape input) override;

 private:
  net::HttpClient& http_;
  const Clock& clock_;
  const RemoteEndpoint endpoint_;
  const std::unique_ptr<Random> random_;
};

}  // namespace penstock::protocol
