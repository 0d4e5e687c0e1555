// The crawlers that have a schedule, and which of them are due.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "services/glue/cron.h"
#include "services/glue/keys.h"

namespace penstock::glue {

struct DueCrawler {
  Place place;
  std::string name;
};

// Thread-safe. Times that pass while the server is down are not made up for, as on AWS.
class Schedules {
 public:
  void set(const Place& place, const std::string& crawler, const Cron& cron, Timestamp now);
  void erase(const Place& place, const std::string& crawler);
  // Each crawler whose time has come, once however late it is.
  std::vector<DueCrawler> take_due(Timestamp now);

 private:
  struct Entry {
    DueCrawler crawler;
    Cron cron;
    std::optional<Timestamp> next;
  };
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // By crawler key.
};

}  // namespace penstock::glue
