// Reading one shard into batches. Sending them is in delivery.cc.
#include "services/pipes/lane.h"

#include <algorithm>

#include "base/limits.h"
#include "base/log.h"
#include "services/pipes/runner.h"

namespace penstock::pipes {
namespace {

// An idle reader asks this often, so that its iterator stays valid.
constexpr std::chrono::seconds kIdle{20};
constexpr std::size_t kPageRecords = 1000;
constexpr std::chrono::milliseconds kBehindPause{200};

}  // namespace

Lane::Lane(LaneSetting setting, std::string shard, Position position, std::string iterator)
    : setting_(std::move(setting)),
      shard_(std::move(shard)),
      producer_(producer_id(setting_.config, shard_)),
      arrivals_key_(protocol::arrivals_key(setting_.config.source, shard_)),
      arrivals_(setting_.config.source_kind == SourceKind::kDynamoDbStream
                    ? setting_.deps.dynamodb_arrivals
                    : setting_.deps.kinesis_arrivals),
      target_(setting_.deps.kinesis),
      role_(role_context(setting_.config)),
      transform_(setting_.config),
      position_(std::move(position)),
      iterator_(std::move(iterator)) {}

Task<bool> Lane::run() {
  while (!stopping()) {
    if (iterator_.empty() && !co_await open()) {
      co_await back_off();
      continue;
    }
    const std::uint64_t seen =
        arrivals_.version(arrivals_key_);  // Before looking, so as to miss nothing.
    if (!co_await read_page()) {
      co_await back_off();
      continue;
    }
    if (co_await hand_over(ended_) == Outcome::kStopped) break;
    if (ended_) {
      if (co_await finish()) co_return true;
    } else if (idle_) {
      co_await wait(seen);
    }
  }
  co_return false;
}

Task<bool> Lane::open() {
  skip_old_ = position_.start == "LATEST" && position_.sequence.empty();
  auto iterator = co_await setting_.source.open(shard_, position_);
  if (!iterator) {
    ++setting_.stats.source_errors;
    setting_.stats.set_error(iterator.error().code + ": " + iterator.error().message);
    // What was read last is trimmed away: go on with the oldest that there is.
    if (iterator.error().code == "TrimmedDataAccessException") {
      log::warning("pipe", "records were trimmed before they were read",
                   {{"pipe", setting_.config.name}, {"shard", shard_}});
      position_.sequence.clear();
      position_.start = "TRIM_HORIZON";
    }
    co_return false;
  }
  iterator_ = std::move(*iterator);
  co_return true;
}

Task<bool> Lane::read_page() {
  auto page = co_await setting_.source.read(iterator_, kPageRecords);
  idle_ = false;
  if (!page) {
    // The buffer holds what follows the position; a new iterator starts at the position again.
    iterator_.clear();
    buffer_.clear();
    buffer_bytes_ = 0;
    const std::string& code = page.error().code;
    if (code == "ExpiredIteratorException") co_return true;
    if (code == "TrimmedDataAccessException") {
      position_.sequence.clear();
      position_.start = "TRIM_HORIZON";
    }
    ++setting_.stats.source_errors;
    setting_.stats.set_error(code + ": " + page.error().message);
    co_return false;
  }
  failures_in_a_row_ = 0;
  ended_ = !page->next.has_value();
  idle_ = page->records.empty() && page->millis_behind == 0;
  // AWS answers empty pages on the way to what is there: ask again, but not without a pause.
  if (page->records.empty() && page->millis_behind > 0) {
    co_await sleep_for(kBehindPause, setting_.stop);
  }
  iterator_ = std::move(page->next).value_or("");
  take(std::move(page->records));
  co_return true;
}

void Lane::take(std::vector<SourceRecord> records) {
  if (!records.empty() && buffer_.empty()) buffered_since_ = setting_.deps.clock.monotonic();
  for (SourceRecord& record : records) {
    // Creation times are whole seconds: those of the second in which LATEST was decided are read,
    // as AWS may do, too.
    if (skip_old_ && record.created.seconds() < position_.anchor.seconds()) continue;
    buffer_bytes_ += record.json.size();
    buffer_.push_back(std::move(record));
  }
}

bool Lane::batch_is_due(bool force) const {
  if (buffer_.empty()) return false;
  const SourceSettings& settings = setting_.config.settings;
  if (force || settings.window_seconds == 0) return true;
  if (buffer_.size() >= static_cast<std::size_t>(settings.batch_size)) return true;
  if (buffer_bytes_ >= limits::kPipePayloadMax) return true;
  const auto waited = setting_.deps.clock.monotonic() - buffered_since_;
  return waited >= std::chrono::seconds(settings.window_seconds);
}

Task<void> Lane::wait(std::uint64_t seen) {
  std::chrono::microseconds timeout = kIdle;
  if (!buffer_.empty()) {
    const auto window = std::chrono::seconds(setting_.config.settings.window_seconds);
    const auto waited = setting_.deps.clock.monotonic() - buffered_since_;
    timeout =
        std::clamp<std::chrono::microseconds>(window - waited, std::chrono::milliseconds(1), kIdle);
  }
  co_await arrivals_.wait_beyond(arrivals_key_, seen, timeout, setting_.stop);
}

Task<Lane::Outcome> Lane::hand_over(bool force) {
  const auto batch_size = static_cast<std::size_t>(setting_.config.settings.batch_size);
  while (batch_is_due(force)) {
    if (stopping()) co_return Outcome::kStopped;
    std::vector<SourceRecord> batch;
    batch.reserve(std::min(batch_size, buffer_.size()));
    std::size_t bytes = 0;
    while (!buffer_.empty() && batch.size() < batch_size) {
      const std::size_t size = buffer_.front().json.size();
      if (!batch.empty() && bytes + size > limits::kPipePayloadMax) break;
      bytes += size;
      batch.push_back(std::move(buffer_.front()));
      buffer_.pop_front();
    }
    buffer_bytes_ -= bytes;
    buffered_since_ = setting_.deps.clock.monotonic();
    if (co_await deliver(std::move(batch)) == Outcome::kStopped) co_return Outcome::kStopped;
  }
  co_return Outcome::kDone;
}

Task<void> Lane::back_off() {
  const int doublings = std::min(failures_in_a_row_++, 8);
  const std::chrono::milliseconds delay(100LL << doublings);
  co_await sleep_for(delay, setting_.stop);
}

// The end of the shard is stored before its children begin.
Task<bool> Lane::finish() {
  position_.finished = true;
  storage::Batch batch;
  put_position(batch, setting_.config.id, shard_, position_);
  const Status durable = co_await setting_.deps.store.commit(std::move(batch));
  if (durable) co_return true;
  position_.finished = false;
  ended_ = false;
  setting_.stats.set_error(durable.error().message);
  co_await back_off();
  co_return false;
}

}  // namespace penstock::pipes
