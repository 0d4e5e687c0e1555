// The map behind READY, RUNNING and STOPPING.
#include "services/glue/running.h"

#include "base/limits.h"

namespace penstock::glue {

BeginOutcome RunningCrawls::begin(const Place& place, const std::string& crawler,
                                  std::shared_ptr<RunningCrawl> crawl) {
  const std::scoped_lock lock(mutex_);
  std::string key = crawler_key(place, crawler);
  if (crawls_.contains(key)) return BeginOutcome::kRunning;
  if (crawls_.size() >= limits::kGlueCrawls) return BeginOutcome::kTooMany;
  crawls_.emplace(std::move(key), std::move(crawl));
  return BeginOutcome::kBegun;
}

void RunningCrawls::end(const Place& place, const std::string& crawler) {
  const std::scoped_lock lock(mutex_);
  crawls_.erase(crawler_key(place, crawler));
}

StopOutcome RunningCrawls::stop(const Place& place, const std::string& crawler) {
  const std::scoped_lock lock(mutex_);
  const auto found = crawls_.find(crawler_key(place, crawler));
  if (found == crawls_.end()) return StopOutcome::kNotRunning;
  return found->second->stop_requested.exchange(true) ? StopOutcome::kAlreadyStopping
                                                      : StopOutcome::kRequested;
}

std::shared_ptr<RunningCrawl> RunningCrawls::find(const Place& place,
                                                  const std::string& crawler) const {
  const std::scoped_lock lock(mutex_);
  const auto found = crawls_.find(crawler_key(place, crawler));
  return found == crawls_.end() ? nullptr : found->second;
}

}  // namespace penstock::glue
