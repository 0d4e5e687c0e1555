// A queue as a target: SendMessageBatch, at most 10 messages a call.
#include "base/check.h"
#include "gen/sqs/client.h"
#include "services/pipes/pipe_limits.h"
#include "services/pipes/target_parts.h"

namespace penstock::pipes {
namespace {

constexpr std::size_t kMessagesMax = 10;

class QueueTarget final : public Target {
 public:
  QueueTarget(protocol::Caller& caller, const PipeConfig& config) : client_(caller) {
    const std::optional<Arn> arn = parse_arn(config.target);
    CHECK(arn.has_value());
    url_ = queue_url(*arn);
  }

  Task<Sent> send(Sending sending) override {
    Sent sent;
    const std::size_t all = sending.entries.size();
    for (std::size_t from = 0; from < all;) {
      const std::size_t end =
          fitting(sending.entries, from, kMessagesMax, limits::kPipeQueueBatchBytes, 0);
      sqs::api::SendMessageBatchRequest input = request(sending, from, end);
      record_json(sent.request, sending, input);
      const auto answer = co_await within(
          sending.limit, client_.send_message_batch(sending.context, std::move(input)));
      if (call_failed(sent, "sqs", answer, sending, from)) co_return sent;
      record_json(sent.response, sending, **answer);
      if (take(sent, **answer, sending, from, end)) co_return sent;
      from = end;
    }
    co_return sent;
  }

 private:
  sqs::api::SendMessageBatchRequest request(const Sending& sending, std::size_t from,
                                            std::size_t end) const {
    sqs::api::SendMessageBatchRequest input;
    input.queue_url = url_;
    for (std::size_t i = from; i < end; ++i) {
      const Outgoing& out = *sending.entries[i];
      auto& entry = input.entries.emplace_back();
      entry.id = std::to_string(i - from);
      entry.message_body = out.data;
      if (!out.key.empty()) entry.message_group_id = out.key;
      if (!out.detail.empty()) entry.message_deduplication_id = out.detail;
    }
    return input;
  }

  // The customer's fault only if it is that of every message.
  static bool take(Sent& sent, const sqs::api::SendMessageBatchResult& reply,
                   const Sending& sending, std::size_t from, std::size_t end) {
    if (!reply.failed || reply.failed->empty()) return false;
    std::vector<bool> refused(end - from);
    bool counted = true;
    for (const sqs::api::BatchResultErrorEntry& entry : *reply.failed) {
      const std::size_t index = std::strtoul(entry.id.c_str(), nullptr, 10);
      if (index < refused.size()) refused[index] = true;
      counted = counted && entry.sender_fault;
      sent.failure = CallFailure{"sqs", 200, entry.code, entry.message.value_or(""),
                                 sending.context.request_id};
    }
    sent.failure->counted = counted;
    std::vector<std::size_t> within;
    for (std::size_t i = 0; i < refused.size(); ++i) {
      if (refused[i]) within.push_back(i);
    }
    fail_rest(sent, from, within, end, sending.entries.size());
    return true;
  }

  const sqs::Client client_;
  std::string url_;
};

}  // namespace

std::unique_ptr<Target> make_sqs_target(protocol::Caller& caller, const PipeConfig& config) {
  return std::make_unique<QueueTarget>(caller, config);
}

}  // namespace penstock::pipes
