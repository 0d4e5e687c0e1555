// What a crawler writes into the catalog for what it found. Pure.
#pragma once

#include <string>
#include <vector>

#include "gen/glue/shapes.h"
#include "services/glue/folders.h"

namespace penstock::glue {

struct CrawlFacts {
  std::string crawler;
  std::string run_id;
  std::string bucket;
  std::vector<std::string> exclusions;
  bool partition_index = false;
};

// s3://bucket/root, with the '/' at the end that folders have.
std::string location_of(std::string_view bucket, std::string_view root);

// `name` is the table's name in the catalog.
api::TableInput describe_table(const FoundTable& table, const std::string& name,
                               const CrawlFacts& facts);
// With its own schema, or (inherit) with that of `table`.
api::PartitionInput describe_partition(const FoundTable& table, const FoundPartition& partition,
                                       const api::TableInput& described, bool inherit,
                                       const CrawlFacts& facts);

// Adds to the columns of `known` those that only `described` has, keeps everything else that the
// user or an earlier crawl set, and refreshes the statistics.
api::TableInput merge_new_columns(api::TableInput known, const api::TableInput& described);

// Parameters that change with every crawl, and tell nothing about the schema.
bool is_statistic(std::string_view parameter);

}  // namespace penstock::glue
