// Requests of every service and protocol: JSON, forms, XML, labels, queries and headers. No request
// aborts; one that is accepted can be written as a client would write it, is then accepted again,
// and means the same. The same bytes as a reply do not abort a client either.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "protocol/body_digest.h"
#include "protocol/fuzz/request_text.h"
#include "protocol/wire.h"

#define PENSTOCK_SERVICE(name)                     \
  namespace penstock::name {                       \
  extern const protocol::ServiceInfo kServiceInfo; \
  }
PENSTOCK_SERVICE(athena)
PENSTOCK_SERVICE(dynamodb)
PENSTOCK_SERVICE(dynamodbstreams)
PENSTOCK_SERVICE(firehose)
PENSTOCK_SERVICE(glue)
PENSTOCK_SERVICE(iam)
PENSTOCK_SERVICE(kinesis)
PENSTOCK_SERVICE(lambda)
PENSTOCK_SERVICE(logs)
PENSTOCK_SERVICE(pipes)
PENSTOCK_SERVICE(s3)
PENSTOCK_SERVICE(sts)

namespace penstock::protocol {
namespace {

const ServiceInfo* const kServices[] = {
    &athena::kServiceInfo,   &dynamodb::kServiceInfo, &dynamodbstreams::kServiceInfo,
    &firehose::kServiceInfo, &glue::kServiceInfo,     &iam::kServiceInfo,
    &kinesis::kServiceInfo,  &lambda::kServiceInfo,   &logs::kServiceInfo,
    &pipes::kServiceInfo,    &s3::kServiceInfo,       &sts::kServiceInfo,
};

struct Call {
  const OperationInfo* operation = nullptr;
  Labels labels;
  net::QueryParams form;
};

// What the request means to this service.
Call route(const ServiceInfo& service, const net::Request& request) {
  Call call;
  std::string name;
  if (service.protocol == Protocol::kRestJson || service.protocol == Protocol::kRestXml) {
    RestMatch match = match_rest(service, request.method, request.raw_path(),
                                 net::parse_query(request.raw_query()), request.headers);
    call.operation = match.operation;
    call.labels = std::move(match.labels);
    return call;
  }
  if (service.protocol == Protocol::kQuery) {
    call.form = net::parse_query(request.body.bytes(), true);
    if (const std::string* action = net::find_param(call.form, "Action")) name = *action;
  } else {
    name = std::string(request.headers.get("x-amz-target"));
    const std::string prefix = std::string(service.target_prefix) + ".";
    name = name.starts_with(prefix) ? name.substr(prefix.size()) : std::string();
  }
  for (const OperationInfo* operation : service.operations) {
    if (operation->name == name) call.operation = operation;
  }
  return call;
}

void try_service(const ServiceInfo& service, std::string_view text) {
  net::Request request = request_from(text);
  const Call call = route(service, request);
  if (call.operation == nullptr) return;
  (void)check_body_digest(*call.operation, request.headers, request.body.bytes());
  for (const int status : {200, 400}) {
    net::Response reply{status, request.headers, request.body};
    (void)decode_reply(*call.operation, std::move(reply));
  }
  const ReplyStyle style{.request_id = "id"};
  auto input = decode_request(*call.operation, request, call.labels, call.form);
  if (!input) {
    (void)encode_error(service, input.error(), style);
    return;
  }
  net::Request sent = encode_request(*call.operation, std::move(*input));
  const std::string first = text_from(sent);
  const Call again = route(service, sent);
  CHECK(again.operation == call.operation);
  auto second = decode_request(*again.operation, sent, again.labels, again.form);
  CHECK(second.has_value());
  CHECK(text_from(encode_request(*again.operation, std::move(*second))) == first);
}

}  // namespace
}  // namespace penstock::protocol

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto* service : penstock::protocol::kServices) {
    penstock::protocol::try_service(*service, text);
  }
  return 0;
}
