// Start and stop, and the clockwork of the schedules.
#include "services/glue/glue.h"

#include "async/runners.h"
#include "base/log.h"
#include "services/glue/crawl.h"

namespace penstock::glue {
Service::Service(Dependencies dependencies, Options options_)
    : deps(std::move(dependencies)), options(options_) {}

Status Service::start() {
  TRY(const std::vector<PlacedCrawler> crawlers, load_all_crawlers(deps.store));
  for (const PlacedCrawler& placed : crawlers) {
    const auto& schedule = placed.crawler.schedule;
    if (!schedule || !schedule->schedule_expression) continue;
    const Result<Cron> cron = Cron::parse(*schedule->schedule_expression);
    if (!cron) return fail(ErrorKind::kCorrupt, "the stored schedule of a crawler");
    schedules.set(placed.place, *placed.crawler.name, *cron, deps.clock.now());
  }
  deps.runtime.runners().start_every(gate, deps.runtime.next_loop(), "glue/schedules",
                                     options.schedule_interval,
                                     [this] { return run_due_crawlers(*this); });
  return {};
}

void Service::stop() { gate.close(); }

Turns::Entering Service::enter(const Place& place) {
  return turns.enter(hash_bytes(place.region, hash_bytes(place.account)));
}

Task<Status> run_due_crawlers(Service& service) {
  for (const DueCrawler& due : service.schedules.take_due(service.deps.clock.now())) {
    const Catalog catalog(service.deps.store, due.place);
    auto crawler = catalog.find_crawler(due.name, View::kDurable);
    if (!crawler || !*crawler) continue;  // Deleted meanwhile, or not durable yet.
    const auto begun = begin_crawl(service, due.place, std::move(**crawler));
    if (!begun) {
      log::warning("glue", "a scheduled crawl did not start",
                   {{"crawler", due.name}, {"error", begun.error().message}});
    }
  }
  co_return Status();
}

}  // namespace penstock::glue
