// What a reader has done since the process began, for metrics. Thread-safe; the durable counters
// are in Position.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "stream/position.h"

namespace penstock::stream {

struct ReaderStats {
  std::atomic<std::uint64_t> read{0}, delivered{0}, filtered{0}, failed{0};
  std::atomic<std::uint64_t> target_errors{0}, source_errors{0};
  std::atomic<std::uint64_t> batches{0};  // Calls of the target.
  // Creation time of the newest record handed on, and its age when it was durable at the target.
  std::atomic<std::int64_t> newest_delivered_micros{0};
  std::atomic<std::int64_t> lag_micros{0};

  void add(const Counters& counters);
  std::string last_error() const;
  void set_error(std::string message);  // Empty: all is well again.

 private:
  std::atomic<bool> has_error_{false};
  mutable std::mutex mutex_;
  std::string last_error_;
};

}  // namespace penstock::stream
