// PutLogEvents: append a batch of events to one stream.
//
// Sequence tokens are ignored and never refused, as on AWS since 2023; one is still answered.
#include <fmt/format.h>

#include "services/logs/errors.h"
#include "services/logs/logs.h"
#include "services/logs/operations.h"
#include "services/logs/resolve.h"
#include "services/logs/store.h"

namespace penstock::logs {
namespace {

constexpr std::size_t kBatchBytesMax = 1'048'576;
constexpr std::size_t kEventOverheadBytes = 26;
constexpr std::int64_t kHourMillis = 3'600'000;
constexpr std::int64_t kDayMillis = 24 * kHourMillis;
constexpr std::int64_t kTooNewMillis = 2 * kHourMillis;
constexpr std::int64_t kTooOldMillis = 14 * kDayMillis;

protocol::ApiResult<void> check_batch(const std::vector<api::InputLogEvent>& events) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    bytes += events[i].message.size() + kEventOverheadBytes;
    if (i > 0 && events[i].timestamp < events[i - 1].timestamp) {
      return std::unexpected(invalid_parameter(
          "Log events in a single PutLogEvents request must be in chronological order."));
    }
  }
  if (bytes > kBatchBytesMax) {
    return std::unexpected(invalid_parameter(
        fmt::format("Upload too large: {} bytes exceeds limit of {}", bytes, kBatchBytesMax)));
  }
  if (events.back().timestamp - events.front().timestamp > kDayMillis) {
    return std::unexpected(
        invalid_parameter("The batch of log events in a single PutLogEvents request cannot span "
                          "more than 24 hours."));
  }
  return {};
}

// The events are in order of time, so what is refused stands at the two ends.
struct Accepted {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::optional<api::RejectedLogEventsInfo> rejected;
};

Accepted accept(const std::vector<api::InputLogEvent>& events, std::int64_t now,
                std::optional<std::int32_t> retention_days) {
  Accepted accepted{.end = events.size()};
  api::RejectedLogEventsInfo rejected;
  const std::int64_t expired =
      retention_days ? now - std::int64_t{*retention_days} * kDayMillis : std::int64_t{0};
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::int64_t time = events[i].timestamp;
    const auto after = static_cast<std::int32_t>(i + 1);
    if (time < now - kTooOldMillis) {
      rejected.too_old_log_event_end_index = after;
    } else if (time < expired) {
      rejected.expired_log_event_end_index = after;
    } else if (time > now + kTooNewMillis) {
      rejected.too_new_log_event_start_index = static_cast<std::int32_t>(i);
      accepted.end = i;
      break;
    } else {
      continue;
    }
    accepted.begin = i + 1;
  }
  if (accepted.begin > 0 || accepted.end < events.size()) accepted.rejected = rejected;
  return accepted;
}

}  // namespace

Reply<api::PutLogEventsResponse> put_log_events(Service& service, const Context& context,
                                                api::PutLogEventsRequest input) {
  CO_TRY_VOID(check_batch(input.log_events));
  CO_TRY(const std::shared_ptr<Group> group, find_group(service, context, input.log_group_name));
  const std::int64_t now = service.deps.clock.now().millis();
  std::unique_lock lock(group->mutex);
  if (group->deleted) co_return std::unexpected(group_not_found());
  const auto found = group->streams.find(input.log_stream_name);
  if (found == group->streams.end()) co_return std::unexpected(stream_not_found());
  StreamState& stream = found->second;
  const Accepted accepted = accept(input.log_events, now, group->config.retention_days);
  std::uint64_t sequence = service.groups.take_sequence(accepted.end - accepted.begin);
  storage::Batch batch;
  for (std::size_t i = accepted.begin; i < accepted.end; ++i) {
    const api::InputLogEvent& event = input.log_events[i];
    put_event(batch, {group->config.id, stream.id, {event.timestamp, sequence++}}, now,
              event.message);
    stream.bytes += event.message.size();
    stream.first_millis = std::min(stream.first_millis.value_or(event.timestamp), event.timestamp);
    stream.last_millis = std::max(stream.last_millis.value_or(event.timestamp), event.timestamp);
    stream.ingested_millis = now;
  }
  api::PutLogEventsResponse output;
  output.next_sequence_token = format_event_id({0, sequence});
  output.rejected_log_events_info = accepted.rejected;
  if (batch.empty()) co_return output;
  put_stream(batch, group->config.id, stream);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  lock.unlock();
  CO_TRY_VOID(co_await commit.durable());
  co_return output;
}

}  // namespace penstock::logs
