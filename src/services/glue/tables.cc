// CreateTable, GetTable, GetTables, DeleteTable, BatchDeleteTable.
#include "base/bytes.h"
#include "services/glue/operations.h"
#include "services/glue/pattern.h"
#include "services/glue/resolve.h"
#include "services/glue/table.h"

namespace penstock::glue {
namespace {

using protocol::ApiResult;

constexpr std::size_t kTablesPageMax = 100;

ApiResult<void> check_create(const api::CreateTableRequest& input) {
  TRY_VOID(refuse_if(input.transaction_id, "TransactionId"));
  TRY_VOID(refuse_if(input.open_table_format_input, "OpenTableFormatInput"));
  if (input.partition_indexes && !input.partition_indexes->empty()) {
    return std::unexpected(unsupported("PartitionIndexes"));
  }
  if (!input.table_input) return std::unexpected(invalid_input("TableInput must be specified."));
  if (input.name && to_lower(*input.name) != to_lower(input.table_input->name)) {
    return std::unexpected(invalid_input("Name and TableInput.Name do not match."));
  }
  return check_table_input(*input.table_input);
}

ApiResult<void> check_view(const std::optional<std::string>& transaction_id,
                           const std::optional<Timestamp>& as_of) {
  TRY_VOID(refuse_if(transaction_id, "TransactionId"));
  return refuse_if(as_of, "QueryAsOfTime");
}

// Only what AttributesToGet names.
api::Table reduced(const api::Table& table, const std::vector<std::string>& attributes) {
  api::Table reduced;
  reduced.name = table.name;
  for (const std::string& attribute : attributes) {
    if (attribute == "TABLE_TYPE") reduced.table_type = table.table_type;
  }
  return reduced;
}

// Adds the removal of a table to the batch; false when there is none.
ApiResult<bool> remove_table(const Catalog& catalog, const StoredDatabase& database,
                             const std::string& name, storage::Batch& batch) {
  TRY(const std::optional<StoredTable> table, catalog.find_table(database, name, View::kLatest));
  if (!table) return false;
  catalog.erase_table(batch, database, *table);
  catalog.erase_tags(batch, table_arn(catalog.place(), database.database.name, table->table.name));
  return true;
}

}  // namespace

protocol::Reply<api::CreateTableResponse> create_table(Service& service,
                                                       const protocol::Context& context,
                                                       api::CreateTableRequest input) {
  CO_TRY_VOID(check_catalog(context, input.catalog_id));
  CO_TRY_VOID(check_create(input));
  const Catalog catalog = service.catalog(context);
  auto turn = co_await service.enter(catalog.place());
  CO_TRY(const StoredDatabase database,
         require_database(catalog, input.database_name, View::kLatest));
  CO_TRY(const auto existing, catalog.find_table(database, input.table_input->name, View::kLatest));
  if (existing) co_return std::unexpected(already_exists("Table already exists."));

  const Timestamp now = service.deps.clock.now();
  StoredTable stored{service.deps.random.uuid(), table_from(std::move(*input.table_input))};
  stored.table.database_name = database.database.name;
  stored.table.create_time = stored.table.update_time = now;
  stored.table.created_by = context.principal_arn;
  stored.table.catalog_id = context.account;
  stored.table.version_id = "0";
  storage::Batch batch;
  catalog.put_table(batch, database, stored);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::CreateTableResponse{};
}

protocol::Reply<api::GetTableResponse> get_table(Service& service, const protocol::Context& context,
                                                 api::GetTableRequest input) {
  CO_TRY_VOID(check_catalog(context, input.catalog_id));
  CO_TRY_VOID(check_view(input.transaction_id, input.query_as_of_time));
  CO_TRY(TableInDatabase found,
         require_table(service.catalog(context), input.database_name, input.name));
  api::GetTableResponse response;
  response.table = std::move(found.table.table);
  co_return response;
}

protocol::Reply<api::GetTablesResponse> get_tables(Service& service,
                                                   const protocol::Context& context,
                                                   api::GetTablesRequest input) {
  CO_TRY_VOID(check_catalog(context, input.catalog_id));
  CO_TRY_VOID(check_view(input.transaction_id, input.query_as_of_time));
  std::optional<Pattern> pattern;
  if (input.expression && !input.expression->empty()) {
    Result<Pattern> compiled = Pattern::regex(*input.expression);
    if (!compiled) {
      co_return std::unexpected(invalid_input("Invalid expression '" + *input.expression +
                                              "': " + compiled.error().message));
    }
    pattern = std::move(*compiled);
  }
  const Catalog catalog = service.catalog(context);
  CO_TRY(const StoredDatabase database, require_database(catalog, input.database_name));
  const PageRequest request = page_request(input.next_token, input.max_results, kTablesPageMax);
  CO_TRY(Page<StoredTable> page, checked(co_await run_blocking(service.deps.runtime, [&] {
           return catalog.list_tables(database, request, [&pattern](const std::string& name) {
             return !pattern || pattern->matches(name);
           });
         })));
  api::GetTablesResponse response;
  response.table_list.emplace();
  for (StoredTable& stored : page.items) {
    if (input.attributes_to_get && !input.attributes_to_get->empty()) {
      response.table_list->push_back(reduced(stored.table, *input.attributes_to_get));
    } else {
      response.table_list->push_back(std::move(stored.table));
    }
  }
  response.next_token = std::move(page.next_token);
  co_return response;
}

protocol::Reply<api::DeleteTableResponse> delete_table(Service& service,
                                                       const protocol::Context& context,
                                                       api::DeleteTableRequest input) {
  CO_TRY_VOID(check_catalog(context, input.catalog_id));
  CO_TRY_VOID(refuse_if(input.transaction_id, "TransactionId"));
  const Catalog catalog = service.catalog(context);
  auto turn = co_await service.enter(catalog.place());
  CO_TRY(const StoredDatabase database,
         require_database(catalog, input.database_name, View::kLatest));
  storage::Batch batch;
  CO_TRY(const bool removed, remove_table(catalog, database, input.name, batch));
  if (!removed) co_return std::unexpected(table_not_found(input.name));
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::DeleteTableResponse{};
}

protocol::Reply<api::BatchDeleteTableResponse> batch_delete_table(
    Service& service, const protocol::Context& context, api::BatchDeleteTableRequest input) {
  CO_TRY_VOID(check_catalog(context, input.catalog_id));
  CO_TRY_VOID(refuse_if(input.transaction_id, "TransactionId"));
  const Catalog catalog = service.catalog(context);
  auto turn = co_await service.enter(catalog.place());
  CO_TRY(const StoredDatabase database,
         require_database(catalog, input.database_name, View::kLatest));
  api::BatchDeleteTableResponse response;
  storage::Batch batch;
  for (const std::string& name : input.tables_to_delete) {
    CO_TRY(const bool removed, remove_table(catalog, database, name, batch));
    if (removed) continue;
    if (!response.errors) response.errors.emplace();
    api::TableError& error = response.errors->emplace_back();
    error.table_name = name;
    const protocol::ApiError reason = table_not_found(name);
    error.error_detail = api::ErrorDetail{reason.code, reason.message};
  }
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return response;
}

}  // namespace penstock::glue
