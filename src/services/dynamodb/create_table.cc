// CreateTable. The table is ready when the reply is: CREATING is what AWS shows in this reply, and
// the first DescribeTable says ACTIVE.
#include "services/dynamodb/describe.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/resource_policy.h"
#include "services/dynamodb/schema_check.h"
#include "services/dynamodb/tables.h"
#include "services/dynamodb/throughput_rules.h"
#include "services/dynamodb/transfers.h"

namespace penstock::dynamodb {

Reply<api::CreateTableOutput> create_table(Service& service, const Context& context,
                                           api::CreateTableInput input) {
  CO_TRY(input.table_name, resolve_table_name(context, input.table_name));
  CO_TRY(Table table, check_create(input));
  table.place = context.place();
  std::string policy;
  if (input.resource_policy) {
    CO_TRY(policy, canonical_policy(*input.resource_policy, false));
  }

  const auto turn =
      co_await service.control_turns.enter(hash_bytes(table_key(table.place, table.name)));
  const TablePtr existing =
      service.registry.find_table(context.account, context.region, table.name);
  if (existing != nullptr) {
    if (!existing->table.is_filling()) co_return table_exists(table.name);
    co_return resource_in_use("Table is being created: " + table.name);
  }
  if (import_reserves(service, table.place, table.name)) co_return table_exists(table.name);
  if (service.registry.table_count(table.place) >= kTablesMax) co_return too_many_tables();
  CO_TRY_VOID(check_quotas(table, provisioned_by_others(service, table)));
  table.created = service.deps.clock.now();
  table.id = service.deps.random.uuid();
  table.number = service.next_number();
  table.version = 1;
  for (Index& index : table.indexes) index.number = service.next_number();
  if (input.resource_policy) {
    table.policies.push_back({.stream_label = {},
                              .document = std::move(policy),
                              .revision = std::to_string(table.created.millis())});
  }
  if (input.tags) {
    for (api::Tag& tag : *input.tags)
      table.tags.emplace_back(std::move(tag.key), std::move(tag.value));
  }
  storage::Batch batch;
  StreamPtr stream;
  if (input.stream_specification && input.stream_specification->stream_enabled) {
    stream = open_stream(service, table, *input.stream_specification->stream_view_type, batch);
  }
  batch.put(storage::Family::kMeta, counter_key(), service.counter_value());
  batch.put(storage::Family::kMeta, table_key(table.place, table.name), encode_table(table));
  CO_TRY_VOID(co_await service.deps.store.commit(std::move(batch)));

  auto sequencer = std::make_shared<Sequencer>();
  sequencer->version = table.version;
  if (stream != nullptr) service.registry.put_stream(stream);
  auto live = std::make_shared<LiveTable>(LiveTable{std::move(table), std::move(sequencer)});
  service.registry.put_table(live);
  api::CreateTableOutput output;
  output.table_description = describe(service, live->table,
                                      {.status = "CREATING",
                                       .with_warm_throughput = input.warm_throughput.has_value(),
                                       .warm_status = "UPDATING"});
  co_return output;
}

}  // namespace penstock::dynamodb
