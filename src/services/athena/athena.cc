// Start, stop, and the line of queries.
#include "services/athena/athena.h"

#include "base/limits.h"
#include "services/athena/run.h"
#include "sql/engine.h"

namespace penstock::athena {

bool Running::admit(Job job, std::optional<Job>& start) {
  const std::lock_guard lock(mutex_);
  if (running_.size() < max_) {
    running_[job.id] = job.stop;
    start = std::move(job);
    return true;
  }
  if (waiting_.size() >= limits::kAthenaQueuedQueries) return false;
  waiting_.push_back(std::move(job));
  return true;
}

std::optional<Running::Job> Running::finish(const std::string& id) {
  const std::lock_guard lock(mutex_);
  running_.erase(id);
  if (waiting_.empty()) return std::nullopt;
  Job next = std::move(waiting_.front());
  waiting_.pop_front();
  running_[next.id] = next.stop;
  return next;
}

std::optional<Running::Job> Running::stop(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(id);
  if (found != running_.end()) {
    found->second->request_stop();
    return std::nullopt;
  }
  for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
    if (at->id != id) continue;
    Job job = std::move(*at);
    waiting_.erase(at);
    return job;
  }
  return std::nullopt;
}

void Running::stop_all() {
  const std::lock_guard lock(mutex_);
  waiting_.clear();  // Recorded as failed at the next start.
  for (const auto& [id, stop] : running_) stop->request_stop();
}

Service::Service(Dependencies dependencies, Options given)
    : deps(dependencies), options(given), running(given.running_max) {}

Service::~Service() = default;

Status Service::start() {
  TRY(engine, sql::Engine::open({.threads = options.engine_threads,
                                 .memory_bytes = options.engine_memory_bytes}));
  TRY(const auto unfinished, unfinished_executions(deps.store));
  for (const Unfinished& which : unfinished) {
    TRY_VOID(fail_execution(deps.store, which, deps.clock.now()));
  }
  return {};
}

void Service::stop() {
  gate.request_stop();
  running.stop_all();
  gate.close();
}

}  // namespace penstock::athena
