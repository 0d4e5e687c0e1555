// Local and remote callers by service.
#include "server/wiring.h"

namespace penstock::server {

Wiring::Wiring(const Options& options, Runtime& runtime, const Clock& clock)
    : options_(options), clock_(clock) {
  if (!options.bindings.empty()) http_ = net::HttpClient::make(runtime);
}

protocol::Caller& Wiring::caller(const std::string& service) {
  if (const auto bound = options_.bindings.find(service); bound != options_.bindings.end()) {
    auto& remote = remote_[service];
    if (!remote) {
      protocol::RemoteEndpoint endpoint;
      endpoint.url = bound->second;
      endpoint.region = options_.bind_region;
      endpoint.credentials = {options_.bind_access_key, options_.bind_secret_key,
                              options_.bind_session_token};
      remote = std::make_unique<protocol::RemoteCaller>(*http_, clock_, std::move(endpoint));
    }
    return *remote;
  }
  auto& local = local_[service];
  if (!local) local = std::make_unique<protocol::LocalCaller>(authorize_);
  return *local;
}

void Wiring::bind(protocol::ServiceBinding binding) {
  auto& local = local_[std::string(binding.info->id)];
  if (!local) local = std::make_unique<protocol::LocalCaller>(authorize_);
  local->bind(binding);
}

protocol::Arrivals& Wiring::arrivals(const std::string& service, protocol::Arrivals& local) {
  if (is_remote(service)) return polling_;
  return local;
}

}  // namespace penstock::server
