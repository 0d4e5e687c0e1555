// The list is short (a few per pipeline), so that one mutex and a list are enough.
#include "async/runners.h"

#include <algorithm>

#include "base/log.h"

namespace penstock {

bool Runners::start(Gate& gate, Executor& executor, std::string name, Body body) {
  const Entry entry = enter(std::move(name));
  const bool spawned =
      gate.spawn(executor, keep_running(entry, std::move(body), gate.stop_token()));
  if (!spawned) leave(entry);
  return spawned;
}

bool Runners::start_every(Gate& gate, Executor& executor, std::string name,
                          std::chrono::microseconds interval, Body body) {
  const Entry entry = enter(std::move(name));
  const bool spawned =
      gate.spawn(executor, keep_repeating(entry, interval, std::move(body), gate.stop_token()));
  if (!spawned) leave(entry);
  return spawned;
}

std::vector<RunnerView> Runners::list() const {
  const std::scoped_lock lock(mutex_);
  return {entries_.begin(), entries_.end()};
}

Runners::Entry Runners::enter(std::string name) {
  const std::scoped_lock lock(mutex_);
  return entries_.insert(entries_.end(), RunnerView{.name = std::move(name)});
}

void Runners::leave(Entry entry) {
  const std::scoped_lock lock(mutex_);
  entries_.erase(entry);
}

void Runners::note(Entry entry, const Status& status) {
  const std::scoped_lock lock(mutex_);
  entry->last_error = status ? std::string() : status.error().message;
  if (status) return;
  ++entry->failures;
  log::warning("runner", "failed", {{"runner", entry->name}, {"error", entry->last_error}});
}

Task<void> Runners::keep_running(Entry entry, Body body, std::stop_token stop) {
  std::chrono::seconds pause{1};
  while (!stop.stop_requested()) {
    const Status status = co_await body();
    if (status || stop.stop_requested()) break;
    note(entry, status);
    co_await sleep_for(pause, stop);
    pause = std::min(pause * 2, kRestartPauseMax);
  }
  leave(entry);
}

Task<void> Runners::keep_repeating(Entry entry, std::chrono::microseconds interval, Body body,
                                   std::stop_token stop) {
  while (true) {
    co_await sleep_for(interval, stop);
    if (stop.stop_requested()) break;
    note(entry, co_await body());
  }
  leave(entry);
}

}  // namespace penstock
