// The order matters: the results are durable before the state is READY, so whoever polls for READY
// finds the tables and the LastCrawl.
#include "services/glue/finish_crawl.h"

#include <fmt/core.h>

#include "base/limits.h"
#include "base/log.h"

namespace penstock::glue {
namespace {

std::string_view status_of(const CrawlEnd& end) {
  if (!end.error.empty()) return "FAILED";
  return end.stopped ? "CANCELLED" : "SUCCEEDED";
}

std::string_view history_state_of(const CrawlEnd& end) {
  if (!end.error.empty()) return "FAILED";
  return end.stopped ? "STOPPED" : "COMPLETED";
}

StoredCrawl history_of(const std::string& crawler, const RunningCrawl& run,
                       const CrawlJournal& journal, const CrawlEnd& end, Timestamp now) {
  StoredCrawl crawl;
  crawl.history.crawl_id = run.id;
  crawl.history.state = std::string(history_state_of(end));
  crawl.history.start_time = run.start;
  crawl.history.end_time = now;
  crawl.history.summary = journal.summary();
  if (!end.error.empty()) crawl.history.error_message = end.error;
  crawl.history.log_group = std::string(kCrawlerLogGroup);
  crawl.history.log_stream = crawler;
  crawl.history.message_prefix = run.id;
  crawl.history.dpu_hour = 0;  // Nothing is billed.
  crawl.tables_created = journal.counts().created;
  crawl.tables_updated = journal.counts().updated;
  crawl.tables_deleted = journal.counts().deleted;
  return crawl;
}

api::LastCrawlInfo last_crawl_of(const std::string& crawler, const RunningCrawl& run,
                                 const CrawlEnd& end) {
  api::LastCrawlInfo last;
  last.status = std::string(status_of(end));
  if (!end.error.empty()) last.error_message = end.error;
  last.log_group = std::string(kCrawlerLogGroup);
  last.log_stream = crawler;
  last.message_prefix = run.id;
  last.start_time = run.start;
  return last;
}

// What is beyond the remembered number of crawls is forgotten.
Status forget_old(const Catalog& catalog, const std::string& crawler, storage::Batch& batch) {
  PageRequest request{{}, limits::kGlueCrawlHistory};
  TRY(const Page<StoredCrawl> kept, catalog.list_crawls(crawler, request, {}));
  if (!kept.next_token) return {};
  request.token = kept.next_token;
  TRY(const Page<StoredCrawl> old, catalog.list_crawls(crawler, request, {}));
  for (const StoredCrawl& crawl : old.items) catalog.erase_crawl(batch, crawler, crawl);
  return {};
}

Task<Status> record(Service& service, Catalog catalog, std::string crawler, api::LastCrawlInfo last,
                    StoredCrawl crawl) {
  auto turn = co_await service.enter(catalog.place());
  CO_TRY(auto stored, catalog.find_crawler(crawler, View::kLatest));
  if (!stored) co_return Status();
  storage::Batch batch;
  stored->last_crawl = std::move(last);
  catalog.put_crawler(batch, *stored);
  catalog.put_crawl(batch, crawler, crawl);
  CO_TRY_VOID(co_await run_blocking(service.deps.runtime,
                                    [&] { return forget_old(catalog, crawler, batch); }));
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  turn.leave();
  co_return co_await commit.durable();
}

}  // namespace

void CrawlJournal::add(std::string_view level, std::string_view text) {
  add_line(fmt::format("{} : {}", level, text));
}

void CrawlJournal::add_line(std::string_view line) {
  lines_.push_back({clock_->now(), fmt::format("[{}] {}", id_, line)});
}

void CrawlJournal::count(const CrawlPlan& plan) {
  counts_.created += plan.created;
  counts_.updated += plan.updated;
  counts_.deleted += plan.deleted;
  counts_.partitions_created += plan.partitions_created;
  counts_.partitions_updated += plan.partitions_updated;
  counts_.partitions_deleted += plan.partitions_deleted;
}

std::string CrawlJournal::summary() const {
  return fmt::format(R"({{"TABLE":{{"ADD":{},"UPDATE":{},"DELETE":{}}},)"
                     R"("PARTITION":{{"ADD":{},"UPDATE":{},"DELETE":{}}}}})",
                     counts_.created, counts_.updated, counts_.deleted, counts_.partitions_created,
                     counts_.partitions_updated, counts_.partitions_deleted);
}

void CrawlJournal::add_summary() {
  const auto section = [this](std::string_view what, std::uint32_t added, std::uint32_t updated,
                              std::uint32_t deleted) {
    if (added + updated + deleted == 0) return;
    add("INFO", fmt::format("Run Summary For {}:", what));
    if (added > 0) add("INFO", fmt::format("ADD: {}", added));
    if (updated > 0) add("INFO", fmt::format("UPDATE: {}", updated));
    if (deleted > 0) add("INFO", fmt::format("DELETE: {}", deleted));
  };
  section("TABLE", counts_.created, counts_.updated, counts_.deleted);
  section("PARTITION", counts_.partitions_created, counts_.partitions_updated,
          counts_.partitions_deleted);
}

std::string policy_line(const api::Crawler& crawler) {
  const std::string policy = fmt::format(R"({{"UpdateBehavior":"{}","DeleteBehavior":"{}"}})",
                                         *crawler.schema_change_policy->update_behavior,
                                         *crawler.schema_change_policy->delete_behavior);
  if (!crawler.configuration || crawler.configuration->empty()) {
    return fmt::format("Crawler configured with SchemaChangePolicy {}.", policy);
  }
  return fmt::format(
      "Crawler configured with Configuration {} and SchemaChangePolicy {}. Note that values in the "
      "Configuration override values in the SchemaChangePolicy for S3 Targets.",
      *crawler.configuration, policy);
}

Task<void> finish_crawl(Service& service, Catalog catalog, std::string crawler,
                        const RunningCrawl& run, protocol::Context context, CrawlJournal journal,
                        CrawlEnd end) {
  if (!end.error.empty()) {
    journal.add("ERROR", end.error);
  } else if (end.stopped) {
    journal.add("INFO", "Crawler was stopped.");
  } else {
    journal.add("BENCHMARK", "Finished writing to Catalog");
    journal.add_summary();
  }
  const Timestamp now = service.deps.clock.now();
  const Status recorded =
      co_await record(service, catalog, crawler, last_crawl_of(crawler, run, end),
                      history_of(crawler, run, journal, end, now));
  if (!recorded) {
    log::error("glue", "a crawl could not be recorded",
               {{"crawler", crawler}, {"error", recorded.error().message}});
  }
  journal.add("BENCHMARK", "Crawler has finished running and is in state READY");
  if (service.deps.write_log) {
    co_await service.deps.write_log(std::move(context), std::string(kCrawlerLogGroup), crawler,
                                    journal.take_lines());
  }
  service.running.end(catalog.place(), crawler);
}

}  // namespace penstock::glue
