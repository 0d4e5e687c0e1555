// Writing what a crawl found into the catalog.
#pragma once

#include <string>
#include <vector>

#include "services/glue/crawl_plan.h"
#include "services/glue/glue.h"

namespace penstock::glue {

// The tables of a database that `crawler` made, with their partitions; none when there is no
// database. An empty crawler name means all tables.
Task<Result<std::vector<KnownTable>>> load_known_tables(Service& service, Catalog catalog,
                                                        std::string database, std::string crawler);

// Plans against the catalog as it is under the turn of the place, writes the plan and waits until
// it is durable. Creates the database when it is missing.
protocol::Reply<CrawlPlan> apply_crawl(Service& service, Catalog catalog, std::string database,
                                       std::vector<CrawledTarget> targets, PlanOptions options,
                                       std::string principal);

}  // namespace penstock::glue
