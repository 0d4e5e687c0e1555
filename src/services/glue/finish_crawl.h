// The end of a crawl: its log, its entry in the history, and the crawler's LastCrawl.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/glue/crawl_plan.h"
#include "services/glue/glue.h"

namespace penstock::glue {

inline constexpr std::string_view kCrawlerLogGroup = "/aws-glue/crawlers";

// The lines of one crawl, as AWS words them: "[<crawl id>] BENCHMARK : …".
class CrawlJournal {
 public:
  CrawlJournal(const Clock& clock, std::string id) : clock_(&clock), id_(std::move(id)) {}
  void add(std::string_view level, std::string_view text);
  void add_line(std::string_view line);  // With its level.
  void count(const CrawlPlan& plan);

  std::vector<LogLine> take_lines() { return std::move(lines_); }
  // The counts as they stand in ListCrawls.
  std::string summary() const;
  const CrawlPlan& counts() const { return counts_; }
  void add_summary();

 private:
  const Clock* clock_;
  std::string id_;
  std::vector<LogLine> lines_;
  CrawlPlan counts_;  // Only its numbers.
};

// "Crawler configured with SchemaChangePolicy {…}."
std::string policy_line(const api::Crawler& crawler);

struct CrawlEnd {
  bool stopped = false;
  std::string error;  // Empty when it succeeded.
};

Task<void> finish_crawl(Service& service, Catalog catalog, std::string crawler,
                        const RunningCrawl& run, protocol::Context context, CrawlJournal journal,
                        CrawlEnd end);

}  // namespace penstock::glue
