// Recorded by kinesalite's tests, which ran against AWS.
#include "protocol/kinesis_http.h"

#include "base/ascii.h"
#include "base/bytes.h"
#include "protocol/cbor_codec.h"
#include "protocol/operation.h"

namespace penstock::protocol {
namespace {

constexpr std::string_view kDenied =
    "<AccessDeniedException>\n"
    "  <Message>Unable to determine service/operation name to be authorized</Message>\n"
    "</AccessDeniedException>\n";
constexpr std::string_view kUnknown = "<UnknownOperationException/>\n";
constexpr std::string_view kUnknownJson =
    R"({"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"})";

net::Response front_refusal(int status, std::string_view body) {
  net::Response response;
  response.status = status;
  response.body = std::string(body);
  return response;
}

}  // namespace

bool speaks_kinesis(const ServiceInfo& service) { return service.id == "kinesis"; }

std::optional<net::Response> refuse_at_kinesis_front(const net::Request& request) {
  if (request.method != "POST") return front_refusal(403, kDenied);
  const std::string_view whole = request.headers.get("content-type");
  const std::string_view type = trim(whole.substr(0, whole.find(';')));
  if (type == "application/x-amz-json-1.1" || type == kCborType) return std::nullopt;
  if (type == "application/json") return front_refusal(404, kUnknownJson);
  if (!request.headers.has("x-amz-target")) return front_refusal(403, kDenied);
  return front_refusal(404, kUnknown);
}

std::string extended_request_id(std::string_view request_id) {
  std::string bytes = sha256(request_id);
  bytes += sha256(bytes);
  bytes += sha256(bytes).substr(0, 8);
  return base64_encode(bytes);
}

}  // namespace penstock::protocol
