// Sending a batch: filter and shape each record, append what is left, and account for every one.
//
// The position moves over a record only when it is durable at the target, filtered out, or stored
// as a failure. Records are never overtaken: one that cannot be sent holds up those behind it until
// it is given up, because a target that knows positions would take a later retry for a repetition.
#include <algorithm>

#include "base/crash_points.h"
#include "base/log.h"
#include "services/pipes/lane.h"

namespace penstock::pipes {
namespace {

constexpr std::string_view kTooOld = "RecordAgeExceeded";
constexpr std::string_view kExhausted = "RetryAttemptsExhausted";

// Faults of the target and throttling are not counted against the retries.
bool is_fault(const protocol::ApiError& error) {
  constexpr std::string_view kCodes[] = {"ProvisionedThroughputExceededException",
                                         "ThrottlingException",
                                         "Throttling",
                                         "RequestLimitExceeded",
                                         "LimitExceededException",
                                         "KMSThrottlingException"};
  return error.status >= 500 ||
         std::find(std::begin(kCodes), std::end(kCodes), error.code) != std::end(kCodes);
}

}  // namespace

bool Lane::too_old(const SourceRecord& record) const {
  const std::int32_t seconds = setting_.config.settings.record_age_seconds_max;
  return seconds >= 0 && setting_.deps.clock.now() - record.created > std::chrono::seconds(seconds);
}

void Lane::give_up(const SourceRecord& record, std::string reason, Segment& segment) {
  log::warning("pipe", "record given up",
               {{"pipe", setting_.config.name}, {"event", record.event_id}, {"reason", reason}});
  ++segment.tally.failed;
  put_failure(
      segment.failures, setting_.config.id,
      {shard_, record.sequence, record.event_id, std::move(reason), setting_.deps.clock.now()});
}

Task<Lane::Outcome> Lane::deliver(std::vector<SourceRecord> batch) {
  Segment segment;
  for (SourceRecord& record : batch) {
    Result<std::optional<Outgoing>> shaped = std::optional<Outgoing>();
    const bool expired = too_old(record);
    if (!expired) shaped = transform_.apply(record, setting_.deps.clock.now());
    if (!shaped) {
      if (co_await flush(segment) == Outcome::kStopped) co_return Outcome::kStopped;
      segment = {};
      const Outcome outcome = co_await refuse_record(std::move(record), shaped.error().message);
      if (outcome == Outcome::kStopped) co_return outcome;
      continue;
    }
    ++segment.tally.read;
    segment.last_sequence = record.sequence;
    if (expired) {
      give_up(record, std::string(kTooOld), segment);
    } else if (!*shaped) {
      ++segment.tally.filtered;
    } else {
      segment.entries.push_back({std::move(record), std::move(**shaped)});
    }
  }
  co_return co_await flush(segment);
}

// A record that the pipe, as it is configured, cannot send. It counts as an error of the customer:
// tried again until the retries or its age are used up.
Task<Lane::Outcome> Lane::refuse_record(SourceRecord record, std::string reason) {
  const std::int32_t retries = setting_.config.settings.retry_attempts_max;
  setting_.stats.set_error(reason + " (event " + record.event_id + ")");
  for (std::int32_t attempt = 0; retries < 0 || attempt < retries; ++attempt) {
    if (stopping()) co_return Outcome::kStopped;
    if (too_old(record)) break;
    co_await back_off();
  }
  if (stopping()) co_return Outcome::kStopped;
  failures_in_a_row_ = 0;
  Segment segment;
  segment.tally.read = 1;
  segment.last_sequence = record.sequence;
  give_up(record, std::string(too_old(record) ? kTooOld : kExhausted) + ": " + reason, segment);
  co_return co_await flush(segment);
}

// Sends what the segment holds; then position, tally and failures are stored in one batch.
Task<Lane::Outcome> Lane::flush(Segment& segment) {
  if (segment.tally == Counters{}) co_return Outcome::kDone;
  if (!segment.entries.empty()) {
    std::vector<Entry> entries = std::exchange(segment.entries, {});
    if (co_await send(std::move(entries), segment) == Outcome::kStopped) {
      co_return Outcome::kStopped;
    }
    crash_point("pipe.after_append");
  }
  position_.sequence = segment.last_sequence;
  position_.counters.read += segment.tally.read;
  position_.counters.delivered += segment.tally.delivered;
  position_.counters.filtered += segment.tally.filtered;
  position_.counters.failed += segment.tally.failed;
  storage::Batch batch = std::exchange(segment.failures, {});
  put_position(batch, setting_.config.id, shard_, position_);
  // Not waited for: the delivery is durable, and a position that lags behind only repeats it.
  (void)setting_.deps.store.submit(std::move(batch));

  PipeStats& stats = setting_.stats;
  stats.read += segment.tally.read;
  stats.delivered += segment.tally.delivered;
  stats.filtered += segment.tally.filtered;
  stats.failed += segment.tally.failed;
  co_return Outcome::kDone;
}

void Lane::drop_expired(std::vector<Entry>& entries, Segment& segment) {
  std::erase_if(entries, [&](const Entry& entry) {
    const bool expired = too_old(entry.record);
    if (expired) give_up(entry.record, std::string(kTooOld), segment);
    return expired;
  });
}

std::vector<Lane::Entry> Lane::rest_of(std::vector<Entry> entries,
                                       const kinesis::api::PutRecordsOutput& reply,
                                       std::string& error) {
  std::vector<Entry> rest;
  for (std::size_t i = 0; i < entries.size() && i < reply.records.size(); ++i) {
    if (!reply.records[i].error_code) continue;
    error = *reply.records[i].error_code + ": " + reply.records[i].error_message.value_or("");
    rest.push_back(std::move(entries[i]));
  }
  return rest;
}

Task<Lane::Outcome> Lane::send(std::vector<Entry> entries, Segment& segment) {
  std::int32_t attempts = 0;
  const SourceSettings& settings = setting_.config.settings;
  while (!entries.empty()) {
    if (stopping()) co_return Outcome::kStopped;
    protocol::Context context = role_;
    context.producer = protocol::Producer{producer_, {}};
    kinesis::api::PutRecordsInput input;
    input.stream_arn = setting_.config.target;
    input.records.resize(entries.size());
    context.producer->positions.reserve(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
      context.producer->positions.push_back(ordered_position(entries[i].record.sequence));
      input.records[i].data.bytes = entries[i].out.data;
      input.records[i].partition_key = entries[i].out.partition_key;
    }
    const Timestamp newest = entries.back().record.created;
    crash_point("pipe.before_append");
    auto reply = co_await target_.put_records(std::move(context), std::move(input));
    std::string error;
    if (reply) {
      const std::size_t sent = entries.size();
      entries = rest_of(std::move(entries), *reply, error);
      segment.tally.delivered += sent - entries.size();
      if (entries.empty()) {
        failures_in_a_row_ = 0;
        setting_.stats.set_error("");
        setting_.stats.newest_delivered_micros = newest.micros;
        setting_.stats.lag_micros = (setting_.deps.clock.now() - newest).count();
        break;
      }
    } else {
      error = reply.error().code + ": " + reply.error().message;
    }
    ++setting_.stats.target_errors;
    setting_.stats.set_error(error);
    const bool counted = !reply && !is_fault(reply.error());
    if (counted && settings.bisect && entries.size() > 1) {
      // One half after the other, so that only what is at fault is given up.
      const auto middle = entries.begin() + static_cast<std::ptrdiff_t>(entries.size() / 2);
      std::vector<Entry> first(std::make_move_iterator(entries.begin()),
                               std::make_move_iterator(middle));
      entries.erase(entries.begin(), middle);
      if (co_await send(std::move(first), segment) == Outcome::kStopped) {
        co_return Outcome::kStopped;
      }
      continue;
    }
    if (counted && settings.retry_attempts_max >= 0 && ++attempts > settings.retry_attempts_max) {
      for (const Entry& entry : entries) {
        give_up(entry.record, std::string(kExhausted) + ": " + error, segment);
      }
      break;
    }
    co_await back_off();
    drop_expired(entries, segment);
  }
  co_return Outcome::kDone;
}

}  // namespace penstock::pipes
