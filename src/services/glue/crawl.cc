// The runner: list, classify, group, compare with the catalog, write. Nothing is written when the
// crawl is stopped or fails before the last step.
#include "services/glue/crawl.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "base/log.h"
#include "services/glue/apply_plan.h"
#include "services/glue/classifier.h"
#include "services/glue/crawl_read.h"
#include "services/glue/crawler.h"
#include "services/glue/finish_crawl.h"
#include "services/glue/resolve.h"

namespace penstock::glue {
namespace {

using protocol::ApiError;
using protocol::ApiResult;
using protocol::Reply;

struct Crawl {
  Service& service;
  Catalog catalog;
  api::Crawler crawler;
  CrawlerConfiguration configuration;
  CrawlReader reader;
  CrawlJournal journal;

  bool stopped() const {
    return reader.run->stop_requested || service.gate.stop_token().stop_requested();
  }
  bool only_new_folders() const {
    return crawler.recrawl_policy->recrawl_behavior == "CRAWL_NEW_FOLDERS_ONLY" &&
           crawler.last_crawl.has_value();
  }
};

Reply<void> load_classifiers(Crawl& crawl) {
  for (const std::string& name : *crawl.crawler.classifiers) {
    CO_TRY(const auto classifier, crawl.catalog.find_classifier(name, View::kDurable));
    if (!classifier)
      co_return std::unexpected(not_found(fmt::format("Classifier {} not found.", name)));
    crawl.reader.classifiers.push_back(custom_classifier(*classifier));
  }
  co_return ApiResult<void>();
}

CrawlFacts facts_of(const Crawl& crawl, std::string bucket) {
  return {*crawl.crawler.name,
          crawl.reader.run->id,
          std::move(bucket),
          {},
          crawl.configuration.partition_index};
}

std::vector<std::string> key_names(const api::Table& table) {
  std::vector<std::string> names;
  if (!table.partition_keys) return names;
  for (const api::Column& column : *table.partition_keys) names.push_back(column.name);
  return names;
}

// Takes the objects below `root` that lie in folders which are in no partition yet out of
// `objects`.
std::vector<ListedObject> take_below(std::vector<ListedObject>& objects, const std::string& root) {
  std::vector<ListedObject> taken;
  std::erase_if(objects, [&](ListedObject& object) {
    if (!object.key.starts_with(root)) return false;
    taken.push_back(std::move(object));
    return true;
  });
  return taken;
}

// The key prefixes that the crawler's tables in the catalog cover already.
std::set<std::string> known_folders(const std::vector<KnownTable>& known,
                                    const std::string& bucket) {
  const std::string scheme = location_of(bucket, "");
  std::set<std::string> folders;
  const auto add = [&](const std::optional<api::StorageDescriptor>& storage) {
    if (storage && storage->location && storage->location->starts_with(scheme)) {
      folders.insert(storage->location->substr(scheme.size()));
    }
  };
  for (const KnownTable& table : known) {
    if (key_names(table.table).empty()) add(table.table.storage_descriptor);
    for (const api::Partition& partition : table.partitions) add(partition.storage_descriptor);
  }
  return folders;
}

// Incremental crawls: new folders below a known table are its partitions; the rest is grouped as
// ever.
Reply<std::vector<FoundTable>> find_in_new_folders(Crawl& crawl, const api::S3Target& target,
                                                   Listing listing, std::string bucket,
                                                   const std::vector<KnownTable>& known) {
  const std::set<std::string> folders = known_folders(known, bucket);
  std::erase_if(listing.objects, [&](const ListedObject& object) {
    return folders.contains(object.key.substr(0, object.key.rfind('/') + 1));
  });
  std::vector<FoundTable> found;
  const std::string scheme = location_of(bucket, "");
  for (const KnownTable& table : known) {
    const auto& storage = table.table.storage_descriptor;
    if (!storage || !storage->location || !storage->location->starts_with(scheme)) continue;
    const std::string root = storage->location->substr(scheme.size());
    if (!root.ends_with('/') && !root.empty()) continue;
    std::vector<ListedObject> objects = take_below(listing.objects, root);
    if (objects.empty()) continue;
    CO_TRY(auto classified,
           co_await classify_objects(crawl.reader, bucket, std::move(objects), target.sample_size));
    found.push_back(collect_for_table(root, key_names(table.table), std::move(classified)));
  }
  CO_TRY(auto rest, co_await classify_objects(crawl.reader, bucket, std::move(listing.objects),
                                              target.sample_size));
  const GroupingOptions grouping{crawl.configuration.combine_compatible,
                                 crawl.configuration.table_level};
  for (FoundTable& table : group_into_tables(listing.include, std::move(rest), grouping)) {
    found.push_back(std::move(table));
  }
  co_return found;
}

std::vector<FoundTable> single_object(std::vector<FoundObject> objects) {
  std::vector<FoundTable> tables;
  for (FoundObject& object : objects) {
    if (!object.schema) continue;
    FoundTable& table = tables.emplace_back();
    table.root = object.key;
    table.is_object = true;
    table.schema = std::move(*object.schema);
    table.totals = {1, object.size, object.records, object.size};
  }
  return tables;
}

Reply<CrawledTarget> crawl_s3_target(Crawl& crawl, api::S3Target target,
                                     const std::vector<KnownTable>& known) {
  const std::optional<S3Location> location = parse_s3_path(*target.path);
  CHECK(location.has_value());  // check_crawler() accepted it.
  CO_TRY(Listing listing, co_await list_target(crawl.reader, *location, *target.exclusions));
  CrawledTarget crawled{facts_of(crawl, location->bucket), listing.include, {}, {}};
  crawled.facts.exclusions = *target.exclusions;
  if (crawl.only_new_folders() && !listing.is_object) {
    CO_TRY(crawled.found, co_await find_in_new_folders(crawl, target, std::move(listing),
                                                       location->bucket, known));
    co_return crawled;
  }
  CO_TRY(std::vector<FoundObject> objects,
         co_await classify_objects(crawl.reader, location->bucket, std::move(listing.objects),
                                   target.sample_size));
  if (listing.is_object) {
    crawled.found = single_object(std::move(objects));
    co_return crawled;
  }
  const GroupingOptions grouping{crawl.configuration.combine_compatible,
                                 crawl.configuration.table_level};
  crawled.found = co_await run_blocking(crawl.service.deps.runtime, [&] {
    return group_into_tables(crawled.include, std::move(objects), grouping);
  });
  co_return crawled;
}

// A catalog target names tables that exist; their location says where to look.
Reply<CrawledTarget> crawl_table(Crawl& crawl, const KnownTable& known) {
  const auto& storage = known.table.storage_descriptor;
  std::optional<S3Location> location;
  if (storage && storage->location) location = parse_s3_path(*storage->location);
  if (!location) {
    co_return std::unexpected(
        invalid_input(fmt::format("Table {} has no location in S3.", known.table.name)));
  }
  CO_TRY(Listing listing, co_await list_target(crawl.reader, *location, {}));
  CrawledTarget crawled{facts_of(crawl, location->bucket), listing.include, {}, known.table.name};
  CO_TRY(auto objects, co_await classify_objects(crawl.reader, location->bucket,
                                                 std::move(listing.objects), std::nullopt));
  if (objects.empty()) co_return crawled;
  if (listing.is_object) {
    crawled.found = single_object(std::move(objects));
  } else {
    crawled.found.push_back(
        collect_for_table(listing.include, key_names(known.table), std::move(objects)));
  }
  co_return crawled;
}

PlanOptions plan_options(const Crawl& crawl) {
  PlanOptions options;
  options.table_prefix = crawl.crawler.table_prefix.value_or("");
  options.update_behavior = *crawl.crawler.schema_change_policy->update_behavior;
  options.delete_behavior = *crawl.crawler.schema_change_policy->delete_behavior;
  options.configuration = crawl.configuration;
  options.only_new_folders = crawl.only_new_folders();
  options.now_millis = crawl.service.deps.clock.now().millis();
  return options;
}

ApiResult<void> check_threshold(const Crawl& crawl, const std::vector<CrawledTarget>& targets) {
  if (!crawl.configuration.table_threshold) return {};
  std::size_t tables = 0;
  for (const CrawledTarget& target : targets) tables += target.found.size();
  const auto threshold = static_cast<std::size_t>(*crawl.configuration.table_threshold);
  if (tables <= threshold) return {};
  return std::unexpected(invalid_input(fmt::format(
      "The number of tables detected by crawler: {} is greater than the table threshold "
      "value provided: {}. No tables were created or updated.",
      tables, threshold)));
}

Reply<void> write_results(Crawl& crawl, std::string database, std::vector<CrawledTarget> targets) {
  CO_TRY_VOID(check_threshold(crawl, targets));
  crawl.journal.add(
      "BENCHMARK",
      fmt::format("Classification complete, writing results to database {}", database));
  crawl.journal.add("INFO", policy_line(crawl.crawler));
  if (crawl.stopped()) co_return ApiResult<void>();
  const PlanOptions options = plan_options(crawl);
  CO_TRY(const CrawlPlan plan,
         co_await apply_crawl(crawl.service, crawl.catalog, std::move(database), std::move(targets),
                              options, crawl.reader.context.principal_arn));
  for (const std::string& note : crawl.reader.notes) crawl.journal.add_line(note);
  for (const std::string& line : plan.log) crawl.journal.add_line(line);
  crawl.journal.count(plan);
  co_return ApiResult<void>();
}

Reply<void> crawl_catalog_targets(Crawl& crawl) {
  for (const api::CatalogTarget& target : *crawl.crawler.targets->catalog_targets) {
    std::vector<CrawledTarget> crawled;
    CO_TRY(const StoredDatabase database, require_database(crawl.catalog, target.database_name));
    for (const std::string& name : target.tables) {
      CO_TRY(TableInDatabase found, require_table(crawl.catalog, target.database_name, name));
      const KnownTable known{std::move(found.table.table), {}};
      CO_TRY(CrawledTarget result, co_await crawl_table(crawl, known));
      crawled.push_back(std::move(result));
      if (crawl.stopped()) co_return ApiResult<void>();
    }
    CO_TRY_VOID(co_await write_results(crawl, database.database.name, std::move(crawled)));
  }
  co_return ApiResult<void>();
}

Reply<void> crawl_all(Crawl& crawl) {
  const std::string arn = role_arn(crawl.catalog.place(), *crawl.crawler.role);
  if (crawl.service.deps.may_assume &&
      !co_await crawl.service.deps.may_assume(crawl.reader.context, arn)) {
    co_return std::unexpected(invalid_input(
        fmt::format("Service is unable to assume role {}. Please verify role's TrustPolicy", arn)));
  }
  CO_TRY(crawl.configuration,
         checked(parse_crawler_configuration(crawl.crawler.configuration.value_or(""))));
  CO_TRY_VOID(co_await load_classifiers(crawl));
  if (!crawl.crawler.targets->catalog_targets->empty())
    co_return co_await crawl_catalog_targets(crawl);

  std::vector<KnownTable> known;
  if (crawl.only_new_folders()) {
    CO_TRY(known, co_await load_known_tables(crawl.service, crawl.catalog,
                                             *crawl.crawler.database_name, *crawl.crawler.name));
  }
  std::vector<CrawledTarget> crawled;
  for (const api::S3Target& target : *crawl.crawler.targets->s3_targets) {
    CO_TRY(CrawledTarget result, co_await crawl_s3_target(crawl, target, known));
    crawled.push_back(std::move(result));
    if (crawl.stopped()) co_return ApiResult<void>();
  }
  co_return co_await write_results(crawl, *crawl.crawler.database_name, std::move(crawled));
}

Task<void> run_crawl(Service& service, Place place, api::Crawler crawler,
                     std::shared_ptr<RunningCrawl> run) {
  protocol::Context context;
  context.account = place.account;
  context.region = place.region;
  context.principal_arn = crawler_principal(place, *crawler.role);
  context.request_id = run->id;
  const std::string name = *crawler.name;
  Crawl crawl{service,
              Catalog(service.deps.store, place),
              std::move(crawler),
              {},
              CrawlReader{s3::Client(service.deps.s3), context, service.deps.runtime, run, {}, {}},
              CrawlJournal(service.deps.clock, run->id)};
  crawl.journal.add("BENCHMARK", fmt::format("Running Start Crawl for Crawler {}", name));
  const ApiResult<void> result = co_await crawl_all(crawl);
  CrawlEnd end;
  end.stopped = crawl.stopped();
  if (!result) end.error = fmt::format("{} ({})", result.error().message, result.error().code);
  co_await finish_crawl(service, crawl.catalog, name, *run, context, std::move(crawl.journal),
                        std::move(end));
}

}  // namespace

ApiResult<void> begin_crawl(Service& service, const Place& place, api::Crawler crawler) {
  auto run = std::make_shared<RunningCrawl>();
  run->id = service.deps.random.uuid();
  run->start = service.deps.clock.now();
  const std::string name = *crawler.name;
  switch (service.running.begin(place, name, run)) {
    case BeginOutcome::kBegun: break;
    case BeginOutcome::kRunning:
      return protocol::refuse("CrawlerRunningException",
                              fmt::format("Crawler with name {} has already started", name));
    case BeginOutcome::kTooMany:
      return protocol::refuse("ThrottlingException", "Too many crawlers are running.");
  }
  const bool spawned = service.gate.spawn(service.deps.runtime.next_loop(),
                                          run_crawl(service, place, std::move(crawler), run));
  if (spawned) return {};
  service.running.end(place, name);
  return protocol::refuse("InternalServiceException", "The server is stopping.", 500);
}

}  // namespace penstock::glue
