// A mapping of an SQS queue, running: one coroutine polls (long polls: it is woken by messages) and
// gathers batches, each of which is handled by a coroutine of its own, up to a limit. What the
// function did is deleted; what it did not stays in the queue, whose visibility time-out and
// redrive policy decide what becomes of it.
//
// The order of a FIFO queue's groups is the queue's: it hands out nothing of a group of which
// messages are under way.
#include <algorithm>
#include <charconv>
#include <deque>

#include "async/notifier.h"
#include "base/log.h"
#include "gen/sqs/client.h"
#include "services/lambda/invoke.h"
#include "services/lambda/lambda.h"
#include "services/lambda/mapping_event.h"
#include "stream/batch_response.h"

namespace penstock::lambda {
namespace {

// Of one long poll: how long a mapping may take to notice that it was disabled.
constexpr std::chrono::seconds kPollWait{3};
constexpr std::size_t kReceiveMax = 10;  // Messages of one call.
constexpr std::size_t kPayloadMax = 6'291'456 - 64;
constexpr std::chrono::milliseconds kPauseFirst{100};
constexpr std::chrono::milliseconds kPauseMax{10'000};
constexpr int kDeleteAttempts = 3;

class QueueRun final : public MappingRun {
 public:
  QueueRun(Service& service, std::shared_ptr<const Mapping> mapping,
           std::shared_ptr<MappingResult> result, std::string role_arn)
      : service_(service),
        mapping_(std::move(mapping)),
        result_(std::move(result)),
        context_(mapping_context(*mapping_, role_arn)),
        source_{mapping_->source_arn, mapping_->place.region, std::move(role_arn)},
        url_(queue_url(mapping_->source_arn)),
        client_(*service_.deps.sqs),
        busy_max_(static_cast<std::size_t>(mapping_->concurrency_max.value_or(
            static_cast<std::int32_t>(limits::kLambdaMappingBatches)))) {
    auto filters = MappingFilters::make(*mapping_);
    CHECK(filters.has_value());  // They were parsed before they were stored.
    filters_ = std::move(*filters);
  }

  void start() override { gate_.spawn(service_.deps.runtime.next_loop(), poll()); }
  // What is in the queue stays there until somebody comes: nothing is missed.
  Task<void> begun(std::stop_token) override { co_return; }
  void request_stop() override { gate_.request_stop(); }
  Task<void> stopped() override { co_await gate_.closed(); }
  void stop() override { gate_.close(); }

 private:
  struct Taken {
    std::string id;
    std::string receipt;
    std::string event;
  };
  using Batch = std::vector<Taken>;

  Task<void> poll() {
    const std::stop_token stop = gate_.stop_token();
    while (!stop.stop_requested()) {
      const std::uint64_t seen = changed_.version("");
      if (busy_ >= busy_max_) {
        co_await changed_.wait_beyond("", seen, std::chrono::minutes(1), stop);
        continue;
      }
      Batch batch = co_await gather(stop);
      if (batch.empty()) continue;
      ++busy_;
      if (stop.stop_requested()) {
        co_await handle(std::move(batch));  // The gate takes no more work.
      } else {
        gate_.spawn(service_.deps.runtime.next_loop(), handle(std::move(batch)));
      }
    }
  }

  bool complete(const Batch& batch, std::chrono::microseconds since) const {
    if (batch.empty()) return false;
    return mapping_->window_seconds == 0 ||
           batch.size() >= static_cast<std::size_t>(mapping_->batch_size) || !carried_.empty() ||
           service_.deps.clock.monotonic() - since >=
               std::chrono::seconds(mapping_->window_seconds);
  }

  // As many as there are when there is no window; else until it is full or the window is over.
  Task<Batch> gather(std::stop_token stop) {
    Batch batch;
    std::size_t bytes = 0;
    std::chrono::microseconds since{0};
    std::chrono::milliseconds pause = kPauseFirst;
    move_carried(batch, bytes);
    if (!batch.empty()) since = service_.deps.clock.monotonic();
    while (!stop.stop_requested() && !complete(batch, since)) {
      const auto asked = service_.deps.clock.monotonic();
      auto messages = co_await receive(batch.size(), since);
      if (!messages) {
        result_->set(kCallFailed);
        log::warning("lambda", "a queue could not be read",
                     {{"mapping", mapping_->uuid}, {"error", messages.error().message}});
        co_await sleep_for(pause, stop);
        pause = std::min(pause * 2, kPauseMax);
        continue;
      }
      pause = kPauseFirst;
      // A poll that ends empty before its time: the queue's service is about to stop.
      if (messages->empty() && service_.deps.clock.monotonic() - asked < kPollWait / 2 &&
          batch.empty()) {
        co_await sleep_for(kPauseFirst, stop);
      }
      co_await take(std::move(*messages));
      const bool was_empty = batch.empty();
      move_carried(batch, bytes);
      if (was_empty && !batch.empty()) since = service_.deps.clock.monotonic();
    }
    co_return batch;
  }

  protocol::Reply<std::vector<sqs::api::Message>> receive(std::size_t gathered,
                                                          std::chrono::microseconds since) {
    using std::chrono::seconds;
    seconds wait = kPollWait;
    if (gathered > 0) {
      const auto left =
          seconds(mapping_->window_seconds) - (service_.deps.clock.monotonic() - since);
      wait = std::clamp(std::chrono::ceil<seconds>(left), seconds(0), kPollWait);
    }
    sqs::api::ReceiveMessageRequest input;
    input.queue_url = url_;
    input.message_system_attribute_names = {"All"};
    input.message_attribute_names = {"All"};
    const std::size_t most = static_cast<std::size_t>(mapping_->batch_size) - gathered;
    input.max_number_of_messages = static_cast<std::int32_t>(std::min(most, kReceiveMax));
    input.wait_time_seconds = static_cast<std::int32_t>(wait.count());
    CO_TRY(auto output, co_await client_.receive_message(context_, std::move(input)));
    co_return std::move(output.messages).value_or(std::vector<sqs::api::Message>());
  }

  // Those that pass no filter are deleted at once.
  Task<void> take(std::vector<sqs::api::Message> messages) {
    std::vector<std::string> dropped;
    for (const sqs::api::Message& message : messages) {
      std::string receipt = message.receipt_handle.value_or("");
      if (!filters_.pass(source_, message)) {
        dropped.push_back(std::move(receipt));
        continue;
      }
      carried_.push_back(
          {message.message_id.value_or(""), std::move(receipt), queue_event(source_, message)});
    }
    co_await remove(std::move(dropped));
  }

  // What fits; the rest begins the next batch.
  void move_carried(Batch& batch, std::size_t& bytes) {
    while (!carried_.empty() && batch.size() < static_cast<std::size_t>(mapping_->batch_size)) {
      const std::size_t size = carried_.front().event.size() + 1;
      if (!batch.empty() && bytes + size > kPayloadMax) return;
      bytes += size;
      batch.push_back(std::move(carried_.front()));
      carried_.pop_front();
    }
  }

  Task<void> handle(Batch batch) {
    co_await remove(co_await done_receipts(batch));
    --busy_;
    changed_.notify("");
  }

  // Invokes the function; answers the receipts of the messages that it dealt with.
  Task<std::vector<std::string>> done_receipts(const Batch& batch) {
    const std::stop_token stop = gate_.stop_token();
    std::vector<std::string_view> events;
    std::vector<std::string> identifiers, receipts;
    for (const Taken& message : batch) {
      events.push_back(message.event);
      identifiers.push_back(message.id);
      receipts.push_back(message.receipt);
    }
    const std::string payload = records_payload(events);
    const auto begun = service_.deps.clock.monotonic();
    std::chrono::milliseconds pause = kPauseFirst;
    while (true) {
      const auto invoked = co_await invoke_mapped(
          service_, {mapping_->place, mapping_->function, mapping_->qualifier}, payload,
          service_.deps.random.uuid());
      if (invoked) {
        co_return judge(invoked->outcome, identifiers, std::move(receipts));
      }
      // Throttled: tried again for as long as the messages are surely this mapping's.
      const bool throttled = invoked.error().status == 429;
      const auto held = service_.deps.clock.monotonic() - begun + pause;
      if (!throttled || stop.stop_requested() || held > limits::kLambdaMappingHold) {
        result_->set(kCallFailed);
        co_return std::vector<std::string>();
      }
      co_await sleep_for(pause, stop);
      pause = std::min(pause * 2, kPauseMax);
    }
  }

  std::vector<std::string> judge(const InvokeOutcome& outcome,
                                 const std::vector<std::string>& identifiers,
                                 std::vector<std::string> receipts) const {
    using Kind = stream::BatchResponse::Kind;
    result_->set(outcome.function_error.empty() ? "OK" : kCallFailed);
    if (!outcome.function_error.empty()) return {};
    if (!mapping_->partial_failures) return receipts;
    const auto response =
        stream::read_batch_response(outcome.payload, identifiers, stream::Expected::kYes);
    if (response.kind == Kind::kMalformed) return {};
    for (auto failed = response.failed.rbegin(); failed != response.failed.rend(); ++failed) {
      receipts.erase(receipts.begin() + static_cast<std::ptrdiff_t>(*failed));
    }
    return receipts;
  }

  // What cannot be deleted comes again.
  Task<void> remove(std::vector<std::string> receipts) {
    for (std::size_t first = 0; first < receipts.size(); first += kReceiveMax) {
      sqs::api::DeleteMessageBatchRequest input;
      input.queue_url = url_;
      for (std::size_t i = first; i < std::min(first + kReceiveMax, receipts.size()); ++i) {
        input.entries.push_back({std::to_string(i), std::move(receipts[i])});
      }
      for (int attempt = 1; attempt <= kDeleteAttempts; ++attempt) {
        const auto deleted = co_await client_.delete_message_batch(context_, input);
        if (deleted) break;
        log::warning("lambda", "messages could not be deleted",
                     {{"mapping", mapping_->uuid}, {"error", deleted.error().message}});
        co_await sleep_for(kPauseFirst, gate_.stop_token());
      }
    }
  }

  Service& service_;
  const std::shared_ptr<const Mapping> mapping_;
  const std::shared_ptr<MappingResult> result_;
  const protocol::Context context_;
  const EventSource source_;
  const std::string url_;
  const sqs::Client client_;
  const std::size_t busy_max_;
  MappingFilters filters_;
  std::deque<Taken> carried_;  // Received and not yet in a batch; the poller's.
  std::atomic<std::size_t> busy_{0};
  Notifier changed_;
  Gate gate_;
};

}  // namespace

std::unique_ptr<MappingRun> make_queue_run(Service& service, std::shared_ptr<const Mapping> mapping,
                                           std::shared_ptr<MappingResult> result,
                                           std::string role_arn) {
  return std::make_unique<QueueRun>(service, std::move(mapping), std::move(result),
                                    std::move(role_arn));
}

}  // namespace penstock::lambda
