// Schedules as a map from crawler to its next time.
#include "services/glue/schedule.h"

namespace penstock::glue {

void Schedules::set(const Place& place, const std::string& crawler, const Cron& cron,
                    Timestamp now) {
  const std::scoped_lock lock(mutex_);
  entries_.insert_or_assign(crawler_key(place, crawler),
                            Entry{{place, crawler}, cron, cron.next_after(now)});
}

void Schedules::erase(const Place& place, const std::string& crawler) {
  const std::scoped_lock lock(mutex_);
  entries_.erase(crawler_key(place, crawler));
}

std::vector<DueCrawler> Schedules::take_due(Timestamp now) {
  const std::scoped_lock lock(mutex_);
  std::vector<DueCrawler> due;
  for (auto& [key, entry] : entries_) {
    if (!entry.next || *entry.next > now) continue;
    due.push_back(entry.crawler);
    entry.next = entry.cron.next_after(now);
  }
  return due;
}

}  // namespace penstock::glue
