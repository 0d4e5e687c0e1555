// Batches of log records to CloudWatch Logs and Firehose.
#include "services/pipes/pipe_log_writer.h"

#include <algorithm>

#include "base/log.h"
#include "gen/firehose/client.h"
#include "gen/logs/client.h"
#include "services/pipes/pipe_limits.h"

namespace penstock::pipes {
namespace {

constexpr std::size_t kWriteRecords = 500;
constexpr std::size_t kWriteBytes = 900'000;  // With what a service adds, one request anywhere.
constexpr std::size_t kLineOverhead = 26;
constexpr int kWriteAttempts = 3;
constexpr std::chrono::milliseconds kWritePause{200};

std::string name_after(std::string_view arn, std::string_view mark) {
  const std::size_t at = arn.find(mark);
  std::string name(at == arn.npos ? arn : arn.substr(at + mark.size()));
  if (name.ends_with(":*")) name.resize(name.size() - 2);
  return name;
}

}  // namespace

PipeLogWriter::PipeLogWriter(const TargetCallers& callers, const PipeConfig& config)
    : callers_(callers),
      settings_(config.log.value_or(LogSettings{})),
      level_(settings_.level),
      with_data_(settings_.include_execution_data),
      place_(config.place),
      pipe_(config.name) {}

void PipeLogWriter::start(Executor& executor) {
  if (level_ != LogLevel::kOff) gate_.spawn(executor, run());
}

Task<void> PipeLogWriter::stop() { return gate_.closed(); }
void PipeLogWriter::close() { gate_.close(); }

void PipeLogWriter::add(LogRecord record) {
  Line line{record.at, to_json(std::move(record))};
  {
    const std::scoped_lock lock(mutex_);
    if (bytes_ + line.text.size() > limits::kPipeLogQueueBytes) {
      if (dropped_++ == 0) log::warning("pipe", "log records dropped", {{"pipe", pipe_}});
      return;
    }
    dropped_ = 0;
    bytes_ += line.text.size();
    lines_.push_back(std::move(line));
  }
  waiting_.notify("");
}

std::vector<PipeLogWriter::Line> PipeLogWriter::take() {
  const std::scoped_lock lock(mutex_);
  std::vector<Line> lines;
  std::size_t bytes = 0;
  while (!lines_.empty() && lines.size() < kWriteRecords) {
    const std::size_t size = lines_.front().text.size() + kLineOverhead;
    if (!lines.empty() && bytes + size > kWriteBytes) break;
    bytes += size;
    bytes_ -= lines_.front().text.size();
    lines.push_back(std::move(lines_.front()));
    lines_.pop_front();
  }
  return lines;
}

Task<void> PipeLogWriter::run() {
  const std::stop_token stop = gate_.stop_token();
  while (true) {
    const std::uint64_t seen = waiting_.version("");
    std::vector<Line> lines = take();
    if (!lines.empty()) {
      co_await write(std::move(lines));
    } else if (stop.stop_requested()) {
      co_return;
    } else {
      co_await waiting_.wait_beyond("", seen, std::chrono::hours(1), stop);
    }
  }
}

Task<void> PipeLogWriter::write(std::vector<Line> lines) {
  if (settings_.log_group_arn && callers_.logs != nullptr) co_await write_logs(lines);
  if (settings_.delivery_stream_arn && callers_.firehose != nullptr) {
    co_await write_firehose(std::move(lines));
  }
}

Task<void> PipeLogWriter::write_logs(std::vector<Line> lines) {
  const logs::Client client(*callers_.logs);
  protocol::Context context;
  context.account = place_.account;
  context.region = place_.region;
  logs::api::PutLogEventsRequest input;
  input.log_group_name = name_after(*settings_.log_group_arn, ":log-group:");
  input.log_stream_name = pipe_;
  for (Line& line : lines) input.log_events.push_back({line.at.millis(), std::move(line.text)});
  // Records of several lanes may have crossed on their way.
  std::stable_sort(input.log_events.begin(), input.log_events.end(),
                   [](const auto& a, const auto& b) { return a.timestamp < b.timestamp; });
  for (int attempt = 1; attempt <= kWriteAttempts; ++attempt) {
    const auto reply = co_await client.put_log_events(context, input);
    if (reply) co_return;
    if (reply.error().code == "ResourceNotFoundException") {
      (void)co_await client.create_log_stream(context,
                                              {input.log_group_name, input.log_stream_name});
    } else {
      co_await sleep_for(kWritePause, gate_.stop_token());
    }
    if (attempt == kWriteAttempts) note("log not written to CloudWatch Logs", reply.error());
  }
}

Task<void> PipeLogWriter::write_firehose(std::vector<Line> lines) {
  const firehose::Client client(*callers_.firehose);
  protocol::Context context;
  context.account = place_.account;
  context.region = place_.region;
  firehose::api::PutRecordBatchInput input;
  input.delivery_stream_name = name_after(*settings_.delivery_stream_arn, ":deliverystream/");
  for (Line& line : lines) {
    line.text += '\n';
    input.records.emplace_back().data.bytes = std::move(line.text);
  }
  for (int attempt = 1; attempt <= kWriteAttempts; ++attempt) {
    const auto reply = co_await client.put_record_batch(context, input);
    if (reply) co_return;
    if (attempt == kWriteAttempts) note("log not written to Firehose", reply.error());
    co_await sleep_for(kWritePause, gate_.stop_token());
  }
}

void PipeLogWriter::note(std::string_view what, const protocol::ApiError& error) const {
  log::warning("pipe", what, {{"pipe", pipe_}, {"error", error.code + ": " + error.message}});
}

}  // namespace penstock::pipes
