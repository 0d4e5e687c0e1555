// A delivery stream as a target: PutRecordBatch, at most 500 records and 4 MiB a call.
#include "base/limits.h"
#include "gen/firehose/client.h"
#include "services/pipes/target_parts.h"

namespace penstock::pipes {
namespace {

class FirehoseStreamTarget final : public Target {
 public:
  FirehoseStreamTarget(protocol::Caller& caller, const PipeConfig& config) : client_(caller) {
    const std::string_view resource = std::string_view(config.target);
    name_ = resource.substr(resource.rfind('/') + 1);
  }

  Task<Sent> send(Sending sending) override {
    Sent sent;
    const std::size_t all = sending.entries.size();
    for (std::size_t from = 0; from < all;) {
      const std::size_t end = fitting(sending.entries, from, limits::kPipeTargetBatchMax,
                                      limits::kFirehosePutBytesMax, 0);
      firehose::api::PutRecordBatchInput input;
      input.delivery_stream_name = name_;
      input.records.resize(end - from);
      for (std::size_t i = from; i < end; ++i) {
        input.records[i - from].data.bytes = sending.entries[i]->data;
      }
      record_json(sent.request, sending, input);
      const auto answer = co_await within(
          sending.limit, client_.put_record_batch(sending.context, std::move(input)));
      if (call_failed(sent, "firehose", answer, sending, from)) co_return sent;
      record_json(sent.response, sending, **answer);
      if (take(sent, **answer, sending, from, end)) co_return sent;
      from = end;
    }
    co_return sent;
  }

 private:
  static bool take(Sent& sent, const firehose::api::PutRecordBatchOutput& reply,
                   const Sending& sending, std::size_t from, std::size_t end) {
    std::vector<std::size_t> refused;
    for (std::size_t i = 0; i < end - from && i < reply.request_responses.size(); ++i) {
      const auto& entry = reply.request_responses[i];
      if (!entry.error_code) continue;
      refused.push_back(i);
      sent.failure = CallFailure{"firehose",
                                 200,
                                 *entry.error_code,
                                 entry.error_message.value_or(""),
                                 sending.context.request_id,
                                 false,
                                 true};
    }
    if (refused.empty()) return false;
    fail_rest(sent, from, refused, end, sending.entries.size());
    return true;
  }

  const firehose::Client client_;
  std::string name_;
};

}  // namespace

std::unique_ptr<Target> make_firehose_target(protocol::Caller& caller, const PipeConfig& config) {
  return std::make_unique<FirehoseStreamTarget>(caller, config);
}

}  // namespace penstock::pipes
