// CreateCrawler, GetCrawler, GetCrawlers, BatchGetCrawlers, ListCrawlers, UpdateCrawler,
// DeleteCrawler.
#include <fmt/core.h>

#include <algorithm>

#include "services/glue/crawler.h"
#include "services/glue/operations.h"
#include "services/glue/resolve.h"

namespace penstock::glue {
namespace {

using protocol::ApiResult;

constexpr std::size_t kCrawlersPageMax = 100;

// Adds what only this moment knows: whether it runs, and since when.
api::Crawler shown(const Service& service, const Place& place, api::Crawler crawler) {
  const auto crawl = service.running.find(place, *crawler.name);
  crawler.state = "READY";
  crawler.crawl_elapsed_time = 0;
  if (crawl != nullptr) {
    crawler.state = crawl->stop_requested ? "STOPPING" : "RUNNING";
    crawler.crawl_elapsed_time = (service.deps.clock.now() - crawl->start).count() / 1000;
  }
  return crawler;
}

void set_schedule(api::Crawler& crawler, const std::optional<std::string>& expression) {
  if (!expression) return;
  crawler.schedule.reset();
  if (expression->empty()) return;  // An empty expression takes the schedule away.
  crawler.schedule.emplace().schedule_expression = *expression;
  crawler.schedule->state = "SCHEDULED";
}

void apply_schedule(Service& service, const Place& place, const api::Crawler& crawler) {
  if (!crawler.schedule) {
    service.schedules.erase(place, *crawler.name);
    return;
  }
  const Result<Cron> cron = Cron::parse(*crawler.schedule->schedule_expression);
  CHECK(cron.has_value());  // check_crawler() accepted it.
  service.schedules.set(place, *crawler.name, *cron, service.deps.clock.now());
}

// Classifiers must exist when a crawler names them.
ApiResult<void> check_references(const Catalog& catalog, const api::Crawler& crawler) {
  for (const std::string& name : *crawler.classifiers) {
    TRY(const auto classifier, catalog.find_classifier(name, View::kLatest));
    if (!classifier)
      return std::unexpected(not_found(fmt::format("Classifier {} not found.", name)));
  }
  return {};
}

Task<bool> role_is_usable(Service& service, protocol::Context context, std::string arn) {
  if (!service.deps.may_assume) co_return true;
  co_return co_await service.deps.may_assume(std::move(context), std::move(arn));
}

protocol::ApiError unusable_role(const std::string& arn) {
  return invalid_input(
      fmt::format("Service is unable to assume role {}. Please verify role's TrustPolicy", arn));
}

protocol::ApiError is_running(std::string_view name) {
  return {"CrawlerRunningException", fmt::format("Crawler with name {} is running", name)};
}

// An update replaces the members that it names.
void apply_update(api::Crawler& crawler, api::UpdateCrawlerRequest input) {
  if (input.role) crawler.role = role_name(*input.role);
  if (input.database_name) crawler.database_name = std::move(input.database_name);
  if (input.description) crawler.description = std::move(input.description);
  if (input.targets) crawler.targets = std::move(input.targets);
  if (input.classifiers) crawler.classifiers = std::move(input.classifiers);
  if (input.table_prefix) crawler.table_prefix = std::move(input.table_prefix);
  if (input.schema_change_policy) crawler.schema_change_policy = input.schema_change_policy;
  if (input.recrawl_policy) crawler.recrawl_policy = std::move(input.recrawl_policy);
  if (input.lineage_configuration) crawler.lineage_configuration = input.lineage_configuration;
  if (input.lake_formation_configuration) {
    crawler.lake_formation_configuration = std::move(input.lake_formation_configuration);
  }
  if (input.configuration) crawler.configuration = std::move(input.configuration);
  if (input.crawler_security_configuration) {
    crawler.crawler_security_configuration = std::move(input.crawler_security_configuration);
  }
  set_schedule(crawler, input.schedule);
  complete_crawler(crawler);
}

api::Crawler crawler_from(api::CreateCrawlerRequest input) {
  api::Crawler crawler;
  crawler.name = std::move(input.name);
  crawler.role = role_name(input.role);
  crawler.database_name = std::move(input.database_name);
  crawler.description = std::move(input.description);
  crawler.targets = std::move(input.targets);
  crawler.classifiers = std::move(input.classifiers);
  crawler.table_prefix = std::move(input.table_prefix);
  crawler.schema_change_policy = std::move(input.schema_change_policy);
  crawler.recrawl_policy = std::move(input.recrawl_policy);
  crawler.lineage_configuration = std::move(input.lineage_configuration);
  crawler.lake_formation_configuration = std::move(input.lake_formation_configuration);
  crawler.configuration = std::move(input.configuration);
  crawler.crawler_security_configuration = std::move(input.crawler_security_configuration);
  set_schedule(crawler, input.schedule);
  complete_crawler(crawler);
  return crawler;
}

bool has_tags(const Tags& tags, const std::map<std::string, std::string>& wanted) {
  return std::ranges::all_of(wanted, [&tags](const auto& tag) {
    const auto found = tags.find(tag.first);
    return found != tags.end() && found->second == tag.second;
  });
}

}  // namespace

protocol::Reply<api::CreateCrawlerResponse> create_crawler(Service& service,
                                                           const protocol::Context& context,
                                                           api::CreateCrawlerRequest input) {
  const std::map<std::string, std::string> tags =
      input.tags.value_or(std::map<std::string, std::string>());
  api::Crawler crawler = crawler_from(std::move(input));
  CO_TRY_VOID(check_crawler(crawler));
  const Catalog catalog = service.catalog(context);
  const std::string arn = role_arn(catalog.place(), *crawler.role);
  if (!co_await role_is_usable(service, context, arn))
    co_return std::unexpected(unusable_role(arn));

  auto turn = co_await service.enter(catalog.place());
  CO_TRY(const auto existing, catalog.find_crawler(*crawler.name, View::kLatest));
  if (existing) {
    co_return std::unexpected(
        already_exists(fmt::format("Crawler {} already exists.", *crawler.name)));
  }
  CO_TRY_VOID(check_references(catalog, crawler));
  crawler.creation_time = crawler.last_updated = service.deps.clock.now();
  crawler.version = 1;
  storage::Batch batch;
  catalog.put_crawler(batch, crawler);
  if (!tags.empty()) catalog.put_tags(batch, crawler_arn(catalog.place(), *crawler.name), tags);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  apply_schedule(service, catalog.place(), crawler);
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::CreateCrawlerResponse{};
}

protocol::Reply<api::GetCrawlerResponse> get_crawler(Service& service,
                                                     const protocol::Context& context,
                                                     api::GetCrawlerRequest input) {
  const Catalog catalog = service.catalog(context);
  CO_TRY(auto crawler, catalog.find_crawler(input.name, View::kDurable));
  if (!crawler) co_return std::unexpected(crawler_not_found(input.name));
  api::GetCrawlerResponse response;
  response.crawler = shown(service, catalog.place(), std::move(*crawler));
  co_return response;
}

protocol::Reply<api::GetCrawlersResponse> get_crawlers(Service& service,
                                                       const protocol::Context& context,
                                                       api::GetCrawlersRequest input) {
  const Catalog catalog = service.catalog(context);
  const PageRequest request = page_request(input.next_token, input.max_results, kCrawlersPageMax);
  CO_TRY(Page<api::Crawler> page, checked(co_await run_blocking(service.deps.runtime, [&] {
           return catalog.list_crawlers(request);
         })));
  api::GetCrawlersResponse response;
  response.crawlers.emplace();
  for (api::Crawler& crawler : page.items) {
    response.crawlers->push_back(shown(service, catalog.place(), std::move(crawler)));
  }
  response.next_token = std::move(page.next_token);
  co_return response;
}

protocol::Reply<api::BatchGetCrawlersResponse> batch_get_crawlers(
    Service& service, const protocol::Context& context, api::BatchGetCrawlersRequest input) {
  const Catalog catalog = service.catalog(context);
  api::BatchGetCrawlersResponse response;
  response.crawlers.emplace();
  response.crawlers_not_found.emplace();
  for (const std::string& name : input.crawler_names) {
    CO_TRY(auto crawler, catalog.find_crawler(name, View::kDurable));
    if (crawler) {
      response.crawlers->push_back(shown(service, catalog.place(), std::move(*crawler)));
    } else {
      response.crawlers_not_found->push_back(name);
    }
  }
  co_return response;
}

protocol::Reply<api::ListCrawlersResponse> list_crawlers(Service& service,
                                                         const protocol::Context& context,
                                                         api::ListCrawlersRequest input) {
  const Catalog catalog = service.catalog(context);
  const PageRequest request = page_request(input.next_token, input.max_results, kCrawlersPageMax);
  CO_TRY(Page<api::Crawler> page, checked(co_await run_blocking(service.deps.runtime, [&] {
           return catalog.list_crawlers(request);
         })));
  api::ListCrawlersResponse response;
  response.crawler_names.emplace();
  for (const api::Crawler& crawler : page.items) {
    if (input.tags && !input.tags->empty()) {
      CO_TRY(const auto tags,
             catalog.find_tags(crawler_arn(catalog.place(), *crawler.name), View::kDurable));
      if (!has_tags(tags.value_or(Tags()), *input.tags)) continue;
    }
    response.crawler_names->push_back(*crawler.name);
  }
  response.next_token = std::move(page.next_token);
  co_return response;
}

protocol::Reply<api::UpdateCrawlerResponse> update_crawler(Service& service,
                                                           const protocol::Context& context,
                                                           api::UpdateCrawlerRequest input) {
  const Catalog catalog = service.catalog(context);
  if (input.role) {
    const std::string arn = role_arn(catalog.place(), *input.role);
    if (!co_await role_is_usable(service, context, arn))
      co_return std::unexpected(unusable_role(arn));
  }
  auto turn = co_await service.enter(catalog.place());
  CO_TRY(auto stored, catalog.find_crawler(input.name, View::kLatest));
  if (!stored) co_return std::unexpected(crawler_not_found(input.name));
  if (service.running.find(catalog.place(), input.name) != nullptr) {
    co_return std::unexpected(is_running(input.name));
  }
  api::Crawler crawler = std::move(*stored);
  apply_update(crawler, std::move(input));
  CO_TRY_VOID(check_crawler(crawler));
  CO_TRY_VOID(check_references(catalog, crawler));
  crawler.last_updated = service.deps.clock.now();
  crawler.version = crawler.version.value_or(1) + 1;
  storage::Batch batch;
  catalog.put_crawler(batch, crawler);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  apply_schedule(service, catalog.place(), crawler);
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::UpdateCrawlerResponse{};
}

protocol::Reply<api::DeleteCrawlerResponse> delete_crawler(Service& service,
                                                           const protocol::Context& context,
                                                           api::DeleteCrawlerRequest input) {
  const Catalog catalog = service.catalog(context);
  auto turn = co_await service.enter(catalog.place());
  CO_TRY(const auto crawler, catalog.find_crawler(input.name, View::kLatest));
  if (!crawler) co_return std::unexpected(crawler_not_found(input.name));
  if (service.running.find(catalog.place(), input.name) != nullptr) {
    co_return std::unexpected(is_running(input.name));
  }
  storage::Batch batch;
  catalog.erase_crawler(batch, input.name);
  catalog.erase_tags(batch, crawler_arn(catalog.place(), input.name));
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  service.schedules.erase(catalog.place(), input.name);
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::DeleteCrawlerResponse{};
}

}  // namespace penstock::glue
