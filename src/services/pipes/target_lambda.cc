// A Lambda function as a target: the batch as one array. A function that is waited for may say
// which of the records are to come again.
#include "services/pipes/function_call.h"
#include "services/pipes/target_parts.h"
#include "stream/batch_response.h"

namespace penstock::pipes {
namespace {

class LambdaFunctionTarget final : public Target {
 public:
  LambdaFunctionTarget(protocol::Caller& caller, const PipeConfig& config)
      : client_(caller),
        arn_(config.target),
        waits_(std::get<LambdaTarget>(config.target_settings.block).waits()) {}

  Task<Sent> send(Sending sending) override {
    FunctionCall call{arn_, waits_, std::move(sending.entries)};
    FunctionReply reply = co_await call_function(client_, std::move(call), sending.context,
                                                 sending.limit, sending.record_exchange);
    Sent sent;
    if (reply.failure) {
      sent = all_failed(std::move(*reply.failure));
    } else if (waits_) {
      take(sent, reply.payload, sending);
    }
    sent.request = std::move(reply.request);
    sent.response = std::move(reply.response);
    co_return sent;
  }

 private:
  static void take(Sent& sent, std::string_view payload, const Sending& sending) {
    stream::BatchResponse response =
        stream::read_batch_response(payload, sending.identifiers, stream::Expected::kPerhaps);
    if (response.kind == stream::BatchResponse::Kind::kDelivered) return;
    CallFailure failure{
        "lambda", 200, "BatchItemFailures", std::move(response.problem), sending.context.request_id,
        true};
    if (response.kind == stream::BatchResponse::Kind::kMalformed) {
      sent = all_failed(std::move(failure));
      return;
    }
    failure.message = "The function reported " + std::to_string(response.failed.size()) +
                      " failed items of the batch.";
    sent.kind = Sent::Kind::kRecordsFailed;
    sent.failed = std::move(response.failed);
    sent.failure = std::move(failure);
  }

  const lambda::Client client_;
  const std::string arn_;
  const bool waits_;
};

}  // namespace

std::unique_ptr<Target> make_lambda_target(protocol::Caller& caller, const PipeConfig& config) {
  return std::make_unique<LambdaFunctionTarget>(caller, config);
}

}  // namespace penstock::pipes
