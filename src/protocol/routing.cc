// Which service and operation a request means: by target, by the signature's scope, by form, by
// path.
#include <algorithm>

#include "base/bytes.h"
#include "protocol/dispatcher.h"

namespace penstock::protocol {
namespace {

bool is_form(const net::Request& request) {
  return request.headers.get("content-type").starts_with("application/x-www-form-urlencoded");
}

// Of a Host header. An IPv6 address in brackets keeps its colons.
std::string_view without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || host.find(']', colon) != std::string_view::npos)
    return host;
  return host.substr(0, colon);
}

}  // namespace

const QueryCompatibility* Dispatcher::query_of(const ServiceInfo& service) const {
  const auto found = query_.find(service.id);
  return found == query_.end() ? nullptr : found->second;
}

bool Dispatcher::speaks(const ServiceInfo& service, bool has_target) const {
  return query_of(service) == nullptr || has_target == (service.protocol == Protocol::kJson);
}

// The operation of a request in AWS JSON (by its target) or Query (by its form).
void Dispatcher::name_operation(const net::Request& request, Routed& routed) const {
  const ServiceInfo& info = *routed.service->info;
  std::string name;
  if (info.protocol == Protocol::kQuery) {
    if (routed.form.empty()) routed.form = net::parse_query(request.raw_query());
    if (const std::string* action = net::find_param(routed.form, "Action")) name = *action;
    // Posted to the URL of a queue, which need not say it again.
    if (routed.query != nullptr && is_resource_url_path(request.raw_path()) &&
        net::find_param(routed.form, "QueueUrl") == nullptr) {
      routed.form.emplace_back("QueueUrl", "http://" + std::string(request.headers.get("host")) +
                                               std::string(request.raw_path()));
    }
  } else {
    const std::string_view target = request.headers.get("x-amz-target");
    const std::size_t dot = target.find('.');
    if (dot != std::string_view::npos && target.substr(0, dot) == info.target_prefix) {
      name = target.substr(dot + 1);
    }
  }
  for (const OperationInfo* operation : info.operations) {
    if (operation->name == name) routed.operation = operation;
  }
  for (const AbsentOperation& absent : info.absent) {
    if (absent.name == name) routed.absent = name;
  }
}

const ServiceBinding* Dispatcher::find_service(const net::Request& request,
                                               const std::optional<Signature>& peek) const {
  if (const std::string* target = request.headers.find("x-amz-target")) {
    const std::string_view prefix = std::string_view(*target).substr(0, target->find('.'));
    for (const ServiceBinding& service : services_) {
      if (!service.info->target_prefix.empty() && service.info->target_prefix == prefix)
        return &service;
    }
    // Another version of an API is that API, which does not know it.
    const std::string_view name = prefix.substr(0, prefix.find('_') + 1);
    for (const ServiceBinding& service : services_) {
      if (name.size() > 1 && service.info->target_prefix.starts_with(name)) return &service;
    }
  }
  if (peek) {
    for (const ServiceBinding& service : services_) {
      if (service.info->signing_name == peek->scope.service &&
          speaks(*service.info, request.headers.has("x-amz-target"))) {
        return &service;
      }
    }
    // Signed for a service that is not here: S3 would answer for a bucket nobody meant.
    if (!peek->scope.service.empty()) return nullptr;
  }
  // Unsigned requests: forms by their version, REST services by their path, everything else is S3.
  const ServiceBinding* s3 = nullptr;
  const std::string_view path = request.raw_path();
  for (const ServiceBinding& service : services_) {
    if (service.info->protocol == Protocol::kRestXml) s3 = &service;
    if (service.info->protocol == Protocol::kQuery) {
      const std::string version = "Version=" + std::string(service.info->api_version);
      const bool named = is_form(request)
                             ? request.body.bytes().find(version) != std::string::npos
                             : request.raw_query().find(version) != std::string_view::npos &&
                                   request.raw_query().find("Action=") != std::string_view::npos;
      if (named) return &service;
    }
    if (service.info->protocol == Protocol::kRestJson) {
      const auto query = net::parse_query(request.raw_query());
      const RestMatch match =
          match_rest(*service.info, request.method, path, query, request.headers);
      if (match.operation != nullptr && !path.starts_with("/tags/")) return &service;
    }
  }
  return s3;
}

std::optional<std::string> Dispatcher::bucket_of_host(std::string_view host) const {
  host = without_port(host);
  for (const std::string& name : options_.host_names) {
    for (const std::string& base : {"s3." + name, name}) {
      if (host.size() <= base.size() + 1 || !host.ends_with(base)) continue;
      if (host[host.size() - base.size() - 1] != '.') continue;
      std::string bucket(host.substr(0, host.size() - base.size() - 1));
      // s3.<region>.localhost and <bucket>.s3.<region>.localhost, as some SDKs build them.
      if (bucket == "s3" || bucket.starts_with("s3.")) return std::nullopt;
      if (const std::size_t at = bucket.find(".s3."); at != std::string::npos) bucket.resize(at);
      return bucket;
    }
  }
  return std::nullopt;
}

void Dispatcher::route_rest(const net::Request& request, Routed& routed) const {
  const ServiceInfo& info = *routed.service->info;
  std::string path(request.raw_path());
  if (info.protocol == Protocol::kRestXml) {
    if (const auto bucket = bucket_of_host(request.headers.get("host"))) {
      path = "/" + *bucket + path;
      routed.virtual_host = true;
    }
  }
  const auto query = net::parse_query(request.raw_query());
  const RestMatch match = match_rest(info, request.method, path, query, request.headers);
  routed.operation = match.operation;
  routed.labels = match.labels;
  if (match.absent != nullptr) routed.absent = match.absent->name;
}

// A page in a browser may not drive a server that runs code: requests that name an Origin other
// than our own, or a Host that is none of our names, are refused before anything is read.
std::optional<net::Response> Dispatcher::refuse_web_page(const net::Request& request) const {
  const auto known = [&](std::string_view host) {
    host = without_port(host);
    return std::any_of(options_.host_names.begin(), options_.host_names.end(),
                       [&](const std::string& name) {
                         return name == "*" || host == name ||
                                (host.size() > name.size() && host.ends_with(name) &&
                                 host[host.size() - name.size() - 1] == '.');
                       });
  };
  const auto refusal = [](std::string_view text) {
    net::Response response;
    response.status = 403;
    response.headers.set("content-type", "text/plain");
    response.body = std::string(text);
    return response;
  };
  const std::string_view host = request.headers.get("host");
  // Service host names of AWS itself are fine: clients behind a resolver override send them.
  if (!host.empty() && !known(host) && host.find(".amazonaws.com") == std::string_view::npos) {
    return refusal("This Host is not one of the server's names (option host_names).\n");
  }
  const std::string_view origin = request.headers.get("origin");
  if (origin.empty()) return std::nullopt;
  const std::size_t scheme = origin.find("://");
  const std::string_view origin_host =
      scheme == std::string_view::npos ? origin : origin.substr(scheme + 3);
  if (origin_host != host) return refusal("Requests from other web pages are refused.\n");
  return std::nullopt;
}

}  // namespace penstock::protocol
