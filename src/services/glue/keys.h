// The key grammar of Glue, all in Family::kMeta.
//
//   0x80 account region database          -> a database
//   0x81 database-id table                -> a table
//   0x82 table-id version (newest first)  -> an archived version of a table
//   0x83 table-id value value …           -> a partition
//   0x84 account region classifier        -> a classifier
//   0x85 account region crawler           -> a crawler
//   0x86 account region crawler start (newest first) crawl-id -> a finished crawl
//   0x87 account region arn               -> the tags of a resource
//
// Tables hang on the identity of their database, and partitions and versions on that of their
// table: what is created under an old name never meets what its predecessor left.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "protocol/place.h"

namespace penstock::glue {

using protocol::Place;

std::string database_key(const Place& place, std::string_view name);
std::string databases_prefix(const Place& place);
std::string table_key(std::string_view database_id, std::string_view name);
std::string tables_prefix(std::string_view database_id);
std::string version_key(std::string_view table_id, std::uint64_t version);
std::string versions_prefix(std::string_view table_id);
std::string partition_key(std::string_view table_id, const std::vector<std::string>& values);
std::string partitions_prefix(std::string_view table_id);
std::string classifier_key(const Place& place, std::string_view name);
std::string classifiers_prefix(const Place& place);
std::string crawler_key(const Place& place, std::string_view name);
std::string crawlers_prefix(const Place& place);
std::string all_crawlers_prefix();
std::string crawl_key(const Place& place, std::string_view crawler, Timestamp start,
                      std::string_view id);
std::string crawls_prefix(const Place& place, std::string_view crawler);
std::string tags_key(const Place& place, std::string_view arn);

// The place of a crawler, from its key.
std::optional<Place> place_of_crawler(std::string_view key);

}  // namespace penstock::glue
