// Dispatcher: from an HTTP request to the operation it means, and back.
//
// Order of admission (docs/architecture.md): Origin and Host → service and operation → body, within
// the service's limit → signature → decoding and validation → authorisation → the operation. S3
// bodies stream. Thread-safe after the services were added.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "net/http.h"
#include "protocol/aws_chunked.h"
#include "protocol/caller.h"
#include "protocol/operation.h"
#include "protocol/query_compatibility.h"
#include "protocol/sigv4.h"
#include "protocol/wire.h"

namespace penstock::protocol {

enum class AuthMode : std::uint8_t {
  kOff,     // Signatures are read for account and region, not checked.
  kSoft,    // Checked; what would be refused is logged and let through.
  kStrict,  // Checked and refused.
};

// What an access key stands for.
struct Credential {
  std::string secret_key;
  std::string session_token;  // Empty for long-term keys.
  Timestamp expires;          // Session credentials only.
  std::string account;
  std::string principal_arn;
  std::string principal_id;
};

// What the metrics of one call are made from.
struct CallRecord {
  const ServiceInfo* service;
  std::string_view operation;
  int status;
  std::string_view error_code;
  std::chrono::microseconds duration;
};

struct DispatcherOptions {
  AuthMode auth = AuthMode::kOff;
  std::string default_account = "000000000000";
  std::string default_region = "us-east-1";
  // Host names under which we answer; <bucket>.<name> is virtual-host style. Used for the Host
  // check too (a web page on another name must not reach us by DNS rebinding). "*": any.
  std::vector<std::string> host_names = {"localhost", "127.0.0.1", "[::1]",
                                         "localhost.localstack.cloud"};
  std::function<std::optional<Credential>(const std::string& access_key)> find_credential;
  Authorize authorize;
  std::function<void(const CallRecord&)> on_call;
};

class Dispatcher {
 public:
  Dispatcher(DispatcherOptions options, const Clock& clock, Random& random);
  void add(ServiceBinding binding);
  // Serves the Query protocol of the service as well.
  void add(ServiceBinding binding, const QueryCompatibility& compatibility);
  // Serves one request. Never fails: refusals are responses.
  Task<net::Response> serve(net::Request request) const;
  // The refusal of a request that a web page elsewhere may have caused (Origin, DNS rebinding), if
  // any.
  std::optional<net::Response> refuse_web_page(const net::Request& request) const;

 private:
  struct Routed {
    const ServiceBinding* service = nullptr;
    const QueryCompatibility* query = nullptr;
    const OperationInfo* operation = nullptr;
    std::string absent;  // The model's name of an operation that is not served.
    Labels labels;
    net::QueryParams form;
    bool virtual_host = false;
    std::string unknown_target;
  };

  const ServiceBinding* find_service(const net::Request& request,
                                     const std::optional<Signature>& peek) const;
  void route_rest(const net::Request& request, Routed& routed) const;
  std::optional<std::string> bucket_of_host(std::string_view host) const;
  ApiResult<Context> identify(const net::Request& request, const ServiceInfo& service,
                              const std::string& payload_hash,
                              std::optional<ChunkSigning>& chunks) const;
  ApiResult<Context> verified(const net::Request& request, const ServiceInfo& service,
                              const std::string& payload_hash,
                              std::optional<ChunkSigning>& chunks) const;
  Context plain_context(const std::optional<Signature>& peek) const;
  Task<ApiResult<AnyShape>> run(const Routed& routed, net::Request& request,
                                Context& context) const;
  Task<net::Response> serve_routed(Routed routed, net::Request request) const;

  DispatcherOptions options_;
  const Clock& clock_;
  Random& random_;
  // The compatibility of a service that has one; then its Query side is the next entry.
  const QueryCompatibility* query_of(const ServiceInfo& service) const;
  // Whether a service of two protocols is meant in the one that this entry speaks.
  bool speaks(const ServiceInfo& service, bool has_target) const;
  void name_operation(const net::Request& request, Routed& routed) const;

  std::vector<ServiceBinding> services_;
  std::vector<std::unique_ptr<QueryTwin>> twins_;
  std::map<std::string_view, const QueryCompatibility*> query_;  // By service id.
};

}  // namespace penstock::protocol
