// What all targets share: whose fault a failure is, and what of a batch it leaves unsent.
#include "services/pipes/target.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/limits.h"
#include "services/pipes/target_parts.h"
#include "stream/consumer.h"

namespace penstock::pipes {

CallFailure failure_of(std::string_view service, const protocol::ApiError& error,
                       const protocol::Context& context) {
  CallFailure failure{std::string(service), error.status, error.code, error.message,
                      context.request_id};
  const bool fault = stream::is_fault(error);
  failure.counted = !fault;
  failure.throttled = fault && error.status < 500;
  return failure;
}

CallFailure timeout_of(std::string_view service, const CallLimit& limit) {
  if (limit.stop.stop_requested()) {
    return {std::string(service), 503, "ExecutionAborted", "The pipe is stopping."};
  }
  CallFailure failure{std::string(service), 504, "ExecutionTimeout",
                      "The pipe execution exceeded its limit of 5 minutes."};
  failure.counted = true;
  failure.timed_out = true;
  return failure;
}

Sent all_failed(CallFailure failure) {
  Sent sent;
  sent.kind = Sent::Kind::kAllFailed;
  sent.failure = std::move(failure);
  return sent;
}

void fail_rest(Sent& sent, std::size_t from, const std::vector<std::size_t>& within,
               std::size_t end, std::size_t all) {
  sent.failed.clear();
  for (const std::size_t index : within) sent.failed.push_back(from + index);
  for (std::size_t i = end; i < all; ++i) sent.failed.push_back(i);
  sent.kind = sent.failed.size() == all ? Sent::Kind::kAllFailed : Sent::Kind::kEntriesFailed;
}

std::size_t fitting(const std::vector<const Outgoing*>& entries, std::size_t from,
                    std::size_t count, std::size_t bytes, std::size_t overhead) {
  std::size_t end = from;
  std::size_t used = 0;
  while (end < entries.size() && end - from < count) {
    const std::size_t size = entries[end]->data.size() + entries[end]->key.size() + overhead;
    if (end > from && used + size > bytes) break;
    used += size;
    ++end;
  }
  return end;
}

std::size_t batch_max(TargetKind kind) {
  switch (kind) {
    case TargetKind::kKinesisStream:
    case TargetKind::kFirehose: return limits::kPipeTargetBatchMax;
    case TargetKind::kSqsQueue: return 10;
    case TargetKind::kLambda:
    case TargetKind::kLogGroup: return 10'000;
  }
  return 1;
}

std::string queue_url(const Arn& queue) {
  return fmt::format("https://sqs.{}.amazonaws.com/{}/{}", queue.region, queue.account,
                     queue.resource);
}

std::unique_ptr<Target> make_target(const TargetCallers& callers, const PipeConfig& config,
                                    const Clock& clock) {
  switch (config.target_settings.kind()) {
    case TargetKind::kKinesisStream: return make_kinesis_target(*callers.kinesis, config);
    case TargetKind::kFirehose: return make_firehose_target(*callers.firehose, config);
    case TargetKind::kLambda: return make_lambda_target(*callers.lambda, config);
    case TargetKind::kSqsQueue: return make_sqs_target(*callers.sqs, config);
    case TargetKind::kLogGroup: return make_logs_target(*callers.logs, config, clock);
  }
  CHECK(false);
}

}  // namespace penstock::pipes
