// Signing, sending, retrying.
#include "protocol/remote_caller.h"

#include <fmt/format.h>

#include "async/executor.h"
#include "protocol/event_reply.h"
#include "protocol/wire.h"

namespace penstock::protocol {
namespace {

constexpr std::size_t kCollectedBodyMax = 256 << 20;

bool is_transient(const ApiError& error) {
  return error.status >= 500 || error.status == 429 ||
         error.code.find("Throttl") != std::string::npos ||
         error.code == "ProvisionedThroughputExceededException" ||
         error.code == "LimitExceededException" || error.code == "RequestTimeout";
}

void fill_tokens(Random& random, AnyShape& input) {
  for (const Member& member : input.shape().members) {
    void* field = static_cast<char*>(input.get()) + member.offset;
    if (!member.idempotency_token || member.field->peek(field) != nullptr) continue;
    *static_cast<std::string*>(member.field->make(field)) = random.uuid();
  }
}

}  // namespace

RemoteCaller::RemoteCaller(net::HttpClient& http, const Clock& clock, RemoteEndpoint endpoint)
    : http_(http), clock_(clock), endpoint_(std::move(endpoint)), random_(make_system_random()) {}

Reply<AnyShape> RemoteCaller::call(Context context, const OperationInfo& operation,
                                   AnyShape input) {
  if (events_of(*operation.output) != nullptr) {
    co_return refuse(
        "NotImplemented",
        fmt::format("{} pushes events, which are not read from a remote endpoint.", operation.name),
        501);
  }
  fill_tokens(*random_, input);
  net::Request request = encode_request(operation, std::move(input));
  // A body that can be sent twice and hashed is in memory.
  auto body = co_await request.body.collect(kCollectedBodyMax);
  if (!body) co_return std::unexpected(ApiError(body.error()));
  const std::string bytes = std::move(*body);
  const std::string region = endpoint_.region.empty() ? context.region : endpoint_.region;
  const std::size_t scheme = endpoint_.url.find("://");
  request.headers.set(
      "host", scheme == std::string::npos ? endpoint_.url : endpoint_.url.substr(scheme + 3));
  ApiError last;
  for (int attempt = 0; attempt < endpoint_.attempts_max; ++attempt) {
    if (attempt > 0) {
      co_await sleep_for(std::chrono::milliseconds(endpoint_.backoff_ms << (attempt - 1)));
    }
    net::Request signed_request;
    signed_request.method = request.method;
    signed_request.target = request.target;
    signed_request.headers = request.headers;
    signed_request.body = net::Body(bytes);
    sign_request(signed_request, endpoint_.credentials, region, operation.service->signing_name,
                 clock_.now());
    auto response = co_await http_.send(endpoint_.url, std::move(signed_request));
    if (!response) {
      last = ApiError("ServiceUnavailable",
                      fmt::format("no answer from {}: {}", endpoint_.url, response.error().message),
                      503);
      continue;
    }
    auto output = decode_reply(operation, std::move(*response));
    if (output || !is_transient(output.error())) co_return output;
    last = output.error();
  }
  co_return std::unexpected(std::move(last));
}

}  // namespace penstock::protocol
