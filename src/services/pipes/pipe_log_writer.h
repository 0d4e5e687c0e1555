// Writing the log of a running pipe to its destinations, behind the pipe: it never waits for its
// log.
//
// Records wait in memory, up to a stated limit; beyond it the newest are dropped and counted in the
// server's log. As on AWS, the log is delivered by the service and not as the pipe's role.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "async/gate.h"
#include "async/notifier.h"
#include "protocol/caller.h"
#include "services/pipes/pipe.h"
#include "services/pipes/pipe_log.h"

namespace penstock::pipes {

class PipeLogWriter {
 public:
  // Without log settings, or with the level OFF, nothing is ever written.
  PipeLogWriter(const TargetCallers& callers, const PipeConfig& config);

  void start(Executor& executor);
  // Writes what waits, as far as that succeeds at once. The gate of stop() and close() is its own.
  Task<void> stop();
  void close();

  bool wants(LogStep step) const { return step_level(step) <= level_ && level_ != LogLevel::kOff; }
  bool with_data() const { return with_data_; }
  // Thread-safe.
  void add(LogRecord record);

 private:
  struct Line {
    Timestamp at;
    std::string text;
  };

  Task<void> run();
  std::vector<Line> take();
  Task<void> write(std::vector<Line> lines);
  Task<void> write_logs(std::vector<Line> lines);
  Task<void> write_firehose(std::vector<Line> lines);
  void note(std::string_view what, const protocol::ApiError& error) const;

  const TargetCallers callers_;
  const LogSettings settings_;
  const LogLevel level_;
  const bool with_data_;
  const Place place_;
  const std::string pipe_;
  Gate gate_;
  Notifier waiting_;
  std::mutex mutex_;
  std::deque<Line> lines_;     // Guarded by mutex_.
  std::size_t bytes_ = 0;      // Guarded by mutex_.
  std::uint64_t dropped_ = 0;  // Guarded by mutex_.
};

}  // namespace penstock::pipes
