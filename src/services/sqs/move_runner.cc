// One message after the other, each in one batch with the progress of the task: so a message is in
// one of the two queues and counted once, whenever the process dies.
#include "services/sqs/move_runner.h"

#include <chrono>

#include "async/executor.h"
#include "base/crash_points.h"
#include "base/limits.h"
#include "base/log.h"
#include "services/sqs/sqs.h"
#include "services/sqs/store.h"
#include "services/sqs/traffic.h"

namespace penstock::sqs {
namespace {

constexpr std::string_view kNoQueue = "AWS.SimpleQueueService.NonExistentQueue";

struct NextMove {
  MessageKey key;
  std::string destination_arn;
};

// The next message of the source and where it goes; nullopt when none is visible.
Result<std::optional<NextMove>> find_next(Service& service, LiveQueue& source,
                                          const MoveTask& task) {
  const std::scoped_lock lock(source.mutex);
  storage::Batch batch;
  settle(service, source, batch);
  if (!batch.empty()) (void)submit(service.deps.store, std::move(batch));
  const auto entry = source.backlog.peek();
  if (!entry) return std::nullopt;
  NextMove next{entry->key, task.destination_arn};
  if (next.destination_arn.empty()) {
    TRY(const std::optional<Message> message,
        read_message(service.deps.store, *source.config(), entry->key));
    if (message) next.destination_arn = message->dead_letter_source;
  }
  return next;
}

struct MoveStep {
  std::optional<storage::Commit> commit;
  std::uint64_t sequence = 0;  // Of the message in its new queue; 0: nothing was moved.
};

Result<MoveStep> move_one(Service& service, LiveQueue& source, LiveQueue& destination,
                          MessageKey key, MoveTask& task) {
  const std::scoped_lock lock(source.mutex, destination.mutex);
  MoveStep step;
  const auto entry = source.backlog.find(key);
  if (source.gone || destination.gone || !entry || source.backlog.is_hidden(key)) return step;
  const MessageState before = entry->state;
  const std::string group = entry->group != nullptr ? *entry->group : std::string();
  storage::Batch batch;
  const Moving how{.fresh_id = service.deps.random.uuid()};
  TRY(const bool moved, move_message(service, source, destination, key, how, batch));
  if (moved) {
    ++task.moved;
    step.sequence = destination.pending.back().key.sequence;
  }
  put_task(batch, task);
  crash_point("sqs.move");
  Result<storage::Commit> commit = submit(service.deps.store, std::move(batch));
  if (!commit) {
    if (moved) {
      --task.moved;
      take_back(destination);
      source.backlog.add(key, before, group, service.deps.clock.now().millis());
    }
    return std::unexpected(commit.error());
  }
  step.commit.emplace(std::move(*commit));
  return step;
}

// True when the task goes on.
Task<Result<bool>> make_step(Service& service, MoveTask& task) {
  const QueuePtr source = service.queues.find_arn(task.source_arn);
  if (!source) {
    task.status = MoveStatus::kFailed;
    task.failure = kNoQueue;
    co_return false;
  }
  CO_TRY(const std::optional<NextMove> next, find_next(service, *source, task));
  if (!next) {
    task.status = MoveStatus::kCompleted;
    co_return false;
  }
  if (next->destination_arn.empty()) {  // It was sent to the dead-letter queue itself.
    task.status = MoveStatus::kFailed;
    task.failure = "CouldNotDetermineMessageSource";
    co_return false;
  }
  const QueuePtr destination = service.queues.find_arn(next->destination_arn);
  if (!destination || destination == source || destination->fifo != source->fifo) {
    task.status = MoveStatus::kFailed;
    task.failure = kNoQueue;
    co_return false;
  }
  CO_TRY(MoveStep step, move_one(service, *source, *destination, next->key, task));
  if (step.commit) CO_TRY_VOID(co_await step.commit->durable());
  if (step.sequence > 0) publish(service, *destination, step.sequence);
  co_return true;
}

}  // namespace

void put_listed_task(Service& service, storage::Batch& batch, const MoveTask& task) {
  put_task(batch, task);
  const std::vector<MoveTask> known = service.tasks.list(task.place, task.source_arn);
  for (std::size_t i = limits::kSqsMoveTasksListed; i < known.size(); ++i) {
    if (known[i].id == task.id) continue;
    erase_task(batch, known[i]);
    service.tasks.erase(known[i]);
  }
}

Task<void> run_move_task(Service& service, MoveTask task) {
  const std::stop_token stop = service.gate.stop_token();
  while (!stop.stop_requested()) {
    const auto known = service.tasks.find(task.place, task.id);
    if (known && known->status == MoveStatus::kCancelling) {
      task.status = MoveStatus::kCancelled;
      break;
    }
    const Result<bool> goes_on = co_await make_step(service, task);
    if (!goes_on) {
      log::error("sqs", "message move task failed", {{"error", goes_on.error().message}});
      task.status = MoveStatus::kFailed;
      task.failure = "InternalError";
      break;
    }
    if (!*goes_on) break;
    service.tasks.advance(task);
    if (task.per_second_max > 0) {
      co_await sleep_for(std::chrono::microseconds(1'000'000 / task.per_second_max), stop);
    }
  }
  if (task.status == MoveStatus::kRunning) co_return;
  storage::Batch batch;
  put_listed_task(service, batch, task);
  service.tasks.insert(task);
  const Status stored = co_await service.deps.store.commit(std::move(batch));
  if (!stored) log::error("sqs", "message move task", {{"error", stored.error().message}});
}

}  // namespace penstock::sqs
