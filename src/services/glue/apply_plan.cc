// The plan is made and submitted under one turn, so no other writer comes between.
#include "services/glue/apply_plan.h"

#include <map>

#include "base/bytes.h"
#include "services/glue/resolve.h"
#include "services/glue/table.h"
#include "services/glue/update_table.h"

namespace penstock::glue {
namespace {

using protocol::ApiResult;

constexpr std::size_t kBatchBytesMax = 1 << 20;
constexpr std::size_t kScanItems = 1'000;

Result<std::vector<api::Partition>> all_partitions(const Catalog& catalog,
                                                   const StoredTable& table) {
  std::vector<api::Partition> partitions;
  PageRequest request{{}, kScanItems};
  do {
    TRY(Page<api::Partition> page, catalog.list_partitions(table, request, {}));
    for (api::Partition& partition : page.items) partitions.push_back(std::move(partition));
    request.token = std::move(page.next_token);
  } while (request.token);
  return partitions;
}

bool is_made_by(const api::Table& table, const std::string& crawler) {
  if (!table.parameters) return false;
  const auto found = table.parameters->find("UPDATED_BY_CRAWLER");
  return found != table.parameters->end() && found->second == crawler;
}

Result<std::vector<KnownTable>> scan_known(const Catalog& catalog, const std::string& database_name,
                                           const std::string& crawler) {
  std::vector<KnownTable> known;
  TRY(const auto database, catalog.find_database(database_name, View::kDurable));
  if (!database) return known;
  PageRequest request{{}, kScanItems};
  do {
    TRY(Page<StoredTable> page, catalog.list_tables(*database, request, {}));
    for (StoredTable& stored : page.items) {
      if (!crawler.empty() && !is_made_by(stored.table, crawler)) continue;
      TRY(std::vector<api::Partition> partitions, all_partitions(catalog, stored));
      known.push_back({std::move(stored.table), std::move(partitions)});
    }
    request.token = std::move(page.next_token);
  } while (request.token);
  return known;
}

// Turns changes into batches of bounded size, submitted in order.
class Writer {
 public:
  Writer(Service& service, const Catalog& catalog, StoredDatabase database, std::string principal)
      : service_(service),
        catalog_(catalog),
        database_(std::move(database)),
        principal_(std::move(principal)),
        now_(service.deps.clock.now()) {}

  void create_database() { catalog_.put_database(batch_, database_); }

  ApiResult<void> change_table(const TableChange& change) {
    TRY(std::optional<StoredTable> stored,
        catalog_.find_table(database_, change.input.name, View::kLatest));
    switch (change.kind) {
      case TableChange::Kind::kCreate:
        if (!stored) create(change.input);
        break;
      case TableChange::Kind::kDelete:
        if (stored) catalog_.erase_table(batch_, database_, *stored);
        break;
      case TableChange::Kind::kUpdate:
        if (stored) {
          TRY_VOID(replace_table(catalog_, batch_, database_, *stored, change.input, now_, true));
          tables_[stored->table.name] = std::move(*stored);
        }
        break;
      case TableChange::Kind::kRefresh:
        if (stored) refresh(std::move(*stored), change.input);
        break;
    }
    flush_if_big();
    return {};
  }

  ApiResult<void> change_partition(const PartitionChange& change) {
    TRY(const StoredTable* const table, find(change.table));
    if (table == nullptr) return {};
    const std::vector<std::string>& values = *change.input.values;
    if (change.kind == PartitionChange::Kind::kDelete) {
      catalog_.erase_partition(batch_, *table, values);
    } else if (check_partition_values(table->table, values)) {
      TRY(const auto existing, catalog_.find_partition(*table, values, View::kLatest));
      const Timestamp created = existing ? existing->creation_time.value_or(now_) : now_;
      catalog_.put_partition(batch_, *table, partition_from(table->table, change.input, created));
    }
    flush_if_big();
    return {};
  }

  std::vector<storage::Commit> finish() {
    if (!batch_.empty()) commits_.push_back(service_.deps.store.submit(std::move(batch_)));
    return std::move(commits_);
  }

 private:
  void create(const api::TableInput& input) {
    StoredTable stored{service_.deps.random.uuid(), table_from(input)};
    stored.table.database_name = database_.database.name;
    stored.table.create_time = stored.table.update_time = now_;
    stored.table.last_access_time = now_;
    stored.table.created_by = principal_;
    stored.table.catalog_id = catalog_.place().account;
    stored.table.version_id = "0";
    catalog_.put_table(batch_, database_, stored);
    tables_[stored.table.name] = std::move(stored);
  }

  void refresh(StoredTable stored, const api::TableInput& input) {
    stored.table.parameters = input.parameters;
    stored.table.storage_descriptor = input.storage_descriptor;
    stored.table.update_time = now_;
    catalog_.put_table(batch_, database_, stored);
    tables_[stored.table.name] = std::move(stored);
  }

  ApiResult<const StoredTable*> find(const std::string& name) {
    if (const auto known = tables_.find(name); known != tables_.end()) return &known->second;
    TRY(std::optional<StoredTable> stored, catalog_.find_table(database_, name, View::kLatest));
    if (!stored) return nullptr;
    return &(tables_[name] = std::move(*stored));
  }

  void flush_if_big() {
    if (batch_.bytes() < kBatchBytesMax) return;
    commits_.push_back(service_.deps.store.submit(std::exchange(batch_, storage::Batch())));
  }

  Service& service_;
  const Catalog& catalog_;
  StoredDatabase database_;
  std::string principal_;
  Timestamp now_;
  storage::Batch batch_;
  std::vector<storage::Commit> commits_;
  std::map<std::string, StoredTable> tables_;  // As they are after the changes so far.
};

StoredDatabase new_database(const Service& service, const Catalog& catalog,
                            const std::string& name) {
  StoredDatabase stored{service.deps.random.uuid(), {}};
  stored.database.name = to_lower(name);
  stored.database.create_time = service.deps.clock.now();
  stored.database.catalog_id = catalog.place().account;
  return stored;
}

}  // namespace

Task<Result<std::vector<KnownTable>>> load_known_tables(Service& service, Catalog catalog,
                                                        std::string database, std::string crawler) {
  co_return co_await run_blocking(service.deps.runtime,
                                  [&] { return scan_known(catalog, database, crawler); });
}

protocol::Reply<CrawlPlan> apply_crawl(Service& service, Catalog catalog, std::string database_name,
                                       std::vector<CrawledTarget> targets, PlanOptions options,
                                       std::string principal) {
  auto turn = co_await service.enter(catalog.place());
  CO_TRY(const std::vector<KnownTable> known,
         co_await load_known_tables(service, catalog, database_name, ""));
  CrawlPlan plan = co_await run_blocking(
      service.deps.runtime, [&] { return plan_crawl(targets, known, database_name, options); });
  CO_TRY(auto database, catalog.find_database(database_name, View::kLatest));
  const bool is_new = !database.has_value();
  if (is_new) database = new_database(service, catalog, database_name);
  Writer writer(service, catalog, std::move(*database), std::move(principal));
  if (is_new) writer.create_database();
  for (const TableChange& change : plan.tables) CO_TRY_VOID(writer.change_table(change));
  for (const PartitionChange& change : plan.partitions)
    CO_TRY_VOID(writer.change_partition(change));
  const std::vector<storage::Commit> commits = writer.finish();
  turn.leave();
  for (const storage::Commit& commit : commits) CO_TRY_VOID(co_await commit.durable());
  co_return plan;
}

}  // namespace penstock::glue
