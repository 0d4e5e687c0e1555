// UpdateTable, GetTableVersion, GetTableVersions: a table is replaced as a whole, and what it was
// is kept.
#include "services/glue/update_table.h"

#include <fmt/core.h>

#include <charconv>

#include "base/bytes.h"
#include "base/limits.h"
#include "services/glue/operations.h"
#include "services/glue/resolve.h"
#include "services/glue/table.h"

namespace penstock::glue {
namespace {

using protocol::ApiResult;

constexpr std::size_t kVersionsPageMax = 100;

ApiResult<void> check_update(const api::UpdateTableRequest& input) {
  TRY_VOID(refuse_if(input.transaction_id, "TransactionId"));
  TRY_VOID(refuse_if(input.view_update_action, "ViewUpdateAction"));
  TRY_VOID(refuse_if(input.update_open_table_format_input, "UpdateOpenTableFormatInput"));
  if (input.force.value_or(false)) return std::unexpected(unsupported("Force"));
  if (!input.table_input) return std::unexpected(invalid_input("TableInput must be specified."));
  if (input.name && to_lower(*input.name) != to_lower(input.table_input->name)) {
    return std::unexpected(invalid_input("Table cannot be renamed."));
  }
  return check_table_input(*input.table_input);
}

}  // namespace

ApiResult<void> replace_table(const Catalog& catalog, storage::Batch& batch,
                              const StoredDatabase& database, StoredTable& stored,
                              api::TableInput input, Timestamp now, bool archive) {
  const std::uint64_t version = version_of(stored.table);
  if (archive) {
    if (version >= limits::kGlueTableVersions) {
      return protocol::refuse("ResourceNumberLimitExceededException",
                              "Number of table versions exceeds the limit.");
    }
    catalog.put_version(batch, stored, version);
  }
  api::Table next = table_from(std::move(input));
  next.database_name = stored.table.database_name;
  next.create_time = stored.table.create_time;
  next.created_by = stored.table.created_by;
  next.catalog_id = stored.table.catalog_id;
  next.update_time = now;
  next.version_id = fmt::format("{}", version + 1);
  stored.table = std::move(next);
  catalog.put_table(batch, database, stored);
  return {};
}

protocol::Reply<api::UpdateTableResponse> update_table(Service& service,
                                                       const protocol::Context& context,
                                                       api::UpdateTableRequest input) {
  CO_TRY_VOID(check_catalog(context, input.catalog_id));
  CO_TRY_VOID(check_update(input));
  const Catalog catalog = service.catalog(context);
  auto turn = co_await service.enter(catalog.place());
  CO_TRY(TableInDatabase found,
         require_table(catalog, input.database_name, input.table_input->name, View::kLatest));
  if (input.version_id && input.version_id != found.table.table.version_id) {
    co_return protocol::refuse("ConcurrentModificationException",
                               "Update table failed due to concurrent modifications.");
  }
  storage::Batch batch;
  CO_TRY_VOID(replace_table(catalog, batch, found.database, found.table,
                            std::move(*input.table_input), service.deps.clock.now(),
                            !input.skip_archive.value_or(false)));
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::UpdateTableResponse{};
}

protocol::Reply<api::GetTableVersionResponse> get_table_version(Service& service,
                                                                const protocol::Context& context,
                                                                api::GetTableVersionRequest input) {
  CO_TRY_VOID(check_catalog(context, input.catalog_id));
  const Catalog catalog = service.catalog(context);
  CO_TRY(TableInDatabase found, require_table(catalog, input.database_name, input.table_name));
  std::optional<api::Table> table;
  if (!input.version_id || input.version_id == found.table.table.version_id) {
    table = std::move(found.table.table);
  } else {
    std::uint64_t version = 0;
    const char* end = input.version_id->data() + input.version_id->size();
    const auto [stop, error] = std::from_chars(input.version_id->data(), end, version);
    if (error != std::errc() || stop != end) {
      co_return std::unexpected(invalid_input("Version ID must be a number."));
    }
    CO_TRY(table, catalog.find_version(found.table, version));
  }
  if (!table) co_return std::unexpected(not_found("Version not found."));
  api::GetTableVersionResponse response;
  response.table_version.emplace().version_id = table->version_id;
  response.table_version->table = std::move(table);
  co_return response;
}

protocol::Reply<api::GetTableVersionsResponse> get_table_versions(
    Service& service, const protocol::Context& context, api::GetTableVersionsRequest input) {
  CO_TRY_VOID(check_catalog(context, input.catalog_id));
  const Catalog catalog = service.catalog(context);
  CO_TRY(TableInDatabase found, require_table(catalog, input.database_name, input.table_name));
  PageRequest request = page_request(input.next_token, input.max_results, kVersionsPageMax);
  api::GetTableVersionsResponse response;
  response.table_versions.emplace();
  const auto add = [&response](api::Table table) {
    api::TableVersion& version = response.table_versions->emplace_back();
    version.version_id = table.version_id;
    version.table = std::move(table);
  };
  // The table itself is its newest version; the archive follows, newest first.
  const bool first_page = !request.token;
  if (first_page && request.items_max == 1) {
    add(std::move(found.table.table));
    response.next_token =
        base64_encode(std::string_view("\0", 1));  // Before every archived version.
    co_return response;
  }
  if (first_page) --request.items_max;
  CO_TRY(Page<api::Table> page, checked(co_await run_blocking(service.deps.runtime, [&] {
           return catalog.list_versions(found.table, request);
         })));
  if (first_page) add(std::move(found.table.table));
  for (api::Table& table : page.items) add(std::move(table));
  response.next_token = std::move(page.next_token);
  co_return response;
}

}  // namespace penstock::glue
