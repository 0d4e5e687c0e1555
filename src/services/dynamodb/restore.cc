// The table that a restore makes. It goes through the checks of CreateTable, as the request that
// would make it.
#include "services/dynamodb/restore.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/dynamodb/describe.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/schema_check.h"
#include "services/dynamodb/tables.h"
#include "services/dynamodb/throughput_rules.h"
#include "services/dynamodb/transfers.h"

namespace penstock::dynamodb {
namespace {

using KeyElements = std::vector<api::KeySchemaElement>;

api::ProvisionedThroughput plain(const api::ProvisionedThroughputDescription& shown) {
  return {shown.read_capacity_units.value_or(0), shown.write_capacity_units.value_or(0)};
}

// The request that would make a table like this one.
api::CreateTableInput request_like(const Service& service, const Table& source) {
  api::TableDescription shown = describe(service, source, {});
  api::CreateTableInput request;
  request.key_schema = std::move(*shown.key_schema);
  request.attribute_definitions = std::move(*shown.attribute_definitions);
  request.billing_mode = source.on_demand ? "PAY_PER_REQUEST" : "PROVISIONED";
  if (!source.on_demand) request.provisioned_throughput = plain(*shown.provisioned_throughput);
  request.on_demand_throughput = shown.on_demand_throughput;
  if (!source.table_class.empty()) request.table_class = source.table_class;
  if (shown.local_secondary_indexes) {
    request.local_secondary_indexes.emplace();
    for (auto& index : *shown.local_secondary_indexes) {
      api::LocalSecondaryIndex& wanted = request.local_secondary_indexes->emplace_back();
      wanted.index_name = *index.index_name;
      wanted.key_schema = std::move(*index.key_schema);
      wanted.projection = std::move(*index.projection);
    }
  }
  if (shown.global_secondary_indexes) {
    request.global_secondary_indexes.emplace();
    for (auto& index : *shown.global_secondary_indexes) {
      api::GlobalSecondaryIndex& wanted = request.global_secondary_indexes->emplace_back();
      wanted.index_name = *index.index_name;
      wanted.key_schema = std::move(*index.key_schema);
      wanted.projection = std::move(*index.projection);
      if (!source.on_demand) wanted.provisioned_throughput = plain(*index.provisioned_throughput);
      wanted.on_demand_throughput = index.on_demand_throughput;
    }
  }
  return request;
}

bool same_keys(const KeyElements& a, const KeyElements& b) {
  return std::ranges::equal(
      a, b, [](const api::KeySchemaElement& left, const api::KeySchemaElement& right) {
        return left.attribute_name == right.attribute_name && left.key_type == right.key_type;
      });
}

bool same_projection(const api::Projection& a, const api::Projection& b) {
  auto left = a.non_key_attributes.value_or(std::vector<std::string>{});
  auto right = b.non_key_attributes.value_or(std::vector<std::string>{});
  std::ranges::sort(left);
  std::ranges::sort(right);
  return a.projection_type == b.projection_type && left == right;
}

// The indexes named by the override, each of which must be one of `known`. What the override does
// not say of an index's capacity stays.
template <typename IndexShape>
ApiResult<void> choose_indexes(std::optional<std::vector<IndexShape>>& known,
                               std::optional<std::vector<IndexShape>> chosen) {
  if (!chosen) return {};
  std::vector<IndexShape> kept;
  for (IndexShape& wanted : *chosen) {
    const auto same = [&wanted](const IndexShape& index) {
      return index.index_name == wanted.index_name &&
             same_keys(index.key_schema, wanted.key_schema) &&
             same_projection(index.projection, wanted.projection);
    };
    auto found = known ? std::ranges::find_if(*known, same) : decltype(known->begin()){};
    if (!known || found == known->end()) {
      // The rule is documented, the wording ours.
      return invalid_parameter(fmt::format(
          "Index override must match an existing index of the source: {}", wanted.index_name));
    }
    if constexpr (requires { wanted.provisioned_throughput; }) {
      if (!wanted.provisioned_throughput) {
        wanted.provisioned_throughput = found->provisioned_throughput;
      }
      if (!wanted.on_demand_throughput) wanted.on_demand_throughput = found->on_demand_throughput;
    }
    kept.push_back(std::move(wanted));
  }
  known.reset();
  if (!kept.empty()) known = std::move(kept);
  return {};
}

void drop_provisioned(api::CreateTableInput& request) {
  request.provisioned_throughput.reset();
  if (!request.global_secondary_indexes) return;
  for (auto& index : *request.global_secondary_indexes) index.provisioned_throughput.reset();
}

// AttributeDefinitions that no key of the restored table needs go.
void prune_requested(api::CreateTableInput& request) {
  const auto in = [](const KeyElements& keys, const std::string& name) {
    return std::ranges::find(keys, name, &api::KeySchemaElement::attribute_name) != keys.end();
  };
  std::erase_if(*request.attribute_definitions, [&](const api::AttributeDefinition& definition) {
    const std::string& name = definition.attribute_name;
    const auto uses = [&](const auto& index) { return in(index.key_schema, name); };
    if (in(*request.key_schema, name)) return false;
    if (request.local_secondary_indexes &&
        std::ranges::any_of(*request.local_secondary_indexes, uses)) {
      return false;
    }
    return !request.global_secondary_indexes ||
           std::ranges::none_of(*request.global_secondary_indexes, uses);
  });
}

}  // namespace

ApiResult<Table> restored_table(const Service& service, const Table& source,
                                const std::string& target, RestoreOverrides overrides) {
  api::CreateTableInput request = request_like(service, source);
  request.table_name = target;
  if (overrides.billing_mode && *overrides.billing_mode != *request.billing_mode) {
    request.billing_mode = overrides.billing_mode;
    if (*request.billing_mode == "PAY_PER_REQUEST") {
      drop_provisioned(request);
    } else {
      request.on_demand_throughput.reset();
    }
  }
  TRY_VOID(choose_indexes(request.global_secondary_indexes, std::move(overrides.global_indexes)));
  TRY_VOID(choose_indexes(request.local_secondary_indexes, std::move(overrides.local_indexes)));
  if (overrides.throughput) request.provisioned_throughput = overrides.throughput;
  if (overrides.on_demand_throughput) {
    request.on_demand_throughput = overrides.on_demand_throughput;
  }
  request.sse_specification = std::move(overrides.encryption);
  prune_requested(request);
  return check_create(request);
}

Reply<api::TableDescription> begin_restore(Service& service, const protocol::Context& context,
                                           Table target, Restore restore, RestoreJob job) {
  const TablePtr existing =
      service.registry.find_table(context.account, context.region, target.name);
  if (existing != nullptr) {
    if (existing->table.is_filling()) co_return table_in_use(target.name);
    co_return restore_target_exists(target.name);
  }
  if (import_reserves(service, context.place(), target.name)) co_return table_in_use(target.name);
  if (service.history->restores().size() >= kRestoresMax) {
    co_return limit_exceeded(
        "Subscriber limit exceeded: Only 50 restores can run at the same time");
  }
  if (service.registry.table_count(context.place()) >= kTablesMax) co_return too_many_tables();
  target.place = context.place();
  CO_TRY_VOID(check_quotas(target, provisioned_by_others(service, target)));
  target.created = service.deps.clock.now();
  target.id = service.deps.random.uuid();
  target.number = service.next_number();
  target.version = 1;
  for (Index& index : target.indexes) index.number = service.next_number();
  restore.in_progress = true;
  target.restore = std::move(restore);
  job.place = target.place;
  job.target = target.name;
  job.target_number = target.number;

  if (!service.history->begin_restore(job, target.restore->backup_arn)) {
    co_return backup_not_found(target.restore->backup_arn);
  }
  storage::Batch batch;
  batch.put(storage::Family::kMeta, counter_key(), service.counter_value());
  batch.put(storage::Family::kMeta, table_key(target.place, target.name), encode_table(target));
  batch.put(storage::Family::kMeta, restore_key(target.number), encode_restore(job));
  const Status committed = co_await service.deps.store.commit(std::move(batch));
  if (!committed) {
    service.history->erase_restore(target.number);
    co_return std::unexpected(ApiError(committed.error()));
  }
  auto sequencer = std::make_shared<Sequencer>();
  sequencer->version = target.version;
  auto live = std::make_shared<LiveTable>(LiveTable{std::move(target), std::move(sequencer)});
  service.registry.put_table(live);
  api::TableDescription description = describe(service, live->table, {});
  start_restore(service, std::move(job));
  co_return description;
}

}  // namespace penstock::dynamodb
