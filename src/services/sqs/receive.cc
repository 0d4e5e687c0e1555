// Receiving: choosing messages, hiding them, moving to the dead-letter queue what was received too
// often. A long poll sleeps until something is sent, comes due, or its time is over.
#include <algorithm>
#include <chrono>

#include "base/crash_points.h"
#include "base/limits.h"
#include "services/sqs/errors.h"
#include "services/sqs/sqs.h"
#include "services/sqs/store.h"
#include "services/sqs/traffic.h"

namespace penstock::sqs {
namespace {

struct Taken {
  MessageKey key;
  MessageState state;
  MessageState before;
};

// What was moved, to be undone when the store refuses the batch.
struct MovedAway {
  MessageKey key;
  MessageState before;
  std::string group;
};

struct Take {
  std::vector<Taken> taken;
  std::vector<MovedAway> moved;
  std::optional<storage::Commit> commit;
  std::uint64_t moved_sequence = 0;             // The newest in the dead-letter queue.
  std::optional<std::int64_t> next_due_millis;  // When something hidden comes back.
};

class Taker {
 public:
  Taker(Service& service, LiveQueue& queue, LiveQueue* dead_letter, const ReceiveRequest& request)
      : service_(service),
        queue_(queue),
        dead_letter_(dead_letter),
        request_(request),
        receives_max_(queue.config()->receives_max),
        now_(service.deps.clock.now().millis()) {}

  ApiResult<Take> take() {
    if (queue_.gone) return std::unexpected(queue_not_found());
    settle(service_, queue_, batch_);
    if (!again()) TRY_VOID(choose());
    remember();
    take_.next_due_millis = queue_.backlog.next_due_millis();
    if (batch_.empty()) return std::move(take_);
    crash_point("sqs.receive");
    Result<storage::Commit> commit = submit(service_.deps.store, std::move(batch_));
    if (!commit) {
      undo();
      return std::unexpected(ApiError(commit.error()));
    }
    take_.commit.emplace(std::move(*commit));
    return std::move(take_);
  }

 private:
  // The same attempt once more gets the same messages, hidden anew, unless something has happened
  // to one of them since.
  bool again() {
    if (request_.attempt.empty()) return false;
    std::erase_if(queue_.attempts, [&](const auto& entry) {
      return entry.second.at_millis + kDeduplicationMillis <= now_;
    });
    const auto found = queue_.attempts.find(request_.attempt);
    if (found == queue_.attempts.end()) return false;
    std::vector<Taken> same;
    for (const auto& [key, token] : found->second.tokens) {
      const auto entry = queue_.backlog.find(key);
      if (!entry || entry->state.token != token || !queue_.backlog.is_hidden(key)) {
        queue_.attempts.erase(found);
        return false;
      }
      same.push_back({key, entry->state, entry->state});
      same.back().state.visible_millis = now_ + request_.visibility_millis;
    }
    for (const Taken& taken : same) hide(taken);
    return true;
  }

  void remember() {
    if (request_.attempt.empty() || take_.taken.empty()) return;
    if (queue_.attempts.size() >= limits::kSqsReceiveAttempts) return;
    ReceiveAttempt& attempt = queue_.attempts[request_.attempt];
    if (attempt.at_millis == 0) attempt.at_millis = now_;
    attempt.tokens.clear();
    for (const Taken& taken : take_.taken) {
      attempt.tokens.emplace_back(taken.key, taken.state.token);
    }
  }

  ApiResult<void> choose() {
    std::optional<std::string> group;  // That the newest message belongs to.
    while (take_.taken.size() < request_.messages_max) {
      auto entry = group ? queue_.backlog.peek(&*group) : std::nullopt;
      if (!entry) entry = queue_.backlog.peek();
      if (!entry) return {};
      if (queue_.backlog.counts().in_flight >= limits::kSqsInFlight) return check_in_flight();
      if (entry->group != nullptr) group = *entry->group;
      if (dead_letter_ != nullptr && entry->state.receives >= receives_max_) {
        TRY_VOID(move_away(*entry));
        continue;
      }
      Taken taken{entry->key, entry->state, entry->state};
      taken.state.receives++;
      taken.state.received_millis = now_;
      if (taken.state.first_received_millis == 0) taken.state.first_received_millis = now_;
      taken.state.token = service_.deps.random.next();
      taken.state.visible_millis = now_ + request_.visibility_millis;
      hide(taken);
    }
    return {};
  }

  // A long poll waits for a place, and so does every receive from a FIFO queue.
  ApiResult<void> check_in_flight() const {
    if (queue_.fifo || request_.wait_millis > 0 || !take_.taken.empty()) return {};
    return protocol::refuse("OverLimit",
                            "The maximum number of in flight messages has been reached.");
  }

  void hide(const Taken& taken) {
    const auto entry = queue_.backlog.find(taken.key);
    put_state(batch_, queue_.id, taken.key, taken.state,
              entry->group != nullptr ? *entry->group : std::string_view());
    queue_.backlog.hide(taken.key, taken.state);
    take_.taken.push_back(taken);
  }

