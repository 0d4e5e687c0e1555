// From what a crawl found and what the catalog holds to what has to change. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gen/glue/shapes.h"
#include "services/glue/crawler_configuration.h"
#include "services/glue/table_input.h"

namespace penstock::glue {

struct KnownTable {
  api::Table table;
  std::vector<api::Partition> partitions;
};

// One include path and what was found below it, or one table that a catalog target names.
struct CrawledTarget {
  CrawlFacts facts;
  std::string include;  // Key prefix, empty or ending in '/'; or the key of one object.
  std::vector<FoundTable> found;
  std::string existing_table;  // Catalog targets: the table that `found` is about; never a new one.
};

struct PlanOptions {
  std::string table_prefix;
  std::string update_behavior;
  std::string delete_behavior;
  CrawlerConfiguration configuration;
  bool only_new_folders = false;  // Nothing is missed: what was not listed was not looked for.
  std::int64_t now_millis = 0;
};

struct TableChange {
  enum class Kind : std::uint8_t {
    kCreate,
    kUpdate,   // The schema changed: a new version.
    kRefresh,  // Statistics only: the version stays.
    kDelete,
  };
  Kind kind;
  api::TableInput input;  // kDelete: only the name.
};
struct PartitionChange {
  enum class Kind : std::uint8_t { kCreate, kUpdate, kDelete };
  Kind kind;
  std::string table;
  api::PartitionInput input;  // kDelete: only the values.
};
struct CrawlPlan {
  std::vector<TableChange> tables;
  std::vector<PartitionChange> partitions;
  std::vector<std::string> log;  // Lines for the crawl's log.
  std::uint32_t created = 0, updated = 0, deleted = 0;
  std::uint32_t partitions_created = 0, partitions_updated = 0, partitions_deleted = 0;
};

// `known`: the tables of the database.
CrawlPlan plan_crawl(const std::vector<CrawledTarget>& targets,
                     const std::vector<KnownTable>& known, const std::string& database,
                     const PlanOptions& options);

}  // namespace penstock::glue
