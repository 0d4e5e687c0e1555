// The tumbling windows of one shard: opening and ending them, and keeping their state with the
// position.
//
// The state in the store is always that of the records up to the position in the store: a crash
// takes both back to where they were together, and what comes behind is aggregated once more.
#include <algorithm>

#include "async/executor.h"
#include "services/lambda/invoke.h"
#include "services/lambda/mapping_consumer.h"

namespace penstock::lambda {
namespace {

using stream::Outcome;

constexpr std::chrono::milliseconds kFinalPauseFirst{100};
constexpr std::chrono::milliseconds kFinalPauseMax{25'600};
// What of a request is left for a state, when it stands alone in it.
constexpr std::size_t kStateBytesMost = limits::kStreamPayloadBytes - 1024;

}  // namespace

std::chrono::seconds FunctionConsumer::window_length() const {
  return std::chrono::seconds(setting_.mapping->tumbling_seconds);
}

// A window of another length than the mapping has now is from before an update.
bool FunctionConsumer::is_over(const OpenWindow& window, Timestamp created) const {
  return window.ends_early || created >= window.end || window.end - window.start != window_length();
}

Task<bool> FunctionConsumer::enter_window(Timestamp created) {
  if (window_ && is_over(*window_, created) && !co_await end_window()) co_return false;
  if (!window_ && window_length().count() > 0) window_ = window_at(created, window_length());
  co_return true;
}

// Documented: processing is suspended until the final invocation succeeds.
Task<bool> FunctionConsumer::end_window() {
  Service& service = setting_.service;
  const Mapping& mapping = *setting_.mapping;
  if (!window_->through.empty()) {  // Else nothing of it ever got to the function.
    const auto invoked =
        co_await invoke_mapped(service, {mapping.place, mapping.function, mapping.qualifier},
                               window_payload({}, {*window_, shard_, setting_.source.arn, true}),
                               service.deps.random.uuid());
    const bool done = invoked && invoked->outcome.function_error.empty();
    setting_.result->set(done ? "OK" : kCallFailed);
    if (!done) co_return false;
  }
  window_.reset();
  window_changed_ = true;
  co_return true;
}

Outcome FunctionConsumer::take_state(const stream::Delivering& delivering, Outcome outcome,
                                     std::string_view response) {
  std::optional<std::string> state = state_of(response);
  if (!state) return Outcome::refused("the response of the function has no state");
  if (state->size() > kStateBytesMost) {
    return Outcome::refused("the state does not fit into an invocation");
  }
  const bool all = outcome.kind == Outcome::Kind::kDelivered;
  const std::size_t delivered = all ? delivering.items.size() : outcome.failed.front();
  window_->ends_early = state->size() > kWindowStateMax;
  window_->state = std::move(*state);
  through_ = delivering.items[delivered - 1]->record.sequence;
  window_->through = through_;
  window_changed_ = true;
  return outcome;
}

bool FunctionConsumer::store(storage::Batch& batch, const stream::Position& position) {
  // Of a batch of which a part was delivered the position knows nothing yet, and the state that
  // belongs to the position is gone, or its window is.
  if (stream::sequence_less(position.sequence, through_)) return false;
  if (!window_changed_) return true;
  if (window_) {
    batch.put(storage::Family::kPositions, window_key_, encode_window(*window_));
  } else {
    batch.erase(storage::Family::kPositions, window_key_);
  }
  window_changed_ = false;
  return true;
}

Status FunctionConsumer::load_window() {
  TRY(const std::optional<std::string> stored,
      setting_.service.deps.store.get(storage::Family::kPositions, window_key_));
  if (!stored) return {};
  TRY(window_, decode_window(*stored));
  return {};
}

std::optional<Timestamp> FunctionConsumer::deadline() const {
  if (!window_) return std::nullopt;
  return is_over(*window_, window_->start) ? window_->start : window_->end;
}

Task<void> FunctionConsumer::close(std::stop_token stop) {
  std::chrono::milliseconds pause = kFinalPauseFirst;
  while (window_ && !stop.stop_requested() && !co_await end_window()) {
    co_await sleep_for(pause, stop);
    pause = std::min(pause * 2, kFinalPauseMax);
  }
}

}  // namespace penstock::lambda
