// How the catalog, the crawlers and their history are stored: the only file of Glue that knows
// storage. find_* are point reads; list_* scan and block on the disk; put_* and erase_* only build
// batches.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gen/glue/shapes.h"
#include "services/glue/keys.h"
#include "storage/store.h"

namespace penstock::glue {

// kLatest also sees what is submitted but not durable; it requires the turn of the place.
enum class View : std::uint8_t { kDurable, kLatest };

struct StoredDatabase {
  std::string id;
  api::Database database;
};
struct StoredTable {
  std::string id;
  api::Table table;
};
struct StoredCrawl {
  api::CrawlerHistory history;
  std::uint32_t tables_created = 0, tables_updated = 0, tables_deleted = 0;
};

using Tags = std::map<std::string, std::string>;

template <typename T>
struct Page {
  std::vector<T> items;
  std::optional<std::string> next_token;
};

struct PageRequest {
  std::optional<std::string> token;
  std::size_t items_max = 100;
};

class Catalog {
 public:
  Catalog(storage::Store& store, Place place) : store_(&store), place_(std::move(place)) {}

  Result<std::optional<StoredDatabase>> find_database(const std::string& name, View view) const;
  Result<std::optional<StoredTable>> find_table(const StoredDatabase& database,
                                                const std::string& name, View view) const;
  Result<std::optional<api::Table>> find_version(const StoredTable& table,
                                                 std::uint64_t version) const;
  Result<std::optional<api::Partition>> find_partition(const StoredTable& table,
                                                       const std::vector<std::string>& values,
                                                       View view) const;
  Result<std::optional<api::Classifier>> find_classifier(const std::string& name, View view) const;
  Result<std::optional<api::Crawler>> find_crawler(const std::string& name, View view) const;
  Result<std::optional<Tags>> find_tags(const std::string& arn, View view) const;

  // A token that this service did not make is kInvalid.
  Result<Page<StoredDatabase>> list_databases(PageRequest request) const;
  Result<Page<StoredTable>> list_tables(
      const StoredDatabase& database, PageRequest request,
      const std::function<bool(const std::string&)>& accepts) const;
  Result<Page<api::Table>> list_versions(const StoredTable& table, PageRequest request) const;
  Result<Page<api::Partition>> list_partitions(
      const StoredTable& table, PageRequest request,
      const std::function<bool(const std::vector<std::string>&)>& accepts) const;
  Result<Page<api::Classifier>> list_classifiers(PageRequest request) const;
  Result<Page<api::Crawler>> list_crawlers(PageRequest request) const;
  Result<Page<StoredCrawl>> list_crawls(
      const std::string& crawler, PageRequest request,
      const std::function<bool(const StoredCrawl&)>& accepts) const;

  void put_database(storage::Batch& batch, const StoredDatabase& database) const;
  void erase_database(storage::Batch& batch, const StoredDatabase& database) const;
  void put_table(storage::Batch& batch, const StoredDatabase& database,
                 const StoredTable& table) const;
  void put_version(storage::Batch& batch, const StoredTable& table, std::uint64_t version) const;
  // With its versions and partitions.
  void erase_table(storage::Batch& batch, const StoredDatabase& database,
                   const StoredTable& table) const;
  void put_partition(storage::Batch& batch, const StoredTable& table,
                     const api::Partition& partition) const;
  void erase_partition(storage::Batch& batch, const StoredTable& table,
                       const std::vector<std::string>& values) const;
  void put_classifier(storage::Batch& batch, const std::string& name,
                      const api::Classifier& value) const;
  void erase_classifier(storage::Batch& batch, const std::string& name) const;
  void put_crawler(storage::Batch& batch, const api::Crawler& crawler) const;
  // With its history.
  void erase_crawler(storage::Batch& batch, const std::string& name) const;
  void put_crawl(storage::Batch& batch, const std::string& crawler, const StoredCrawl& crawl) const;
  void erase_crawl(storage::Batch& batch, const std::string& crawler,
                   const StoredCrawl& crawl) const;
  void put_tags(storage::Batch& batch, const std::string& arn, const Tags& tags) const;
  void erase_tags(storage::Batch& batch, const std::string& arn) const;

  storage::Store& store() const { return *store_; }
  const Place& place() const { return place_; }

 private:
  Result<std::optional<std::string>> read(const std::string& key, View view) const;

  storage::Store* store_;
  Place place_;
};

struct PlacedCrawler {
  Place place;
  api::Crawler crawler;
};
// Every crawler of every account, for the scheduler at start.
Result<std::vector<PlacedCrawler>> load_all_crawlers(const storage::Store& store);

}  // namespace penstock::glue
