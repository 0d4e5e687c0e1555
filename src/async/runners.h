// Runners: the list of the background work that goes on for as long as its owner lives (retention,
// pipes, delivery lanes, schedules), and what keeps it going.
//
// Work is spawned into its owner's gate, which is also what ends it. Work that fails is logged,
// shown in the list, and begun again after a pause of a second, twice that at each failure in a
// row, at most kRestartPauseMax. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <vector>

#include "async/gate.h"
#include "base/result.h"

namespace penstock {

struct RunnerView {
  std::string name;            // "kinesis/retention", "<pipe's ARN> <shard>"
  std::uint64_t failures = 0;  // Since it was started.
  std::string last_error;      // Of the last run that ended; empty when it ended well.
};

class Runners {
 public:
  static constexpr std::chrono::seconds kRestartPauseMax{30};
  // A coroutine's start, not a coroutine itself: what it refers to must outlive the gate.
  using Body = std::function<Task<Status>()>;

  // Runs `body` until it ends well or the gate closes. False when the gate is closed already.
  bool start(Gate& gate, Executor& executor, std::string name, Body body);
  // Runs `body` each `interval`, first after one interval, until the gate closes.
  bool start_every(Gate& gate, Executor& executor, std::string name,
                   std::chrono::microseconds interval, Body body);
  std::vector<RunnerView> list() const;  // In the order of their start.

 private:
  using Entry = std::list<RunnerView>::iterator;
  Entry enter(std::string name);
  void leave(Entry entry);
  // Notes how a run ended.
  void note(Entry entry, const Status& status);
  Task<void> keep_running(Entry entry, Body body, std::stop_token stop);
  Task<void> keep_repeating(Entry entry, std::chrono::microseconds interval, Body body,
                            std::stop_token stop);

  mutable std::mutex mutex_;
  std::list<RunnerView> entries_;
};

}  // namespace penstock
