// The body of an HTTP/1.1 request as a stream, pulled from the connection by the handler.
#pragma once

#include "net/body.h"
#include "net/http1_connection.h"

namespace penstock::net {

// Valid until the response is written; after that read() fails. May be read from any loop.
class Http1Body final : public BodySource {
 public:
  Http1Body(Http1Connection& connection, Executor& home) : connection_(&connection), home_(home) {}
  void set_length(std::uint64_t length) { length_ = length; }
  void detach() { connection_ = nullptr; }

  Task<Result<std::string>> read() override;
  std::optional<std::uint64_t> length() const override { return length_; }

 private:
  Http1Connection* connection_;
  Executor& home_;
  std::optional<std::uint64_t> length_;
};

}  // namespace penstock::net
