// The queue and the one task that empties it.
#include "services/lambda/log_writer.h"

#include <fmt/format.h>

#include "base/log.h"
#include "protocol/arn.h"

namespace penstock::lambda {
namespace {

constexpr std::size_t kChunkBytesMax = 1'000'000;  // PutLogEvents: 1 MiB with 26 bytes per event.
constexpr std::size_t kChunkEventsMax = 10'000;
constexpr std::size_t kEventOverheadBytes = 64;
constexpr std::size_t kKnownStreamsMax = 10'000;

std::size_t bytes_of(const LogBatch& batch) {
  std::size_t bytes = 0;
  for (const LogEvent& event : batch.events) bytes += event.message.size() + kEventOverheadBytes;
  return bytes;
}

protocol::Context context_of(const LogBatch& batch) {
  protocol::Context context;
  context.account = batch.account;
  context.region = batch.region;
  context.principal_arn =
      protocol::assumed_role_arn(batch.account, batch.role_arn, batch.function_name);
  return context;
}

bool exists_already(const protocol::ApiError& error) {
  return error.code == "ResourceAlreadyExistsException";
}

}  // namespace

void LogWriter::write(LogBatch batch) {
  if (caller_ == nullptr) return;
  const std::size_t bytes = bytes_of(batch);
  const std::scoped_lock lock(mutex_);
  if (queued_bytes_ + bytes > limits::kLambdaLogQueueBytes) {
    dropped_ += batch.events.size();
    return;
  }
  queued_bytes_ += bytes;
  // An instance that is called often fills one batch while the last one is being written.
  if (!queue_.empty() && queue_.back().stream == batch.stream &&
      queue_.back().group == batch.group) {
    for (LogEvent& event : batch.events) queue_.back().events.push_back(std::move(event));
  } else {
    queue_.push_back(std::move(batch));
  }
  if (draining_) return;
  draining_ = gate_.spawn(runtime_.next_loop(), drain());
}

Task<void> LogWriter::drain() {
  while (true) {
    std::deque<LogBatch> batches;
    std::uint64_t dropped = 0;
    {
      const std::scoped_lock lock(mutex_);
      if (queue_.empty()) {
        draining_ = false;
        co_return;
      }
      batches.swap(queue_);
      queued_bytes_ = 0;
      dropped = std::exchange(dropped_, 0);
    }
    if (dropped > 0) {
      log::warning("lambda",
                   "log events of functions were dropped: they come faster than they are stored",
                   {{"events", fmt::to_string(dropped)}});
    }
    for (const LogBatch& batch : batches) co_await put(batch);
  }
}

Task<bool> LogWriter::make_stream(const LogBatch& batch) {
  const logs::Client client(*caller_);
  const auto group =
      co_await client.create_log_group(context_of(batch), {.log_group_name = batch.group});
  if (!group && !exists_already(group.error())) co_return false;
  const auto stream = co_await client.create_log_stream(
      context_of(batch), {.log_group_name = batch.group, .log_stream_name = batch.stream});
  co_return stream || exists_already(stream.error());
}

Task<void> LogWriter::put(const LogBatch& batch) {
  const std::string key =
      fmt::format("{}/{}/{}\n{}", batch.account, batch.region, batch.group, batch.stream);
  if (!known_streams_.contains(key)) {
    // A role without the permission to write logs has none, as on AWS.
    const bool made = co_await make_stream(batch);
    if (!made) co_return;
    if (known_streams_.size() >= kKnownStreamsMax) known_streams_.clear();
    known_streams_.insert(key);
  }
  std::size_t begin = 0, bytes = 0;
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    const std::size_t size = batch.events[i].message.size() + kEventOverheadBytes;
    if (i > begin && (bytes + size > kChunkBytesMax || i - begin == kChunkEventsMax)) {
      co_await put_chunk(batch, begin, i);
      begin = i;
      bytes = 0;
    }
    bytes += size;
  }
  co_await put_chunk(batch, begin, batch.events.size());
}

Task<void> LogWriter::put_chunk(const LogBatch& batch, std::size_t begin, std::size_t end) {
  const logs::Client client(*caller_);
  for (int attempt = 0; attempt < 2; ++attempt) {
    logs::api::PutLogEventsRequest request;
    request.log_group_name = batch.group;
    request.log_stream_name = batch.stream;
    std::int64_t newest = 0;
    for (std::size_t i = begin; i < end; ++i) {
      // Events of one stream must not go back in time, even if the machine's clock did.
      newest = std::max(newest, batch.events[i].time.millis());
      request.log_events.push_back({.timestamp = newest, .message = batch.events[i].message});
    }
    const auto reply = co_await client.put_log_events(context_of(batch), std::move(request));
    if (reply || reply.error().code != "ResourceNotFoundException") co_return;
    // Somebody deleted the group or the stream meanwhile: it is made again, as on AWS.
    const bool made = co_await make_stream(batch);
    if (!made) co_return;
  }
}

}  // namespace penstock::lambda
