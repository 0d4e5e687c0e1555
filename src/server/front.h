// Front: what the listener serves. Penstock's own paths (/_penstock/..., /_localstack/health) and,
// for everything else, the AWS dispatcher.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "net/http.h"
#include "protocol/dispatcher.h"
#include "server/metrics.h"

namespace penstock::server {

struct FrontRoute {
  std::string method;
  std::string path;
  std::function<Task<net::Response>(net::Request)> handle;
};

class Front {
 public:
  Front(const protocol::Dispatcher& dispatcher, const Metrics& metrics)
      : dispatcher_(dispatcher), metrics_(metrics) {}
  void add_service(std::string name) { services_.push_back(std::move(name)); }
  void add_route(FrontRoute route) { routes_.push_back(std::move(route)); }
  Task<net::Response> serve(net::Request request) const;
  // Why an administrative request is refused before it is looked at, if it is.
  std::optional<net::Response> refusal(const net::Request& request,
                                       const std::string& method) const;

 private:
  net::Response health(bool localstack) const;

  const protocol::Dispatcher& dispatcher_;
  const Metrics& metrics_;
  std::vector<std::string> services_;
  std::vector<FrontRoute> routes_;
};

net::Response json_response(int status, std::string body);

}  // namespace penstock::server
