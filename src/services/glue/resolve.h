// What the operations of the catalog have in common: names to objects, refusals of what is not
// served.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/api_error.h"
#include "services/glue/errors.h"
#include "services/glue/glue.h"

namespace penstock::glue {

// The domain's kInvalid becomes InvalidInputException.
template <typename T>
protocol::ApiResult<T> checked(Result<T> result) {
  if (!result) return std::unexpected(refusal(result.error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

// One catalog per account: another CatalogId is not found.
protocol::ApiResult<void> check_catalog(const protocol::Context& context,
                                        const std::optional<std::string>& catalog_id);

protocol::ApiResult<StoredDatabase> require_database(const Catalog& catalog,
                                                     const std::string& name,
                                                     View view = View::kDurable);

struct TableInDatabase {
  StoredDatabase database;
  StoredTable table;
};
protocol::ApiResult<TableInDatabase> require_table(const Catalog& catalog,
                                                   const std::string& database,
                                                   const std::string& table,
                                                   View view = View::kDurable);

// Refuses a member that is set, by its name.
template <typename T>
protocol::ApiResult<void> refuse_if(const T& member, std::string_view name) {
  if (!member) return {};
  return std::unexpected(unsupported(name));
}

std::string database_arn(const Place& place, std::string_view name);
std::string table_arn(const Place& place, std::string_view database, std::string_view name);
std::string crawler_arn(const Place& place, std::string_view name);

PageRequest page_request(const std::optional<std::string>& token,
                         std::optional<std::int32_t> max_results, std::size_t items_max);

}  // namespace penstock::glue
