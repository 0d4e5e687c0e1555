// Receiving messages and bringing each to its end. Everything runs on one executor.
#include "services/pipes/sqs_source.h"

#include <algorithm>

#include "async/runners.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/limits.h"
#include "services/pipes/pipe_limits.h"
#include "services/pipes/runner.h"

namespace penstock::pipes {
namespace {

constexpr std::size_t kReceiveMax = 10;  // Messages of one ReceiveMessage.
// Messages whose visibility time-out has ended wake nobody.
constexpr std::chrono::seconds kLookAgain{1};
constexpr std::chrono::milliseconds kFirstPause{200};

}  // namespace

SqsSource::SqsSource(CarrierSetting setting, PipeStats& stats)
    : setting_(setting),
      stats_(stats),
      client_(*setting.deps.sqs),
      role_(role_context(setting.config)),
      carrier_(setting),
      transform_(setting.config) {
  const std::optional<Arn> arn = parse_arn(setting.config.source);
  CHECK(arn.has_value());
  url_ = queue_url(*arn);
}

void SqsSource::start(Gate& gate) {
  Runtime& runtime = setting_.deps.runtime;
  runtime.runners().start(gate, runtime.next_loop(), setting_.config.arn(),
                          [this, &gate] { return run(gate); });
}

bool SqsSource::due() const {
  if (gathered_.empty()) return false;
  const SourceSettings& settings = setting_.config.settings;
  if (gathered_.size() >= static_cast<std::size_t>(settings.batch_size)) return true;
  if (gathered_bytes_ >= limits::kPipePayloadMax) return true;
  return setting_.deps.clock.monotonic() - since_ >= std::chrono::seconds(settings.window_seconds);
}

std::vector<SqsSource::Message> SqsSource::cut() {
  std::vector<Message> batch;
  std::size_t bytes = 0;
  const auto most = static_cast<std::size_t>(setting_.config.settings.batch_size);
  while (!gathered_.empty() && batch.size() < most) {
    const std::size_t size = gathered_.front().bytes;
    if (!batch.empty() && bytes + size > limits::kPipePayloadMax) break;
    bytes += size;
    batch.push_back(std::move(gathered_.front()));
    gathered_.pop_front();
  }
  gathered_bytes_ -= bytes;
  since_ = setting_.deps.clock.monotonic();
  return batch;
}

Task<Status> SqsSource::run(Gate& gate) {
  const std::stop_token stop = gate.stop_token();
  protocol::Arrivals* const arrivals = setting_.deps.sqs_arrivals;
  const std::string& queue = setting_.config.source;
  while (!stop.stop_requested()) {
    const std::uint64_t ended = ended_.version("");
    if (due() && running_ < limits::kPipeQueueExecutions) {
      ++running_;
      if (!gate.spawn(Executor::current(), execute(cut()))) --running_;
      continue;
    }
    const auto most = static_cast<std::size_t>(setting_.config.settings.batch_size);
    if (gathered_.size() >= most) {
      co_await ended_.wait_beyond("", ended, kLookAgain, stop);
      continue;
    }
    const std::uint64_t seen = arrivals == nullptr ? 0 : arrivals->version(queue);
    if (co_await receive(gate, most - gathered_.size())) continue;
    if (due()) continue;
    if (arrivals == nullptr) {
      co_await sleep_for(kLookAgain, stop);
    } else {
      co_await arrivals->wait_beyond(queue, seen, kLookAgain, stop);
    }
  }
  // What was received and not carried comes back by itself.
  gathered_.clear();
  gathered_bytes_ = 0;
  while (running_ > 0) {
    const std::uint64_t ended = ended_.version("");
    if (running_ > 0) co_await ended_.wait_beyond("", ended, kLookAgain);
  }
  co_return Status();
}

Task<bool> SqsSource::receive(Gate& gate, std::size_t room) {
  sqs::api::ReceiveMessageRequest input;
  input.queue_url = url_;
  input.message_system_attribute_names = {{"All"}};
  input.message_attribute_names = {{"All"}};
  input.max_number_of_messages = static_cast<std::int32_t>(std::min(room, kReceiveMax));
  auto reply = co_await client_.receive_message(role_, std::move(input));
  if (!reply) {
    ++stats_.source_errors;
    stats_.set_error(reply.error().code + ": " + reply.error().message);
    const auto pause = kFirstPause * (std::int64_t{1} << std::min(failures_in_a_row_++, 6));
    co_await sleep_for(pause, gate.stop_token());
    co_return false;
  }
  failures_in_a_row_ = 0;
  if (!reply->messages || reply->messages->empty()) co_return false;
  co_await take(std::move(*reply->messages));
  co_return true;
}

Task<void> SqsSource::take(std::vector<sqs::api::Message> messages) {
  const PipeConfig& config = setting_.config;
  std::vector<std::string> passed_over;
  for (const sqs::api::Message& message : messages) {
    ++stats_.read;
    SourceRecord event = to_event(message, config.source, config.place.region);
    Result<std::optional<Outgoing>> shaped = transform_.apply(event, setting_.deps.clock.now());
    if (!shaped) {
      // It comes back, and in the end goes where the queue's redrive policy says.
      ++stats_.failed;
      stats_.set_error(shaped.error().message + " (message " + event.event_id + ")");
      carrier_.log_unshaped(event.json, shaped.error().message);
      continue;
    }
    if (!*shaped) {
      ++stats_.filtered;
      passed_over.push_back(message.receipt_handle.value_or(""));
      continue;
    }
    Message taken;
    taken.receipt = message.receipt_handle.value_or("");
    taken.carried.id = event.event_id;
    taken.carried.out = std::move(**shaped);
    taken.bytes = event.json.size();
    if (message.attributes) {
      const auto sent = message.attributes->find("SentTimestamp");
      if (sent != message.attributes->end()) {
        taken.sent = Timestamp::from_millis(std::strtoll(sent->second.c_str(), nullptr, 10));
      }
    }
    if (carrier_.keeps_events()) taken.carried.event = std::move(event.json);
    if (gathered_.empty()) since_ = setting_.deps.clock.monotonic();
    gathered_bytes_ += taken.bytes;
    gathered_.push_back(std::move(taken));
  }
  if (!passed_over.empty()) co_await erase(std::move(passed_over));
}

Task<void> SqsSource::execute(std::vector<Message> batch) {
  std::vector<const Carried*> carried;
  for (const Message& message : batch) carried.push_back(&message.carried);
  ++stats_.batches;
  const stream::Outcome outcome =
      co_await carrier_.carry(std::move(carried), "", Carrier::Partial::kItems);
  std::vector<bool> failed(batch.size(), outcome.kind == stream::Outcome::Kind::kAllFailed);
  for (const std::size_t index : outcome.failed) failed[index] = true;
  std::vector<std::string> receipts;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!failed[i]) receipts.push_back(batch[i].receipt);
  }
  stats_.delivered += receipts.size();
  if (outcome.kind == stream::Outcome::Kind::kDelivered) {
    stats_.set_error("");
    stats_.newest_delivered_micros = batch.back().sent.micros;
    stats_.lag_micros = (setting_.deps.clock.now() - batch.back().sent).count();
  } else {
    ++stats_.target_errors;
    stats_.failed += batch.size() - receipts.size();
    stats_.set_error(outcome.error);
  }
  if (!receipts.empty()) co_await erase(std::move(receipts));
  --running_;
  ended_.notify("");
}

// A message that could not be deleted comes again: at least once, as on AWS.
Task<void> SqsSource::erase(std::vector<std::string> receipts) {
  for (std::size_t from = 0; from < receipts.size(); from += kReceiveMax) {
    sqs::api::DeleteMessageBatchRequest input;
    input.queue_url = url_;
    const std::size_t end = std::min(from + kReceiveMax, receipts.size());
    for (std::size_t i = from; i < end; ++i) {
      input.entries.push_back({std::to_string(i - from), std::move(receipts[i])});
    }
    const auto reply = co_await client_.delete_message_batch(role_, std::move(input));
    if (reply) continue;
    ++stats_.source_errors;
    stats_.set_error(reply.error().code + ": " + reply.error().message);
  }
}

}  // namespace penstock::pipes
