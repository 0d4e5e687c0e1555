// Looking up what requests name.
#include "services/glue/resolve.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/bytes.h"

namespace penstock::glue {

using protocol::ApiResult;

ApiResult<void> check_catalog(const protocol::Context& context,
                              const std::optional<std::string>& catalog_id) {
  if (!catalog_id || *catalog_id == context.account) return {};
  return std::unexpected(not_found(fmt::format("Catalog {} not found.", *catalog_id)));
}

ApiResult<StoredDatabase> require_database(const Catalog& catalog, const std::string& name,
                                           View view) {
  TRY(std::optional<StoredDatabase> database, catalog.find_database(name, view));
  if (!database) return std::unexpected(database_not_found(name));
  return std::move(*database);
}

ApiResult<TableInDatabase> require_table(const Catalog& catalog, const std::string& database,
                                         const std::string& table, View view) {
  TableInDatabase found;
  TRY(found.database, require_database(catalog, database, view));
  TRY(std::optional<StoredTable> stored, catalog.find_table(found.database, table, view));
  if (!stored) return std::unexpected(table_not_found(table));
  found.table = std::move(*stored);
  return found;
}

std::string database_arn(const Place& place, std::string_view name) {
  return fmt::format("arn:aws:glue:{}:{}:database/{}", place.region, place.account, to_lower(name));
}
std::string table_arn(const Place& place, std::string_view database, std::string_view name) {
  return fmt::format("arn:aws:glue:{}:{}:table/{}/{}", place.region, place.account,
                     to_lower(database), to_lower(name));
}
std::string crawler_arn(const Place& place, std::string_view name) {
  return fmt::format("arn:aws:glue:{}:{}:crawler/{}", place.region, place.account, name);
}

PageRequest page_request(const std::optional<std::string>& token,
                         std::optional<std::int32_t> max_results, std::size_t items_max) {
  PageRequest request{token, items_max};
  if (max_results) request.items_max = std::min(items_max, static_cast<std::size_t>(*max_results));
  return request;
}

}  // namespace penstock::glue
