// The catalog as Athena shows it: one data catalog, whose databases and tables are Glue's.
#include <fmt/core.h>

#include "base/bytes.h"
#include "gen/glue/client.h"
#include "services/athena/athena.h"
#include "services/athena/errors.h"
#include "services/athena/operations.h"
#include "services/athena/paging.h"

namespace penstock::athena {
namespace {

using protocol::ApiError;
using protocol::ApiResult;
using protocol::Reply;

ApiResult<void> check_catalog(const std::string& name) {
  if (equals_ignore_case(name, "AwsDataCatalog")) return {};
  return std::unexpected(
      invalid_request("DATACATALOG_NOT_FOUND", fmt::format("DataCatalog {} was not found.", name)));
}

// What Glue refuses arrives as a MetadataException.
ApiError wrapped(ApiError error) {
  if (error.status >= 500) return error;
  return metadata_error(
      fmt::format("{} (Service: AmazonDataCatalog; Status Code: {}; Error Code: {})", error.message,
                  error.status, error.code));
}

api::Database database_of(glue::api::Database database) {
  api::Database out;
  out.name = std::move(database.name);
  out.description = std::move(database.description);
  out.parameters = std::move(database.parameters);
  return out;
}

std::vector<api::Column> columns_of(const std::optional<std::vector<glue::api::Column>>& columns) {
  std::vector<api::Column> out;
  if (!columns) return out;
  for (const glue::api::Column& column : *columns) {
    api::Column& made = out.emplace_back();
    made.name = column.name;
    made.type = column.type;
    made.comment = column.comment;
  }
  return out;
}

api::TableMetadata table_of(const glue::api::Table& table) {
  api::TableMetadata out;
  out.name = table.name;
  out.create_time = table.create_time;
  out.last_access_time = table.last_access_time;
  out.table_type = table.table_type.value_or("");
  out.partition_keys = columns_of(table.partition_keys);
  auto parameters = table.parameters.value_or(std::map<std::string, std::string>{});
  if (table.storage_descriptor) {
    const glue::api::StorageDescriptor& storage = *table.storage_descriptor;
    out.columns = columns_of(storage.columns);
    if (storage.location) parameters["location"] = *storage.location;
    if (storage.input_format) parameters["inputformat"] = *storage.input_format;
    if (storage.output_format) parameters["outputformat"] = *storage.output_format;
    if (storage.serde_info) {
      parameters["serde.serialization.lib"] =
          storage.serde_info->serialization_library.value_or("");
      for (const auto& [name, value] :
           storage.serde_info->parameters.value_or(std::map<std::string, std::string>{})) {
        parameters["serde.param." + name] = value;
      }
    }
  }
  out.parameters = std::move(parameters);
  return out;
}

}  // namespace

Reply<api::ListDataCatalogsOutput> list_data_catalogs(Service&, const protocol::Context&,
                                                      api::ListDataCatalogsInput) {
  api::ListDataCatalogsOutput output;
  api::DataCatalogSummary& summary = output.data_catalogs_summary.emplace().emplace_back();
  summary.catalog_name = "AwsDataCatalog";
  summary.type = "GLUE";
  co_return output;
}

Reply<api::GetDataCatalogOutput> get_data_catalog(Service&, const protocol::Context& context,
                                                  api::GetDataCatalogInput input) {
  if (auto known = check_catalog(input.name); !known) {
    co_return std::unexpected(std::move(known).error());
  }
  api::GetDataCatalogOutput output;
  api::DataCatalog& catalog = output.data_catalog.emplace();
  catalog.name = "AwsDataCatalog";
  catalog.description = "AWS Glue Data Catalog";
  catalog.type = "GLUE";
  catalog.parameters = std::map<std::string, std::string>{{"catalog-id", context.account}};
  co_return output;
}

Reply<api::ListDatabasesOutput> list_databases(Service& service, const protocol::Context& context,
                                               api::ListDatabasesInput input) {
  if (auto known = check_catalog(input.catalog_name); !known) {
    co_return std::unexpected(std::move(known).error());
  }
  glue::api::GetDatabasesRequest request;
  request.next_token = std::move(input.next_token);
  request.max_results = input.max_results;
  auto page = co_await glue::Client(service.deps.glue).get_databases(context, std::move(request));
  if (!page) co_return std::unexpected(wrapped(std::move(page).error()));
  api::ListDatabasesOutput output;
  auto& list = output.database_list.emplace();
  for (glue::api::Database& database : page->database_list) {
    list.push_back(database_of(std::move(database)));
  }
  output.next_token = std::move(page->next_token);
  co_return output;
}

Reply<api::GetDatabaseOutput> get_database(Service& service, const protocol::Context& context,
                                           api::GetDatabaseInput input) {
  if (auto known = check_catalog(input.catalog_name); !known) {
    co_return std::unexpected(std::move(known).error());
  }
  glue::api::GetDatabaseRequest request;
  request.name = to_lower(input.database_name);
  auto found = co_await glue::Client(service.deps.glue).get_database(context, std::move(request));
  if (!found) co_return std::unexpected(wrapped(std::move(found).error()));
  api::GetDatabaseOutput output;
  if (found->database) output.database = database_of(std::move(*found->database));
  co_return output;
}

Reply<api::ListTableMetadataOutput> list_table_metadata(Service& service,
                                                        const protocol::Context& context,
                                                        api::ListTableMetadataInput input) {
  if (auto known = check_catalog(input.catalog_name); !known) {
    co_return std::unexpected(std::move(known).error());
  }
  glue::api::GetTablesRequest request;
  request.database_name = to_lower(input.database_name);
  request.expression = std::move(input.expression);
  request.next_token = std::move(input.next_token);
  request.max_results = static_cast<std::int32_t>(page_size(input.max_results, 50));
  auto page = co_await glue::Client(service.deps.glue).get_tables(context, std::move(request));
  if (!page) co_return std::unexpected(wrapped(std::move(page).error()));
  api::ListTableMetadataOutput output;
  auto& list = output.table_metadata_list.emplace();
  if (page->table_list) {
    for (const glue::api::Table& table : *page->table_list) list.push_back(table_of(table));
  }
  output.next_token = std::move(page->next_token);
  co_return output;
}

Reply<api::GetTableMetadataOutput> get_table_metadata(Service& service,
                                                      const protocol::Context& context,
                                                      api::GetTableMetadataInput input) {
  if (auto known = check_catalog(input.catalog_name); !known) {
    co_return std::unexpected(std::move(known).error());
  }
  glue::api::GetTableRequest request;
  request.database_name = to_lower(input.database_name);
  request.name = to_lower(input.table_name);
  auto found = co_await glue::Client(service.deps.glue).get_table(context, std::move(request));
  if (!found) co_return std::unexpected(wrapped(std::move(found).error()));
  api::GetTableMetadataOutput output;
  if (found->table) output.table_metadata = table_of(*found->table);
  co_return output;
}

Reply<api::ListEngineVersionsOutput> list_engine_versions(Service&, const protocol::Context&,
                                                          api::ListEngineVersionsInput) {
  api::ListEngineVersionsOutput output;
  auto& versions = output.engine_versions.emplace();
  for (const char* selected : {"AUTO", "Athena engine version 3"}) {
    api::EngineVersion& version = versions.emplace_back();
    version.selected_engine_version = selected;
    version.effective_engine_version = "Athena engine version 3";
  }
  co_return output;
}

}  // namespace penstock::athena
