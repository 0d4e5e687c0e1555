// Carries what functions print to CloudWatch Logs, as the functions' own roles, without making
// anyone wait.
//
// Batches queue up (bounded; what does not fit is dropped and counted in the log) and one task at a
// time writes them through the Logs client, creating groups and streams as needed. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <set>
#include <string>

#include "async/gate.h"
#include "base/clock.h"
#include "gen/logs/client.h"
#include "services/lambda/engine.h"

namespace penstock::lambda {

class LogWriter {
 public:
  // `logs` may be null: logs then go nowhere.
  LogWriter(Runtime& runtime, protocol::Caller* logs) : runtime_(runtime), caller_(logs) {}

  void write(LogBatch batch);
  // Writes what is queued, then takes no more. From an ordinary thread.
  void stop() { gate_.close(); }

 private:
  Task<void> drain();
  Task<bool> make_stream(const LogBatch& batch);
  Task<void> put(const LogBatch& batch);
  Task<void> put_chunk(const LogBatch& batch, std::size_t begin, std::size_t end);

  Runtime& runtime_;
  protocol::Caller* const caller_;
  Gate gate_;
  std::mutex mutex_;  // Guards what follows.
  std::deque<LogBatch> queue_;
  std::size_t queued_bytes_ = 0;
  std::uint64_t dropped_ = 0;
  bool draining_ = false;
  std::set<std::string> known_streams_;  // Of the draining task.
};

}  // namespace penstock::lambda
