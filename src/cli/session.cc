// Where the server is, and one signed client for it.
#include "cli/session.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

namespace penstock::cli {
namespace {

std::string environment(std::initializer_list<const char*> names, std::string otherwise) {
  for (const char* name : names) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return otherwise;
}

Target completed(Target target) {
  if (target.url.empty()) target.url = environment({"AWS_ENDPOINT_URL"}, "http://127.0.0.1:4566");
  while (target.url.ends_with('/')) target.url.pop_back();
  if (target.region.empty())
    target.region = environment({"AWS_REGION", "AWS_DEFAULT_REGION"}, "us-east-1");
  return target;
}

}  // namespace

void add_target_flags(CLI::App& command, Target& target) {
  command.add_option("--endpoint", target.url,
                     "Server to talk to [AWS_ENDPOINT_URL or http://127.0.0.1:4566]");
  command.add_option("--region", target.region, "Region [AWS_REGION or us-east-1]");
}

Session::Session(Target target)
    : target_(completed(std::move(target))),
      runtime_({.loops = 2}),
      http_(net::HttpClient::make(runtime_, {
                                                .connections_per_host_max = 64,
                                            })) {
  protocol::RemoteEndpoint endpoint;
  endpoint.url = target_.url;
  endpoint.region = target_.region;
  endpoint.credentials = {environment({"AWS_ACCESS_KEY_ID"}, "test"),
                          environment({"AWS_SECRET_ACCESS_KEY"}, "test"),
                          environment({"AWS_SESSION_TOKEN"}, "")};
  caller_ = std::make_unique<protocol::RemoteCaller>(*http_, clock_, std::move(endpoint));
}

protocol::Context Session::context() const {
  protocol::Context context;
  context.region = target_.region;
  return context;
}

Result<std::string> Session::get(const std::string& path) {
  net::Request request;
  request.target = path;
  const std::size_t scheme = target_.url.find("://");
  request.headers.set("host",
                      scheme == std::string::npos ? target_.url : target_.url.substr(scheme + 3));
  TRY(net::Response response, run(http_->send(target_.url, std::move(request))));
  if (response.status != 200) {
    return fail(ErrorKind::kUnavailable,
                fmt::format("{} answers {}: {}", path, response.status, response.body.bytes()));
  }
  return response.body.take_bytes();
}

std::string describe(const protocol::ApiError& error) {
  return error.message.empty() ? error.code : error.code + ": " + error.message;
}

}  // namespace penstock::cli
