// StartCrawler, StopCrawler, GetCrawlerMetrics, ListCrawls.
#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "services/glue/crawl.h"
#include "services/glue/crawl_filter.h"
#include "services/glue/operations.h"
#include "services/glue/resolve.h"

namespace penstock::glue {
namespace {

using protocol::ApiResult;

constexpr std::size_t kCrawlsPageMax = 100;
constexpr std::size_t kMedianCrawls = 100;  // Newest crawls that the median runtime is taken of.

double seconds_of(const StoredCrawl& crawl) {
  if (!crawl.history.start_time || !crawl.history.end_time) return 0;
  return static_cast<double>((*crawl.history.end_time - *crawl.history.start_time).count()) / 1e6;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

api::CrawlerMetrics metrics_of(const std::string& name, const std::vector<StoredCrawl>& crawls,
                               const std::shared_ptr<RunningCrawl>& running, Timestamp now) {
  api::CrawlerMetrics metrics;
  metrics.crawler_name = name;
  std::vector<double> runtimes;
  for (const StoredCrawl& crawl : crawls) runtimes.push_back(seconds_of(crawl));
  metrics.last_runtime_seconds = runtimes.empty() ? 0 : runtimes.front();
  metrics.median_runtime_seconds = median(runtimes);
  metrics.tables_created = metrics.tables_updated = metrics.tables_deleted = 0;
  if (!crawls.empty()) {
    metrics.tables_created = static_cast<std::int32_t>(crawls.front().tables_created);
    metrics.tables_updated = static_cast<std::int32_t>(crawls.front().tables_updated);
    metrics.tables_deleted = static_cast<std::int32_t>(crawls.front().tables_deleted);
  }
  metrics.time_left_seconds = 0;
  metrics.still_estimating = false;
  if (running != nullptr) {
    const double elapsed = static_cast<double>((now - running->start).count()) / 1e6;
    metrics.still_estimating = crawls.empty();
    metrics.time_left_seconds = std::max(0.0, *metrics.median_runtime_seconds - elapsed);
  }
  return metrics;
}

api::CrawlerHistory running_history(const std::string& name, const RunningCrawl& run) {
  api::CrawlerHistory history;
  history.crawl_id = run.id;
  history.state = "RUNNING";
  history.start_time = run.start;
  history.log_group = "/aws-glue/crawlers";
  history.log_stream = name;
  history.message_prefix = run.id;
  return history;
}

}  // namespace

protocol::Reply<api::StartCrawlerResponse> start_crawler(Service& service,
                                                         const protocol::Context& context,
                                                         api::StartCrawlerRequest input) {
  const Catalog catalog = service.catalog(context);
  CO_TRY(auto crawler, catalog.find_crawler(input.name, View::kDurable));
  if (!crawler) co_return std::unexpected(crawler_not_found(input.name));
  CO_TRY_VOID(begin_crawl(service, catalog.place(), std::move(*crawler)));
  co_return api::StartCrawlerResponse{};
}

protocol::Reply<api::StopCrawlerResponse> stop_crawler(Service& service,
                                                       const protocol::Context& context,
                                                       api::StopCrawlerRequest input) {
  const Catalog catalog = service.catalog(context);
  CO_TRY(const auto crawler, catalog.find_crawler(input.name, View::kDurable));
  if (!crawler) co_return std::unexpected(crawler_not_found(input.name));
  switch (service.running.stop(catalog.place(), input.name)) {
    case StopOutcome::kRequested: break;
    case StopOutcome::kNotRunning:
      co_return protocol::refuse("CrawlerNotRunningException",
                                 fmt::format("Crawler with name {} isn't running", input.name));
    case StopOutcome::kAlreadyStopping:
      co_return protocol::refuse("CrawlerStoppingException",
                                 fmt::format("Crawler with name {} is stopping", input.name));
  }
  co_return api::StopCrawlerResponse{};
}

protocol::Reply<api::GetCrawlerMetricsResponse> get_crawler_metrics(
    Service& service, const protocol::Context& context, api::GetCrawlerMetricsRequest input) {
  const Catalog catalog = service.catalog(context);
  api::GetCrawlerMetricsResponse response;
  std::vector<std::string> names;
  if (input.crawler_name_list && !input.crawler_name_list->empty()) {
    for (const std::string& name : *input.crawler_name_list) {
      CO_TRY(const auto crawler, catalog.find_crawler(name, View::kDurable));
      if (crawler) names.push_back(name);
    }
  } else {
    const PageRequest request = page_request(input.next_token, input.max_results, kCrawlsPageMax);
    CO_TRY(Page<api::Crawler> page, checked(co_await run_blocking(service.deps.runtime, [&] {
             return catalog.list_crawlers(request);
           })));
    for (const api::Crawler& crawler : page.items) names.push_back(*crawler.name);
    response.next_token = std::move(page.next_token);
  }
  response.crawler_metrics_list.emplace();
  for (const std::string& name : names) {
    const PageRequest newest{{}, kMedianCrawls};
    CO_TRY(const Page<StoredCrawl> crawls, co_await run_blocking(service.deps.runtime, [&] {
             return catalog.list_crawls(name, newest, {});
           }));
    response.crawler_metrics_list->push_back(metrics_of(
        name, crawls.items, service.running.find(catalog.place(), name), service.deps.clock.now()));
  }
  co_return response;
}

protocol::Reply<api::ListCrawlsResponse> list_crawls(Service& service,
                                                     const protocol::Context& context,
                                                     api::ListCrawlsRequest input) {
  const Catalog catalog = service.catalog(context);
  CO_TRY(const auto crawler, catalog.find_crawler(input.crawler_name, View::kDurable));
  if (!crawler) co_return std::unexpected(crawler_not_found(input.crawler_name));
  CO_TRY(const CrawlFilter filter,
         checked(CrawlFilter::from(input.filters.value_or(std::vector<api::CrawlsFilter>()))));
  api::ListCrawlsResponse response;
  response.crawls.emplace();
  PageRequest request = page_request(input.next_token, input.max_results, kCrawlsPageMax);
  const auto running = service.running.find(catalog.place(), input.crawler_name);
  if (running != nullptr && !request.token) {
    api::CrawlerHistory now = running_history(input.crawler_name, *running);
    if (filter.accepts(now)) response.crawls->push_back(std::move(now));
  }
  CO_TRY(Page<StoredCrawl> page, checked(co_await run_blocking(service.deps.runtime, [&] {
           return catalog.list_crawls(
               input.crawler_name, request,
               [&filter](const StoredCrawl& crawl) { return filter.accepts(crawl.history); });
         })));
  for (StoredCrawl& crawl : page.items) response.crawls->push_back(std::move(crawl.history));
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace penstock::glue
