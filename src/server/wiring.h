// Wiring: which Caller each stage gets, this process or a bound endpoint. The one place that knows.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "net/client.h"
#include "protocol/arrivals.h"
#include "protocol/caller.h"
#include "protocol/remote_caller.h"
#include "server/options.h"

namespace penstock::server {

class Wiring {
 public:
  Wiring(const Options& options, Runtime& runtime, const Clock& clock);

  // The caller of a service by id ("kinesis"); valid for the Wiring's life.
  protocol::Caller& caller(const std::string& service);
  // Connects the local caller to the service; called once each, before the first call.
  void bind(protocol::ServiceBinding binding);
  // Asked before each call to a service in this process. Set before the first call.
  void set_authority(protocol::Authorize authorize) { authorize_ = std::move(authorize); }
  const protocol::Authorize& authority() const { return authorize_; }
  bool is_remote(const std::string& service) const { return options_.bindings.contains(service); }
  // The push of a service's streams: its own when it is in this process, polling otherwise.
  protocol::Arrivals& arrivals(const std::string& service, protocol::Arrivals& local);

 private:
  const Options& options_;
  const Clock& clock_;
  protocol::Authorize authorize_;
  std::unique_ptr<net::HttpClient> http_;  // Made when something is bound elsewhere.
  std::map<std::string, std::unique_ptr<protocol::LocalCaller>> local_;
  std::map<std::string, std::unique_ptr<protocol::RemoteCaller>> remote_;
  protocol::PollingArrivals polling_;
};

}  // namespace penstock::server
