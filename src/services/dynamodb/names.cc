// From what a request calls a table to the table.
#include "services/dynamodb/names.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/write.h"

namespace penstock::dynamodb {
namespace {

constexpr std::size_t kNameMin = 3;
constexpr std::size_t kNameMax = 255;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

ApiResult<void> check_name(std::string_view name) {
  std::string faults;
  int count = 0;
  const auto add = [&](std::string_view constraint) {
    if (count++ > 0) faults += "; ";
    faults +=
        fmt::format("Value '{}' at 'tableName' failed to satisfy constraint: {}", name, constraint);
  };
  if (name.size() < kNameMin) add("Member must have length greater than or equal to 3");
  if (name.size() > kNameMax) add("Member must have length less than or equal to 255");
  if (!std::ranges::all_of(name, is_name_character)) {
    add("Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
  }
  if (count == 0) return {};
  return invalid(
      fmt::format("{} validation error{} detected: {}", count, count == 1 ? "" : "s", faults));
}

// arn:aws:dynamodb:<region>:<account>:table/<name>
std::string arn_prefix(const protocol::Context& context) { return table_arn(context.place(), {}); }

}  // namespace

ApiResult<std::string> resolve_table_name(const protocol::Context& context, std::string_view name) {
  if (name.starts_with("arn:")) {
    const std::string prefix = arn_prefix(context);
    // A table of another account or region is not here.
    if (!name.starts_with(prefix)) return item_table_not_found();
    name.remove_prefix(prefix.size());
  }
  TRY_VOID(check_name(name));
  return std::string(name);
}

ApiResult<void> check_table_name(std::string_view name) {
  if (name.starts_with("arn:")) return {};
  return check_name(name);
}

ApiResult<TablePtr> look_up_table(Service& service, const protocol::Context& context,
                                  std::string_view name) {
  // A name that is found needs no check.
  TablePtr live = service.registry.find_table(context.account, context.region, name);
  // A restored table has no items before it is ACTIVE.
  if (live != nullptr && live->table.is_filling()) return item_table_not_found();
  if (live != nullptr) return live;
  TRY(const std::string resolved, resolve_table_name(context, name));
  live = service.registry.find_table(context.account, context.region, resolved);
  if (live == nullptr || live->table.is_filling()) return item_table_not_found();
  return live;
}

ApiResult<TableWrite> look_up_for_write(Service& service, const protocol::Context& context,
                                        std::string_view name) {
  TRY(TablePtr live, look_up_table(service, context, name));
  return TableWrite{std::move(live), {}, {}};
}

ApiResult<TablePtr> look_up_table_by_name(Service& service, const protocol::Context& context,
                                          std::string_view name) {
  TRY(const std::string resolved, resolve_table_name(context, name));
  TablePtr live = service.registry.find_table(context.account, context.region, resolved);
  if (live == nullptr) return table_not_found(resolved);
  return live;
}

ApiResult<TablePtr> look_up_table_by_arn(Service& service, const protocol::Context& context,
                                         std::string_view arn) {
  if (!arn.starts_with("arn:"))
    return invalid_parameter(fmt::format("ARNs must start with 'arn:': {}", arn));
  const bool is_table =
      arn.starts_with("arn:aws:dynamodb:") && arn.find(":table/") != std::string_view::npos;
  if (!is_table || arn.find("/index/") != std::string_view::npos) {
    return invalid_parameter(
        fmt::format("Invalid resource arn provided, only table or stream is accepted. Provided "
                    "resource arn: {}",
                    arn));
  }
  const std::string prefix = arn_prefix(context);
  if (!arn.starts_with(prefix)) return resource_arn_not_found(arn);
  const std::string_view name = arn.substr(prefix.size());
  TablePtr live =
      service.registry.find_table(context.account, context.region, name.substr(0, name.find('/')));
  if (live == nullptr || live->table.is_filling()) return resource_arn_not_found(arn);
  return live;
}

}  // namespace penstock::dynamodb
