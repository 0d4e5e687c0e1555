// Loading the queues at start, erasing what has expired while the server runs, and the tables that
// the whole service shares.
#include "services/sqs/sqs.h"

#include <algorithm>

#include "async/runners.h"
#include "base/cipher.h"
#include "services/sqs/move_runner.h"
#include "services/sqs/store.h"
#include "services/sqs/traffic.h"

namespace penstock::sqs {
namespace {

constexpr std::chrono::seconds kNameRest{60};  // Before a name may be used again.

using TaskKey = std::pair<Place, std::string>;
TaskKey key_of(const MoveTask& task) { return {task.place, task.id}; }

Result<std::shared_ptr<LiveQueue>> load(const Dependencies& deps, QueueConfig config) {
  TRY(const std::uint64_t reserved, load_reserved(deps.store, config.id));
  auto queue = std::make_shared<LiveQueue>(std::move(config), reserved);
  const std::int64_t now = deps.clock.now().millis();
  TRY_VOID(scan_states(deps.store, queue->id, [&](StoredState stored) {
    queue->backlog.add(stored.key, stored.state, stored.group, now);
    queue->last_sent_millis = std::max(queue->last_sent_millis, stored.key.sent_millis);
  }));
  TRY_VOID(
      scan_deduplication(deps.store, queue->id, [&](const DeduplicationKey& key, SentBefore sent) {
        queue->last_sent_millis = std::max(queue->last_sent_millis, sent.key.sent_millis);
        queue->deduplication.add(key, std::move(sent));
        queue->deduplication_stored = true;
      }));
  return queue;
}

}  // namespace

void DeletedNames::add(const QueueName& name, Timestamp at) {
  const std::scoped_lock lock(mutex_);
  names_.insert_or_assign({name.place, name.name}, at);
}

bool DeletedNames::is_recent(const QueueName& name, Timestamp now) const {
  const std::scoped_lock lock(mutex_);
  const auto found = names_.find({name.place, name.name});
  return found != names_.end() && now < found->second + kNameRest;
}

std::vector<QueueName> DeletedNames::take_old(Timestamp now) {
  const std::scoped_lock lock(mutex_);
  std::vector<QueueName> old;
  std::erase_if(names_, [&](const auto& entry) {
    if (now < entry.second + kNameRest) return false;
    old.push_back({entry.first.first, entry.first.second});
    return true;
  });
  return old;
}

void MoveTasks::insert(MoveTask task) {
  const std::scoped_lock lock(mutex_);
  const TaskKey key = key_of(task);
  tasks_.insert_or_assign(key, std::move(task));
}

std::optional<MoveTask> MoveTasks::find(const Place& place, std::string_view id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = tasks_.find({place, std::string(id)});
  return found == tasks_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<MoveTask> MoveTasks::running(std::string_view source_arn) const {
  const std::scoped_lock lock(mutex_);
  for (const auto& [key, task] : tasks_) {
    const bool active =
        task.status == MoveStatus::kRunning || task.status == MoveStatus::kCancelling;
    if (active && task.source_arn == source_arn) return task;
  }
  return std::nullopt;
}

std::vector<MoveTask> MoveTasks::list(const Place& place, std::string_view source_arn) const {
  std::vector<MoveTask> listed;
  for (MoveTask& task : all()) {
    if (task.place == place && task.source_arn == source_arn) listed.push_back(std::move(task));
  }
  std::ranges::sort(listed, std::greater(), &MoveTask::started);
  return listed;
}

void MoveTasks::advance(const MoveTask& task) {
  const std::scoped_lock lock(mutex_);
  const auto found = tasks_.find(key_of(task));
  if (found != tasks_.end()) found->second.moved = task.moved;
}

bool MoveTasks::cancel(const MoveTask& task) {
  const std::scoped_lock lock(mutex_);
  const auto found = tasks_.find(key_of(task));
  if (found == tasks_.end() || found->second.status != MoveStatus::kRunning) return false;
  found->second.status = MoveStatus::kCancelling;
  return true;
}

void MoveTasks::erase(const MoveTask& task) {
  const std::scoped_lock lock(mutex_);
  tasks_.erase(key_of(task));
}

std::vector<MoveTask> MoveTasks::all() const {
  const std::scoped_lock lock(mutex_);
  std::vector<MoveTask> tasks;
  for (const auto& [key, task] : tasks_) tasks.push_back(task);
  return tasks;
}

Service::Service(Dependencies dependencies, Options options_)
    : deps(dependencies), options(options_) {}

Status Service::start() {
  TRY(std::vector<QueueConfig> configs, load_queues(deps.store));
  for (QueueConfig& config : configs) {
    if (config.data_key.empty()) {  // Stored before messages were sealed.
      config.data_key = new_data_key();
      storage::Batch batch;
      put_queue(batch, config);
      TRY_VOID(deps.store.commit_blocking(std::move(batch)));
    }
    TRY(std::shared_ptr<LiveQueue> queue, load(deps, std::move(config)));
    queues.insert(std::move(queue));
  }
  TRY(const std::vector<DeletedQueue> names, load_deleted(deps.store));
  for (const DeletedQueue& each : names) deleted.add(each.name, each.at);
  TRY(std::vector<MoveTask> stored, load_tasks(deps.store));
  for (const MoveTask& task : stored) {
    tasks.insert(task);
    if (task.status != MoveStatus::kRunning) continue;
    gate.spawn(deps.runtime.next_loop(), run_move_task(*this, task));
  }
  deps.runtime.runners().start_every(
      gate, deps.runtime.next_loop(), "sqs/retention", options.sweep_interval,
      [this] { return run_blocking(deps.runtime, [this] { return sweep(*this); }); });
  return {};
}

void Service::stop() { gate.close(); }

Status sweep(Service& service) {
  const Timestamp now = service.deps.clock.now();
  for (const std::shared_ptr<LiveQueue>& queue : service.queues.all()) {
    const std::scoped_lock lock(queue->mutex);
    if (queue->gone) continue;
    storage::Batch batch;
    settle(service, *queue, batch);
    if (queue->fifo) {
      queue->deduplication.advance(now.millis());
      if (queue->deduplication_stored) {
        erase_deduplication(batch, queue->id, now.millis() - kDeduplicationMillis);
      }
      queue->deduplication_stored = queue->deduplication.size() > 0;
    }
    // Not waited for: what is lost of it by a crash is erased again.
    if (!batch.empty()) TRY_VOID(submit(service.deps.store, std::move(batch)));
  }
  storage::Batch batch;
  for (const QueueName& name : service.deleted.take_old(now)) erase_deleted(batch, name);
  if (!batch.empty()) TRY_VOID(submit(service.deps.store, std::move(batch)));
  return {};
}

std::vector<QueueStats> stats(Service& service) {
  std::vector<QueueStats> all;
  const std::int64_t now = service.deps.clock.now().millis();
  for (const std::shared_ptr<LiveQueue>& queue : service.queues.all()) {
    const std::scoped_lock lock(queue->mutex);
    queue->backlog.advance(now);
    QueueStats& entry = all.emplace_back();
    entry.arn = queue->arn;
    entry.counts = queue->backlog.counts();
    if (const auto oldest = queue->backlog.oldest_sent_millis()) {
      entry.oldest_age_seconds = (now - *oldest) / 1000;
    }
  }
  return all;
}

}  // namespace penstock::sqs
