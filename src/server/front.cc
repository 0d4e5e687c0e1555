// Health, metrics and the administrative routes beside the AWS API.
#include "server/front.h"

#include "base/bytes.h"
#include "protocol/json_writer.h"

namespace penstock::server {
namespace {

constexpr std::string_view kVersion = "0.1.0";

net::Response text_response(int status, std::string body) {
  net::Response response;
  response.status = status;
  response.headers.set("content-type", "text/plain; charset=utf-8");
  response.body = std::move(body);
  return response;
}

// No signature covers these paths: beyond health they are for this machine alone.
net::Response loopback_only() {
  return text_response(403, "This path answers on loopback only.\n");
}

net::Response wrong_method(const std::string& right) {
  return text_response(405, "Use " + right + ".\n");
}

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
}

}  // namespace

net::Response json_response(int status, std::string body) {
  net::Response response;
  response.status = status;
  response.headers.set("content-type", "application/json");
  response.body = std::move(body);
  return response;
}

net::Response Front::health(bool localstack) const {
  std::string body;
  protocol::JsonWriter json(body);
  json.begin_object();
  if (!localstack) json.key("status").string("ok");
  json.key("services").begin_object();
  for (const std::string& name : services_)
    json.key(name).string(localstack ? "available" : "running");
  json.end_object();
  // Clients of the other emulator look at the edition and the version only to print them.
  if (localstack) json.key("edition").string("penstock");
  json.key("version").string(kVersion).end_object();
  return json_response(200, std::move(body));
}

std::optional<net::Response> Front::refusal(const net::Request& request,
                                            const std::string& method) const {
  if (auto refusal = dispatcher_.refuse_web_page(request)) return refusal;
  if (!is_loopback(request.peer)) return loopback_only();
  if (request.method != method) return wrong_method(method);
  return std::nullopt;
}

Task<net::Response> Front::serve(net::Request request) const {
  if (!request.target.starts_with("/_")) co_return co_await dispatcher_.serve(std::move(request));
  if (auto refusal = dispatcher_.refuse_web_page(request)) co_return std::move(*refusal);
  const std::string path(request.raw_path());
  if (path == "/_penstock/health") co_return health(false);
  if (path == "/_localstack/health") co_return health(true);
  if (path.starts_with("/_penstock/") && !is_loopback(request.peer)) co_return loopback_only();
  if (path == "/_penstock/metrics") {
    net::Response response = text_response(200, metrics_.text());
    response.headers.set("content-type", "text/plain; version=0.0.4; charset=utf-8");
    co_return response;
  }
  for (const FrontRoute& route : routes_) {
    if (route.path != path) continue;
    if (route.method != request.method) co_return wrong_method(route.method);
    co_return co_await route.handle(std::move(request));
  }
  if (path.starts_with("/_penstock/") || path.starts_with("/_localstack/")) {
    co_return text_response(404, "There is nothing at " + path + ".\n");
  }
  co_return co_await dispatcher_.serve(std::move(request));
}

}  // namespace penstock::server
