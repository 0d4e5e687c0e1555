// Which crawlers run right now. Kept in memory: after a restart none does.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "services/glue/keys.h"

namespace penstock::glue {

struct RunningCrawl {
  std::string id;
  Timestamp start;
  std::atomic<bool> stop_requested = false;
};

enum class StopOutcome : std::uint8_t { kRequested, kNotRunning, kAlreadyStopping };
enum class BeginOutcome : std::uint8_t { kBegun, kRunning, kTooMany };

// Thread-safe.
class RunningCrawls {
 public:
  BeginOutcome begin(const Place& place, const std::string& crawler,
                     std::shared_ptr<RunningCrawl> crawl);
  void end(const Place& place, const std::string& crawler);
  StopOutcome stop(const Place& place, const std::string& crawler);
  std::shared_ptr<RunningCrawl> find(const Place& place, const std::string& crawler) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<RunningCrawl>> crawls_;  // By crawler key.
};

}  // namespace penstock::glue
