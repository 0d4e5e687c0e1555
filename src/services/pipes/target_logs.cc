// A log group as a target: PutLogEvents, one call per run of entries for the same log stream.
//
// A call takes events in the order of their time, of one day at most. A stream that is not there is
// made, as roles for this target are granted logs:CreateLogStream.
#include <algorithm>

#include "base/check.h"
#include "gen/logs/client.h"
#include "services/pipes/target_parts.h"

namespace penstock::pipes {
namespace {

constexpr std::size_t kEventsMax = 10'000;
constexpr std::size_t kLogBatchBytes = 1'048'576;
constexpr std::size_t kLogEventOverhead = 26;
constexpr std::int64_t kLogSpanMillis = 24LL * 3'600'000;
constexpr std::string_view kGroupPrefix = "log-group:";

struct LogEntry {
  std::size_t index = 0;  // In the batch.
  std::int64_t millis = 0;
};

// What one call carries: entries of one log stream, in the order of time.
struct LogCall {
  std::string log_stream;
  std::vector<LogEntry> entries;
};

class LogGroupTarget final : public Target {
 public:
  LogGroupTarget(protocol::Caller& caller, const PipeConfig& config, const Clock& clock)
      : client_(caller), clock_(clock), default_stream_(config.name) {
    const std::optional<Arn> arn = parse_arn(config.target);
    CHECK(arn.has_value());
    group_ = arn->resource.substr(kGroupPrefix.size());
    if (group_.ends_with(":*")) group_.resize(group_.size() - 2);
  }

  Task<Sent> send(Sending sending) override {
    Sent sent;
    std::vector<LogCall> calls = calls_of(sending);
    for (std::size_t i = 0; i < calls.size(); ++i) {
      logs::api::PutLogEventsRequest input = request(sending, calls[i]);
      record_json(sent.request, sending, input);
      auto answer = co_await within(sending.limit, client_.put_log_events(sending.context, input));
      if (answer && !*answer && answer->error().code == "ResourceNotFoundException") {
        logs::api::CreateLogStreamRequest made{group_, calls[i].log_stream};
        (void)co_await within(sending.limit, client_.create_log_stream(sending.context, made));
        answer = co_await within(sending.limit,
                                 client_.put_log_events(sending.context, std::move(input)));
      }
      std::vector<std::size_t> refused;
      if (call_failed(sent, "logs", answer, sending)) {
        for (const LogEntry& entry : calls[i].entries) refused.push_back(entry.index);
      } else {
        record_json(sent.response, sending, **answer);
        refused = rejected(**answer, calls[i]);
        if (!refused.empty()) {
          sent.failure = CallFailure{"logs",
                                     200,
                                     "RejectedLogEvents",
                                     "Log events are too old, too new or expired.",
                                     sending.context.request_id,
                                     true};
        }
      }
      if (refused.empty()) continue;
      for (std::size_t rest = i + 1; rest < calls.size(); ++rest) {
        for (const LogEntry& entry : calls[rest].entries) refused.push_back(entry.index);
      }
      std::sort(refused.begin(), refused.end());
      fail_rest(sent, 0, refused, sending.entries.size(), sending.entries.size());
      co_return sent;
    }
    co_return sent;
  }

 private:
  std::vector<LogCall> calls_of(const Sending& sending) const {
    std::vector<LogCall> groups;  // One per log stream, in the order of their first entries.
    const std::int64_t now = clock_.now().millis();
    for (std::size_t i = 0; i < sending.entries.size(); ++i) {
      const Outgoing& out = *sending.entries[i];
      const std::string& name = out.key.empty() ? default_stream_ : out.key;
      auto group = std::find_if(groups.begin(), groups.end(),
                                [&](const LogCall& one) { return one.log_stream == name; });
      if (group == groups.end()) group = groups.insert(groups.end(), {name, {}});
      const std::int64_t millis =
          out.detail.empty() ? now : std::strtoll(out.detail.c_str(), nullptr, 10);
      group->entries.push_back({i, millis});
    }
    std::vector<LogCall> calls;
    for (LogCall& group : groups) {
      std::stable_sort(group.entries.begin(), group.entries.end(),
                       [](const LogEntry& a, const LogEntry& b) { return a.millis < b.millis; });
      split(sending, std::move(group), calls);
    }
    return calls;
  }

  static void split(const Sending& sending, LogCall group, std::vector<LogCall>& calls) {
    std::size_t bytes = 0;
    for (const LogEntry& entry : group.entries) {
      const std::size_t size = sending.entries[entry.index]->data.size() + kLogEventOverhead;
      const bool first = bytes == 0;
      if (first || bytes + size > kLogBatchBytes || calls.back().entries.size() == kEventsMax ||
          entry.millis - calls.back().entries.front().millis > kLogSpanMillis) {
        calls.push_back({group.log_stream, {}});
        bytes = 0;
      }
      bytes += size;
      calls.back().entries.push_back(entry);
    }
  }

  logs::api::PutLogEventsRequest request(const Sending& sending, const LogCall& call) const {
    logs::api::PutLogEventsRequest input;
    input.log_group_name = group_;
    input.log_stream_name = call.log_stream;
    input.log_events.reserve(call.entries.size());
    for (const LogEntry& entry : call.entries) {
      input.log_events.push_back({entry.millis, sending.entries[entry.index]->data});
    }
    return input;
  }

  // Too old and expired events are at the beginning, too new ones at the end.
  static std::vector<std::size_t> rejected(const logs::api::PutLogEventsResponse& reply,
                                           const LogCall& call) {
    std::vector<std::size_t> refused;
    if (!reply.rejected_log_events_info) return refused;
    const auto& info = *reply.rejected_log_events_info;
    const std::int32_t good = std::max(info.too_old_log_event_end_index.value_or(0),
                                       info.expired_log_event_end_index.value_or(0));
    const auto count = static_cast<std::int32_t>(call.entries.size());
    const std::int32_t end = info.too_new_log_event_start_index.value_or(count);
    for (std::int32_t i = 0; i < count; ++i) {
      if (i < good || i >= end) refused.push_back(call.entries[static_cast<std::size_t>(i)].index);
    }
    return refused;
  }

  const logs::Client client_;
  const Clock& clock_;
  const std::string default_stream_;  // Without a LogStreamName: named as the pipe.
  std::string group_;
};

}  // namespace

std::unique_ptr<Target> make_logs_target(protocol::Caller& caller, const PipeConfig& config,
                                         const Clock& clock) {
  return std::make_unique<LogGroupTarget>(caller, config, clock);
}

}  // namespace penstock::pipes
