// CreatePartition, BatchCreatePartition, UpdatePartition, DeletePartition, BatchDeletePartition.
#include <set>

#include "services/glue/operations.h"
#include "services/glue/resolve.h"
#include "services/glue/table.h"

namespace penstock::glue {
namespace {

using protocol::ApiError;
using protocol::ApiResult;

ApiError partition_exists() { return already_exists("Partition already exists."); }
ApiError partition_not_found() { return not_found("Cannot find partition."); }

api::PartitionError partition_error(const std::vector<std::string>& values, const ApiError& error) {
  api::PartitionError result;
  result.partition_values = values;
  result.error_detail = api::ErrorDetail{error.code, error.message};
  return result;
}

// Adds a new partition to the batch, or says why not. `made` holds what the same request already
// makes.
ApiResult<void> add_partition(const Catalog& catalog, const StoredTable& table,
                              api::PartitionInput input, Timestamp now,
                              std::set<std::vector<std::string>>& made, storage::Batch& batch) {
  const std::vector<std::string> values = input.values.value_or(std::vector<std::string>());
  TRY_VOID(check_partition_values(table.table, values));
  if (input.storage_descriptor) TRY_VOID(check_storage(*input.storage_descriptor));
  TRY(const auto existing, catalog.find_partition(table, values, View::kLatest));
  if (existing || !made.insert(values).second) return std::unexpected(partition_exists());
  catalog.put_partition(batch, table, partition_from(table.table, std::move(input), now));
  return {};
}

ApiResult<void> remove_partition(const Catalog& catalog, const StoredTable& table,
                                 const std::vector<std::string>& values, storage::Batch& batch) {
  TRY_VOID(check_partition_values(table.table, values));
  TRY(const auto existing, catalog.find_partition(table, values, View::kLatest));
  if (!existing) return std::unexpected(partition_not_found());
  catalog.erase_partition(batch, table, values);
  return {};
}

}  // namespace

protocol::Reply<api::CreatePartitionResponse> create_partition(Service& service,
                                                               const protocol::Context& context,
                                                               api::CreatePartitionRequest input) {
  CO_TRY_VOID(check_catalog(context, input.catalog_id));
  const Catalog catalog = service.catalog(context);
  auto turn = co_await service.enter(catalog.place());
  CO_TRY(const TableInDatabase found,
         require_table(catalog, input.database_name, input.table_name, View::kLatest));
  storage::Batch batch;
  std::set<std::vector<std::string>> made;
  CO_TRY_VOID(add_partition(catalog, found.table, std::move(input.partition_input),
                            service.deps.clock.now(), made, batch));
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::CreatePartitionResponse{};
}

protocol::Reply<api::BatchCreatePartitionResponse> batch_create_partition(
    Service& service, const protocol::Context& context, api::BatchCreatePartitionRequest input) {
  CO_TRY_VOID(check_catalog(context, input.catalog_id));
  const Catalog catalog = service.catalog(context);
  auto turn = co_await service.enter(catalog.place());
  CO_TRY(const TableInDatabase found,
         require_table(catalog, input.database_name, input.table_name, View::kLatest));
  api::BatchCreatePartitionResponse response;
  response.errors.emplace();
  storage::Batch batch;
  std::set<std::vector<std::string>> made;
  for (api::PartitionInput& partition : input.partition_input_list) {
    const std::vector<std::string> values = partition.values.value_or(std::vector<std::string>());
    const auto added = add_partition(catalog, found.table, std::move(partition),
                                     service.deps.clock.now(), made, batch);
    if (!added) response.errors->push_back(partition_error(values, added.error()));
  }
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return response;
}

// The values may change: the partition then moves to its new place.
protocol::Reply<api::UpdatePartitionResponse> update_partition(Service& service,
                                                               const protocol::Context& context,
                                                               api::UpdatePartitionRequest input) {
  CO_TRY_VOID(check_catalog(context, input.catalog_id));
  const Catalog catalog = service.catalog(context);
  auto turn = co_await service.enter(catalog.place());
  CO_TRY(const TableInDatabase found,
         require_table(catalog, input.database_name, input.table_name, View::kLatest));
  const std::vector<std::string>& old_values = input.partition_value_list;
  CO_TRY_VOID(check_partition_values(found.table.table, old_values));
  CO_TRY(const auto existing, catalog.find_partition(found.table, old_values, View::kLatest));
  if (!existing) co_return std::unexpected(partition_not_found());

  if (input.partition_input.storage_descriptor) {
    CO_TRY_VOID(check_storage(*input.partition_input.storage_descriptor));
  }
  if (!input.partition_input.values) input.partition_input.values = old_values;
  const std::vector<std::string> values = *input.partition_input.values;
  CO_TRY_VOID(check_partition_values(found.table.table, values));
  storage::Batch batch;
  if (values != old_values) {
    CO_TRY(const auto taken, catalog.find_partition(found.table, values, View::kLatest));
    if (taken) co_return std::unexpected(partition_exists());
    catalog.erase_partition(batch, found.table, old_values);
  }
  const Timestamp created = existing->creation_time.value_or(service.deps.clock.now());
  catalog.put_partition(
      batch, found.table,
      partition_from(found.table.table, std::move(input.partition_input), created));
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::UpdatePartitionResponse{};
}

protocol::Reply<api::DeletePartitionResponse> delete_partition(Service& service,
                                                               const protocol::Context& context,
                                                               api::DeletePartitionRequest input) {
  CO_TRY_VOID(check_catalog(context, input.catalog_id));
  const Catalog catalog = service.catalog(context);
  auto turn = co_await service.enter(catalog.place());
  CO_TRY(const TableInDatabase found,
         require_table(catalog, input.database_name, input.table_name, View::kLatest));
  storage::Batch batch;
  CO_TRY_VOID(remove_partition(catalog, found.table, input.partition_values, batch));
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::DeletePartitionResponse{};
}

protocol::Reply<api::BatchDeletePartitionResponse> batch_delete_partition(
    Service& service, const protocol::Context& context, api::BatchDeletePartitionRequest input) {
  CO_TRY_VOID(check_catalog(context, input.catalog_id));
  const Catalog catalog = service.catalog(context);
  auto turn = co_await service.enter(catalog.place());
  CO_TRY(const TableInDatabase found,
         require_table(catalog, input.database_name, input.table_name, View::kLatest));
  api::BatchDeletePartitionResponse response;
  response.errors.emplace();
  storage::Batch batch;
  for (const api::PartitionValueList& list : input.partitions_to_delete) {
    const auto removed = remove_partition(catalog, found.table, list.values, batch);
    if (!removed) response.errors->push_back(partition_error(list.values, removed.error()));
  }
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return response;
}

}  // namespace penstock::glue
