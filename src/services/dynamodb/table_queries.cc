// DescribeTable, ListTables, DeleteTable.
#include <algorithm>

#include "services/dynamodb/describe.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/history.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/tables.h"

namespace penstock::dynamodb {

Reply<api::DescribeTableOutput> describe_table(Service& service, const Context& context,
                                               api::DescribeTableInput input) {
  CO_TRY(const TablePtr live, look_up_table_by_name(service, context, input.table_name));
  api::DescribeTableOutput output;
  output.table = describe(service, live->table, {.with_warm_throughput = true});
  co_return output;
}

Reply<api::ListTablesOutput> list_tables(Service& service, const Context& context,
                                         api::ListTablesInput input) {
  const auto limit = static_cast<std::size_t>(input.limit.value_or(100));
  api::ListTablesOutput output;
  // One more than asked for tells whether the last name is among them.
  output.table_names = service.registry.table_names(
      context.place(), input.exclusive_start_table_name.value_or(""), limit + 1);
  if (output.table_names->size() > limit) {
    output.table_names->resize(limit);
    output.last_evaluated_table_name = output.table_names->back();
  }
  co_return output;
}

Reply<api::DeleteTableOutput> delete_table(Service& service, const Context& context,
                                           api::DeleteTableInput input) {
  CO_TRY(const std::string name, resolve_table_name(context, input.table_name));
  const auto turn =
      co_await service.control_turns.enter(hash_bytes(table_key(context.place(), name)));
  CO_TRY(const TablePtr live, look_up_table_by_name(service, context, name));
  if (live->table.is_filling()) {
    co_return resource_in_use("Table is being created: " + name);
  }
  if (service.history->is_backed_up_now(live->table.number)) {
    // The rule is documented, the wording ours.
    co_return resource_in_use("Table is being backed up: " + name);
  }
  if (live->table.deletion_protection) {
    co_return invalid(
        "Resource cannot be deleted as it is currently protected against deletion. Disable "
        "deletion protection first.");
  }
  const bool filling = std::ranges::any_of(live->table.indexes, [](const Index& index) {
    return index.status == IndexStatus::kCreating;
  });
  if (filling) {
    co_return still_in_use(
        "Cannot delete table while indexes are being created, updated, or deleted.");
  }
  api::DeleteTableOutput output;
  output.table_description = describe_deleted(service, live->table);
  CO_TRY_VOID(co_await remove_table(service, live));
  co_return output;
}

}  // namespace penstock::dynamodb
