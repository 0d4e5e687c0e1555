// A Kinesis stream as a target: PutRecords. A stream that knows producers drops what it has.
#include "base/crash_points.h"
#include "base/limits.h"
#include "gen/kinesis/client.h"
#include "services/pipes/target_parts.h"
#include "stream/source.h"

namespace penstock::pipes {
namespace {

class KinesisStreamTarget final : public Target {
 public:
  KinesisStreamTarget(protocol::Caller& caller, const PipeConfig& config)
      : client_(caller), arn_(config.target) {}

  Task<Sent> send(Sending sending) override {
    Sent sent;
    const std::size_t all = sending.entries.size();
    for (std::size_t from = 0; from < all;) {
      const std::size_t end = fitting(sending.entries, from, limits::kPipeTargetBatchMax,
                                      limits::kKinesisPutBytesMax, 0);
      kinesis::api::PutRecordsInput input = request(sending, from, end);
      record_json(sent.request, sending, input);
      protocol::Context context = context_of(sending, from, end);
      crash_point("pipe.before_append");
      const auto answer =
          co_await within(sending.limit, client_.put_records(context, std::move(input)));
      if (call_failed(sent, "kinesis", answer, sending, from)) co_return sent;
      crash_point("pipe.after_append");
      record_json(sent.response, sending, **answer);
      if (take(sent, **answer, context, from, end, all)) co_return sent;
      from = end;
    }
    co_return sent;
  }

 private:
  kinesis::api::PutRecordsInput request(const Sending& sending, std::size_t from,
                                        std::size_t end) const {
    kinesis::api::PutRecordsInput input;
    input.stream_arn = arn_;
    // Endpoints that are older than ARNs in these calls look at the name.
    input.stream_name = stream::stream_name_of(arn_);
    input.records.resize(end - from);
    for (std::size_t i = from; i < end; ++i) {
      input.records[i - from].data.bytes = sending.entries[i]->data;
      input.records[i - from].partition_key = sending.entries[i]->key;
    }
    return input;
  }

  static protocol::Context context_of(const Sending& sending, std::size_t from, std::size_t end) {
    protocol::Context context = sending.context;
    if (!sending.producer) return context;
    const auto& positions = sending.producer->positions;
    context.producer = protocol::Producer{sending.producer->id,
                                          {positions.begin() + static_cast<std::ptrdiff_t>(from),
                                           positions.begin() + static_cast<std::ptrdiff_t>(end)}};
    return context;
  }

  // True when some were not taken: only throttling and internal failures come by record.
  static bool take(Sent& sent, const kinesis::api::PutRecordsOutput& reply,
                   const protocol::Context& context, std::size_t from, std::size_t end,
                   std::size_t all) {
    std::vector<std::size_t> refused;
    for (std::size_t i = 0; i < end - from && i < reply.records.size(); ++i) {
      const auto& entry = reply.records[i];
      if (!entry.error_code) continue;
      refused.push_back(i);
      const bool throttled = *entry.error_code != "InternalFailure";
      sent.failure = CallFailure{
          "kinesis",          200,   *entry.error_code, entry.error_message.value_or(""),
          context.request_id, false, throttled};
    }
    if (refused.empty()) return false;
    fail_rest(sent, from, refused, end, all);
    return true;
  }

  const kinesis::Client client_;
  const std::string arn_;
};

}  // namespace

std::unique_ptr<Target> make_kinesis_target(protocol::Caller& caller, const PipeConfig& config) {
  return std::make_unique<KinesisStreamTarget>(caller, config);
}

}  // namespace penstock::pipes
