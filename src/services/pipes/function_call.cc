// Invoking a function and telling apart: the service is in trouble, the call is refused, the
// function failed.
#include "services/pipes/function_call.h"

#include <simdjson.h>

#include "protocol/json_codec.h"
#include "protocol/json_writer.h"

namespace penstock::pipes {
namespace {

// {"errorMessage":…}, as runtimes answer when a function fails.
std::string error_message_of(const std::string& payload) {
  return protocol::json_string_member(payload, "errorMessage").value_or(payload);
}

}  // namespace

std::string json_array(const std::vector<const Outgoing*>& elements) {
  std::size_t bytes = 2;
  for (const Outgoing* element : elements) bytes += element->data.size() + 1;
  std::string out;
  out.reserve(bytes);
  out += '[';
  simdjson::dom::parser parser;
  for (const Outgoing* element : elements) {
    if (out.size() > 1) out += ',';
    const bool is_json = parser.parse(element->data).error() == simdjson::SUCCESS;
    out += is_json ? element->data : protocol::json_quote(element->data);
  }
  out += ']';
  return out;
}

Task<FunctionReply> call_function(lambda::Client client, FunctionCall call,
                                  protocol::Context context, CallLimit limit,
                                  bool record_exchange) {
  FunctionReply reply;
  lambda::api::InvocationRequest input;
  input.function_name = call.function;
  input.invocation_type = call.waits ? "RequestResponse" : "Event";
  input.payload = Blob{json_array(call.elements)};
  if (record_exchange) {
    protocol::JsonWriter json(reply.request);
    json.begin_object().key("FunctionName").string(call.function);
    json.key("InvocationType").string(*input.invocation_type);
    json.key("Payload").string(input.payload->bytes).end_object();
  }
  auto answer = co_await within(limit, client.invoke(context, std::move(input)));
  if (!answer || !*answer) {
    reply.failure =
        answer ? failure_of("lambda", answer->error(), context) : timeout_of("lambda", limit);
    co_return reply;
  }
  lambda::api::InvocationResponse& output = **answer;
  if (output.payload) reply.payload = std::move(output.payload->bytes);
  if (record_exchange) {
    protocol::JsonWriter json(reply.response);
    json.begin_object().key("StatusCode").integer(output.status_code.value_or(0));
    if (output.function_error) json.key("FunctionError").string(*output.function_error);
    json.key("Payload").string(reply.payload).end_object();
  }
  if (output.function_error) {
    reply.failure = CallFailure{"lambda",
                                output.status_code.value_or(200),
                                *output.function_error,
                                error_message_of(reply.payload),
                                context.request_id,
                                true};
  }
  co_return reply;
}

}  // namespace penstock::pipes
