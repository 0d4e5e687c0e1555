// CreateDatabase, GetDatabase, GetDatabases, UpdateDatabase, DeleteDatabase.
#include <algorithm>

#include "base/bytes.h"
#include "services/glue/operations.h"
#include "services/glue/resolve.h"

namespace penstock::glue {
namespace {

using protocol::ApiResult;

constexpr std::size_t kDatabasesPageMax = 100;

// What AWS grants by default: the permissions of IAM decide.
std::vector<api::PrincipalPermissions> default_permissions() {
  api::PrincipalPermissions all;
  all.principal.emplace().data_lake_principal_identifier = "IAM_ALLOWED_PRINCIPALS";
  all.permissions = {"ALL"};
  return {all};
}

bool is_default(const std::vector<api::PrincipalPermissions>& permissions) {
  return permissions.size() == 1 && permissions[0].principal &&
         permissions[0].principal->data_lake_principal_identifier == "IAM_ALLOWED_PRINCIPALS" &&
         permissions[0].permissions == std::vector<std::string>{"ALL"};
}

ApiResult<void> check_input(const api::DatabaseInput& input) {
  TRY_VOID(refuse_if(input.target_database, "DatabaseInput.TargetDatabase"));
  TRY_VOID(refuse_if(input.federated_database, "DatabaseInput.FederatedDatabase"));
  const auto& permissions = input.create_table_default_permissions;
  if (permissions && !permissions->empty() && !is_default(*permissions)) {
    return std::unexpected(
        unsupported("DatabaseInput.CreateTableDefaultPermissions (Lake Formation)"));
  }
  return {};
}

api::Database database_from(const protocol::Context& context, api::DatabaseInput input) {
  api::Database database;
  database.name = to_lower(input.name);
  database.description = std::move(input.description);
  database.location_uri = std::move(input.location_uri);
  database.parameters = std::move(input.parameters);
  database.create_table_default_permissions =
      input.create_table_default_permissions.value_or(default_permissions());
  database.catalog_id = context.account;
  return database;
}

}  // namespace

protocol::Reply<api::CreateDatabaseResponse> create_database(Service& service,
                                                             const protocol::Context& context,
                                                             api::CreateDatabaseRequest input) {
  CO_TRY_VOID(check_catalog(context, input.catalog_id));
  CO_TRY_VOID(check_input(input.database_input));
  const Catalog catalog = service.catalog(context);
  auto turn = co_await service.enter(catalog.place());
  CO_TRY(const auto existing, catalog.find_database(input.database_input.name, View::kLatest));
  if (existing) co_return std::unexpected(already_exists("Database already exists."));

  StoredDatabase stored{service.deps.random.uuid(),
                        database_from(context, std::move(input.database_input))};
  stored.database.create_time = service.deps.clock.now();
  storage::Batch batch;
  catalog.put_database(batch, stored);
  if (input.tags && !input.tags->empty()) {
    catalog.put_tags(batch, database_arn(catalog.place(), stored.database.name), *input.tags);
  }
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::CreateDatabaseResponse{};
}

protocol::Reply<api::GetDatabaseResponse> get_database(Service& service,
                                                       const protocol::Context& context,
                                                       api::GetDatabaseRequest input) {
  CO_TRY_VOID(check_catalog(context, input.catalog_id));
  CO_TRY(StoredDatabase found, require_database(service.catalog(context), input.name));
  api::GetDatabaseResponse response;
  response.database = std::move(found.database);
  co_return response;
}

protocol::Reply<api::GetDatabasesResponse> get_databases(Service& service,
                                                         const protocol::Context& context,
                                                         api::GetDatabasesRequest input) {
  CO_TRY_VOID(check_catalog(context, input.catalog_id));
  api::GetDatabasesResponse response;
  // Databases of other accounts and federated ones do not exist here.
  if (input.resource_share_type == "FOREIGN" || input.resource_share_type == "FEDERATED") {
    co_return response;
  }
  const Catalog catalog = service.catalog(context);
  const PageRequest request = page_request(input.next_token, input.max_results, kDatabasesPageMax);
  CO_TRY(Page<StoredDatabase> page, checked(co_await run_blocking(service.deps.runtime, [&] {
           return catalog.list_databases(request);
         })));
  for (StoredDatabase& stored : page.items) {
    if (input.attributes_to_get && !input.attributes_to_get->empty()) {
      api::Database named;
      named.name = stored.database.name;
      response.database_list.push_back(std::move(named));
    } else {
      response.database_list.push_back(std::move(stored.database));
    }
  }
  response.next_token = std::move(page.next_token);
  co_return response;
}

protocol::Reply<api::UpdateDatabaseResponse> update_database(Service& service,
                                                             const protocol::Context& context,
                                                             api::UpdateDatabaseRequest input) {
  CO_TRY_VOID(check_catalog(context, input.catalog_id));
  CO_TRY_VOID(check_input(input.database_input));
  const Catalog catalog = service.catalog(context);
  auto turn = co_await service.enter(catalog.place());
  CO_TRY(StoredDatabase stored, require_database(catalog, input.name, View::kLatest));
  if (to_lower(input.database_input.name) != stored.database.name) {
    co_return std::unexpected(invalid_input("Database cannot be renamed."));
  }
  const auto created = stored.database.create_time;
  stored.database = database_from(context, std::move(input.database_input));
  stored.database.create_time = created;
  storage::Batch batch;
  catalog.put_database(batch, stored);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::UpdateDatabaseResponse{};
}

// The tables go with the database. AWS removes them later; nobody can reach them in either case.
protocol::Reply<api::DeleteDatabaseResponse> delete_database(Service& service,
                                                             const protocol::Context& context,
                                                             api::DeleteDatabaseRequest input) {
  CO_TRY_VOID(check_catalog(context, input.catalog_id));
  const Catalog catalog = service.catalog(context);
  auto turn = co_await service.enter(catalog.place());
  CO_TRY(const StoredDatabase database, require_database(catalog, input.name, View::kLatest));
  storage::Batch batch;
  PageRequest request;
  do {
    CO_TRY(Page<StoredTable> page, co_await run_blocking(service.deps.runtime, [&] {
             return catalog.list_tables(database, request, {});
           }));
    for (const StoredTable& table : page.items) {
      catalog.erase_table(batch, database, table);
      catalog.erase_tags(batch,
                         table_arn(catalog.place(), database.database.name, table.table.name));
    }
    request.token = std::move(page.next_token);
  } while (request.token);
  catalog.erase_database(batch, database);
  catalog.erase_tags(batch, database_arn(catalog.place(), database.database.name));
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::DeleteDatabaseResponse{};
}

}  // namespace penstock::glue
