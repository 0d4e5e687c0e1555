// The rules of retrying. What the target is, the consumer knows.
#include "stream/delivery.h"

#include <algorithm>

#include "async/executor.h"
#include "base/check.h"

namespace penstock::stream {

bool is_fault(const protocol::ApiError& error) {
  constexpr std::string_view kCodes[] = {
      "ProvisionedThroughputExceededException",
      "ThrottlingException",
      "Throttling",
      "TooManyRequestsException",
      "RequestLimitExceeded",
      "LimitExceededException",
      "KMSThrottlingException",
      "ServiceUnavailable",
      "SlowDown",
      "RequestThrottled",
      "OverLimit",
  };
  return error.status >= 500 || error.status == 429 ||
         std::find(std::begin(kCodes), std::end(kCodes), error.code) != std::end(kCodes);
}

Outcome Outcome::of(const protocol::ApiError& error) {
  std::string text = error.code + ": " + error.message;
  return is_fault(error) ? fault(std::move(text)) : refused(std::move(text));
}

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::kRetryAttemptsExhausted: return "RetryAttemptsExhausted";
    case Reason::kRecordAgeExceeded: return "RecordAgeExceeded";
  }
  return "";
}

Delivery::Delivery(Consumer& consumer, const RetryRules& rules, const Clock& clock,
                   ReaderStats& stats, SubLane sub_lane, std::stop_token stop)
    : consumer_(consumer),
      rules_(rules),
      clock_(clock),
      stats_(stats),
      sub_lane_(sub_lane),
      stop_(std::move(stop)) {}

bool Delivery::too_old(const Item& item) const {
  return rules_.age_max && clock_.now() - item.record.created > *rules_.age_max;
}

bool Delivery::exhausted(std::int32_t retries) const {
  return rules_.retries_max >= 0 && retries > rules_.retries_max;
}

Task<bool> Delivery::run(std::vector<Item>& batch) {
  Piece all;
  all.reserve(batch.size());
  for (Item& item : batch) all.push_back(&item);
  if (!co_await drop_expired(all)) co_return false;
  Piece piece;
  for (Item* item : all) {
    if (item->problem.empty()) {
      piece.push_back(item);
      continue;
    }
    if (!piece.empty() && !co_await send(std::exchange(piece, {}))) co_return false;
    if (!co_await refuse(item)) co_return false;
  }
  if (!piece.empty() && !co_await send(std::move(piece))) co_return false;
  co_return true;
}

Task<bool> Delivery::refuse(Item* item) {
  stats_.set_error(item->problem + " (event " + item->record.event_id + ")");
  std::int32_t retries = 0;
  while (!exhausted(++retries)) {
    if (stop_.stop_requested()) co_return false;
    co_await pause();
    if (!too_old(*item)) continue;
    co_return co_await give_up({item}, Reason::kRecordAgeExceeded, item->problem, retries);
  }
  failures_in_a_row_ = 0;
  co_return co_await give_up({item}, Reason::kRetryAttemptsExhausted, item->problem, retries);
}

void Delivery::settle(Piece& piece, const Outcome& outcome) {
  Piece rest;
  switch (outcome.kind) {
    case Outcome::Kind::kDelivered: break;
    case Outcome::Kind::kAllFailed: return;
    case Outcome::Kind::kItemsFailed:
      for (const std::size_t index : outcome.failed) {
        CHECK(index < piece.size());
        rest.push_back(piece[index]);
      }
      break;
    case Outcome::Kind::kFailedFrom:
      CHECK(!outcome.failed.empty() && outcome.failed.front() < piece.size());
      rest.assign(piece.begin() + static_cast<std::ptrdiff_t>(outcome.failed.front()), piece.end());
      break;
  }
  for (Item* item : piece) item->fate = Fate::kDelivered;
  for (Item* item : rest) item->fate = Fate::kPending;
  piece.swap(rest);
}

void Delivery::delivered(const Item& newest) {
  failures_in_a_row_ = 0;
  stats_.set_error("");
  stats_.newest_delivered_micros = newest.record.created.micros;
  stats_.lag_micros = (clock_.now() - newest.record.created).count();
}

Task<bool> Delivery::send(Piece piece) {
  std::int32_t retries = 0;
  while (!piece.empty()) {
    if (stop_.stop_requested()) co_return false;
    ++stats_.batches;
    const Outcome outcome = co_await consumer_.deliver({piece, sub_lane_, retries, stop_});
    const Item& newest = *piece.back();
    const std::size_t before = piece.size();
    settle(piece, outcome);
    if (piece.empty()) {
      delivered(newest);
      co_return true;
    }
    ++stats_.target_errors;
    stats_.set_error(outcome.error);
    if (outcome.counted && rules_.bisect && before > 1) {
      if (piece.size() < before) {  // The target said where to cut.
        retries = 0;
        continue;
      }
      // One half after the other, so that only what is at fault is given up.
      const auto middle = piece.begin() + static_cast<std::ptrdiff_t>(piece.size() / 2);
      Piece first(piece.begin(), middle);
      piece.erase(piece.begin(), middle);
      if (!co_await send(std::move(first))) co_return false;
      retries = 0;
      continue;
    }
    if (outcome.counted && exhausted(++retries)) {
      co_return co_await give_up(std::move(piece), Reason::kRetryAttemptsExhausted, outcome.error,
                                 retries);
    }
    co_await pause();
    if (!co_await drop_expired(piece)) co_return false;
  }
  co_return true;
}

Task<bool> Delivery::drop_expired(Piece& piece) {
  if (!rules_.age_max) co_return true;
  Piece fresh, expired;
  for (Item* item : piece) (too_old(*item) ? expired : fresh).push_back(item);
  if (expired.empty()) co_return true;
  piece.swap(fresh);
  co_return co_await give_up(std::move(expired), Reason::kRecordAgeExceeded, "", 0);
}

Task<bool> Delivery::give_up(Piece piece, Reason reason, std::string error, std::int32_t attempts) {
  while (true) {
    const Status stored = co_await consumer_.give_up({piece, reason, error, attempts});
    if (stored) break;
    ++stats_.target_errors;
    stats_.set_error(stored.error().message);
    if (stop_.stop_requested()) co_return false;
    co_await pause();
  }
  for (Item* item : piece) item->fate = Fate::kFailed;
  co_return true;
}

Task<void> Delivery::pause() {
  const int doublings = std::min(failures_in_a_row_++, 20);
  const auto delay =
      std::min(rules_.pause_first * (std::int64_t{1} << doublings), rules_.pause_max);
  co_await sleep_for(delay, stop_);
}

}  // namespace penstock::stream