  ApiResult<void> move_away(const Backlog::Entry& entry) {
    MovedAway moved{entry.key, entry.state, entry.group != nullptr ? *entry.group : std::string()};
    const Moving how{.dead_letter_source = queue_.arn, .keeps_time = !queue_.fifo};
    const Result<bool> done = move_message(service_, queue_, *dead_letter_, entry.key, how, batch_);
    if (!done) return std::unexpected(ApiError(done.error()));
    if (!*done) return {};
    take_.moved_sequence = dead_letter_->pending.back().key.sequence;
    take_.moved.push_back(std::move(moved));
    return {};
  }

  void undo() {
    for (const Taken& taken : take_.taken) {
      if (taken.before.visible_millis > now_) {
        queue_.backlog.hide(taken.key, taken.before);
      } else {
        queue_.backlog.show(taken.key, taken.before);
      }
    }
    for (const MovedAway& moved : take_.moved) {
      queue_.backlog.add(moved.key, moved.before, moved.group, now_);
      take_back(*dead_letter_);
    }
  }

  Service& service_;
  LiveQueue& queue_;
  LiveQueue* const dead_letter_;
  const ReceiveRequest& request_;
  const std::uint32_t receives_max_;
  const std::int64_t now_;
  storage::Batch batch_;
  Take take_;
};

// Not a coroutine: the locks are held from the first decision to the submission and no longer.
ApiResult<Take> take_now(Service& service, LiveQueue& queue, LiveQueue* dead_letter,
                         const ReceiveRequest& request) {
  if (dead_letter == nullptr) {
    const std::scoped_lock lock(queue.mutex);
    return Taker(service, queue, nullptr, request).take();
  }
  const std::scoped_lock lock(queue.mutex, dead_letter->mutex);
  if (dead_letter->gone) dead_letter = nullptr;  // Then the queue keeps its messages.
  return Taker(service, queue, dead_letter, request).take();
}

Result<std::vector<Received>> read_taken(Service& service, const LiveQueue& queue,
                                         const std::vector<Taken>& taken) {
  std::vector<Received> received;
  const auto config = queue.config();
  for (const Taken& one : taken) {
    TRY(std::optional<Message> message, read_message(service.deps.store, *config, one.key));
    if (!message) continue;  // Purged, or past its retention, in the meantime.
    received.push_back({{queue.id, one.key, one.state.token}, one.state, std::move(*message)});
  }
  return received;
}

}  // namespace

Result<bool> move_message(Service& service, LiveQueue& from, LiveQueue& to, MessageKey key,
                          const Moving& moving, storage::Batch& batch) {
  TRY(std::optional<Message> message, read_message(service.deps.store, *from.config(), key));
  from.backlog.remove(key);
  erase_message(batch, from.id, key);
  if (!message) return false;
  message->dead_letter_source = moving.dead_letter_source;
  if (!moving.fresh_id.empty()) message->id = moving.fresh_id;
  NewMessage fresh;
  fresh.encoded = encode_message(*message);
  fresh.group = message->group;
  append_message(service, to, batch, fresh, moving.keeps_time ? key.sent_millis : 0);
  return true;
}

Reply<std::vector<Received>> receive(Service& service, QueuePtr queue, ReceiveRequest request) {
  using std::chrono::microseconds;
  using std::chrono::milliseconds;
  const std::stop_token stop = service.gate.stop_token();
  const microseconds deadline = service.deps.clock.monotonic() + milliseconds(request.wait_millis);
  while (true) {
    // Read before looking: what is sent from here on wakes the wait below.
    const std::uint64_t seen = service.notifier.version(queue->arn);
    const auto config = queue->config();
    const QueuePtr dead_letter =
        config->receives_max > 0 ? service.queues.find_arn(config->dead_letter_arn) : nullptr;
    LiveQueue* const other = dead_letter == queue ? nullptr : dead_letter.get();
    CO_TRY(Take take, take_now(service, *queue, other, request));
    CO_TRY(std::vector<Received> received, read_taken(service, *queue, take.taken));
    if (take.commit) CO_TRY_VOID(co_await take.commit->durable());
    if (take.moved_sequence > 0) publish(service, *other, take.moved_sequence);
    const microseconds left = deadline - service.deps.clock.monotonic();
    if (!received.empty() || left <= microseconds(0) || stop.stop_requested()) co_return received;
    microseconds nap = left;
    if (take.next_due_millis) {
      const milliseconds due(*take.next_due_millis - service.deps.clock.now().millis());
      nap = std::min<microseconds>(nap, std::max(due, milliseconds(1)));
    }
    const bool woken = co_await service.notifier.wait_beyond(queue->arn, seen, nap, stop);
    if (!woken && nap == left) co_return received;
  }
}

}  // namespace penstock::sqs
