// UpdateTable: one change per call, effective at once.
#include <fmt/format.h>

#include <algorithm>

#include "services/dynamodb/backfill.h"
#include "services/dynamodb/describe.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/schema_check.h"
#include "services/dynamodb/tables.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

struct TableChange {
  Table next;
  storage::Batch batch;
  StreamPtr opened;
  std::string created_index;  // To be filled in the background.
};

bool changes_throughput(const api::UpdateTableInput& input) {
  return input.billing_mode || input.provisioned_throughput || input.on_demand_throughput;
}

bool changes_indexes(const api::UpdateTableInput& input, bool throughput) {
  if (!input.global_secondary_index_updates) return false;
  return std::ranges::any_of(
      *input.global_secondary_index_updates,
      [throughput](const auto& update) { return update.update.has_value() == throughput; });
}

ApiResult<void> check_supported(const api::UpdateTableInput& input) {
  if (input.sse_specification) return not_supported("SSESpecification");
  if (input.replica_updates) return not_supported("ReplicaUpdates");
  if (input.multi_region_consistency) return not_supported("MultiRegionConsistency");
  if (input.global_table_witness_updates) return not_supported("GlobalTableWitnessUpdates");
  if (input.warm_throughput) return not_supported("WarmThroughput");
  if (input.global_table_settings_replication_mode)
    return not_supported("GlobalTableSettingsReplicationMode");
  return {};
}

ApiResult<void> check_combination(const api::UpdateTableInput& input) {
  const bool iops = changes_throughput(input) || changes_indexes(input, true);
  const bool indexes = changes_indexes(input, false);
  const bool stream = input.stream_specification.has_value();
  const int others = iops + indexes + stream + (input.table_class ? 1 : 0);
  if (others == 0 && !input.deletion_protection_enabled) {
    return invalid(
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
        "GlobalSecondaryIndexUpdates, "
        "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, "
        "MultiRegionConsistency, "
        "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required");
  }
  if (input.table_class && (others > 1 || input.deletion_protection_enabled)) {
    return invalid_parameter("TableClass modification must be the only operation in the request");
  }
  if (input.deletion_protection_enabled && others > 0) {
    return invalid_parameter(
        "DeletionProtection modification must be the only operation in the request");
  }
  const bool to_on_demand =
      input.billing_mode == "PAY_PER_REQUEST" && !input.provisioned_throughput;
  if (stream && iops && !to_on_demand) {
    return invalid_parameter("You cannot modify stream status while updating table IOPS");
  }
  if (indexes && iops)
    return invalid_parameter("You cannot create or delete index while updating table IOPS");
  if (indexes && stream)
    return invalid_parameter("You cannot create or delete index while changing stream status");
  return {};
}

ApiResult<void> change_stream(Service& service, const api::UpdateTableInput& input,
                              TableChange& change) {
  const api::StreamSpecification& wanted = *input.stream_specification;
  Table& table = change.next;
  if (wanted.stream_enabled) {
    if (!wanted.stream_view_type) {
      return invalid_parameter("If stream is being enabled then UpdateViewType is required");
    }
    if (table.stream)
      return invalid(fmt::format("Table already has an enabled stream: TableName: {}", table.name));
    change.opened = open_stream(service, table, *wanted.stream_view_type, change.batch);
    return {};
  }
  if (wanted.stream_view_type) {
    return invalid_parameter(
        "If stream is being disabled, then UpdateViewType must not be specified");
  }
  if (!table.stream)
    return invalid(fmt::format("Table has no stream to disable: TableName: {}", table.name));
  table.stream.reset();
  return {};
}

std::unexpected<ApiError> unchanged(const std::string& subject, const Throughput& current) {
  return invalid(
      fmt::format("The provisioned throughput for the {0} will not change. The requested value "
                  "equals the current value. Current "
                  "ReadCapacityUnits provisioned for the {0}: {1}. Requested ReadCapacityUnits: "
                  "{1}. Current WriteCapacityUnits "
                  "provisioned for the {0}: {2}. Requested WriteCapacityUnits: {2}. Refer to the "
                  "Amazon DynamoDB Developer Guide "
                  "for current limits and how to request higher limits.",
                  subject, current.read, current.write));
}

ApiResult<void> change_index_throughput(const api::UpdateTableInput& input, Table& table,
                                        bool mode_changes) {
  if (!input.global_secondary_index_updates) return {};
  for (const api::GlobalSecondaryIndexUpdate& update : *input.global_secondary_index_updates) {
    if (!update.update) continue;
    const std::string& name = update.update->index_name;
    const auto index = std::ranges::find(table.indexes, name, &Index::name);
    if (index == table.indexes.end() || !index->global) {
      return protocol::refuse("ResourceNotFoundException", "Requested resource not found");
    }
    if (update.update->warm_throughput) return not_supported("WarmThroughput");
    if (update.update->on_demand_throughput)
      index->on_demand_maximum = maximum_of(update.update->on_demand_throughput);
    if (!update.update->provisioned_throughput) continue;
    const api::ProvisionedThroughput& wanted = *update.update->provisioned_throughput;
    TRY_VOID(check_throughput(wanted));
    if (table.on_demand) {
      return invalid_parameter(
          fmt::format("ProvisionedThroughput should not be specified for index: {} when "
                      "BillingMode is PAY_PER_REQUEST",
                      name));
    }
    const Throughput next{wanted.read_capacity_units, wanted.write_capacity_units};
    if (!mode_changes && next == index->throughput) return unchanged("index " + name, next);
    index->throughput = next;
  }
  return {};
}

ApiResult<void> change_throughput(Service& service, const api::UpdateTableInput& input,
                                  Table& table) {
  const bool was_on_demand = table.on_demand;
  if (input.billing_mode == "PAY_PER_REQUEST") {
    if (input.provisioned_throughput) {
      return invalid_parameter(
          "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
          "PAY_PER_REQUEST");
    }
    table.on_demand = true;
    if (!was_on_demand) table.on_demand_since = service.deps.clock.now();
    table.throughput = {};
    for (Index& index : table.indexes) index.throughput = {};
  } else if (input.billing_mode == "PROVISIONED") {
    if (!input.provisioned_throughput && was_on_demand) {
      return invalid_parameter(
          "ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
    }
    table.on_demand = false;
    table.on_demand_since.reset();
  }
  if (input.provisioned_throughput) {
    TRY_VOID(check_throughput(*input.provisioned_throughput));
    if (table.on_demand) {
      return invalid_parameter(
          "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
          "PAY_PER_REQUEST");
    }
    const Throughput next{input.provisioned_throughput->read_capacity_units,
                          input.provisioned_throughput->write_capacity_units};
    const bool same = !was_on_demand && next == table.throughput && !changes_indexes(input, true);
    if (same) return unchanged("table", next);
    table.throughput = next;
    table.highest_throughput.read = std::max(table.highest_throughput.read, next.read);
    table.highest_throughput.write = std::max(table.highest_throughput.write, next.write);
  }
  TRY_VOID(change_index_throughput(input, table, was_on_demand && !table.on_demand));
  if (was_on_demand && !table.on_demand) {
    for (const Index& index : table.indexes) {
      if (index.global && index.throughput.read == 0) {
        return invalid_parameter(
            fmt::format("ProvisionedThroughput is not specified for index: {}", index.name));
      }
    }
  }
  if (input.on_demand_throughput) {
    if (!table.on_demand) {
      return invalid_parameter(
          "OnDemandThroughput can only be specified when BillingMode is PAY_PER_REQUEST");
    }
    table.on_demand_maximum = maximum_of(input.on_demand_throughput);
  }
  return {};
}

// AttributeDefinitions that no key needs any more go.
void prune_definitions(Table& table) {
  std::erase_if(table.definitions, [&table](const KeyAttribute& definition) {
    if (table.keys.contains(definition.name)) return false;
    return std::ranges::none_of(
        table.indexes, [&](const Index& index) { return index.keys.contains(definition.name); });
  });
}

ApiResult<void> create_index(Service& service, const api::UpdateTableInput& input,
                             const api::CreateGlobalSecondaryIndexAction& action,
                             TableChange& change) {
  Table& table = change.next;
  if (!input.attribute_definitions) {
    return invalid_parameter(
        fmt::format("AttributeDefinitions is not specified for index: {}", action.index_name));
  }
  TRY(std::vector<KeyAttribute> definitions, check_definitions(*input.attribute_definitions));
  for (const KeyAttribute& known : table.definitions) {
    if (std::ranges::find(definitions, known.name, &KeyAttribute::name) == definitions.end()) {
      definitions.push_back(known);
    }
  }
  if (table.find_index(action.index_name) != nullptr) {
    return invalid("Attempting to create an index which already exists");
  }
  TRY(Index index, check_new_index(table, definitions, action));
  const auto globals = std::ranges::count_if(table.indexes, &Index::global);
  if (static_cast<std::size_t>(globals) >= kGlobalIndexesMax) {
    return limit_exceeded(
        "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of "
        "20");
  }
  index.number = service.next_number();
  index.status = IndexStatus::kCreating;
  change.created_index = index.name;
  change.batch.put(storage::Family::kMeta, counter_key(), service.counter_value());
  table.definitions = std::move(definitions);
  table.indexes.push_back(std::move(index));
  prune_definitions(table);
  return {};
}

ApiResult<void> delete_index(const std::string& name, TableChange& change) {
  const Index* index = change.next.find_index(name);
  if (index == nullptr)
    return protocol::refuse("ResourceNotFoundException", "Requested resource not found");
  if (!index->global) {
    return invalid(
        fmt::format("Cannot delete an index that is not a GlobalSecondaryIndex: {}", name));
  }
  const std::string prefix = items_prefix(index->number);
  change.batch.erase_range(storage::Family::kItems, prefix, storage::prefix_end(prefix));
  std::erase_if(change.next.indexes, [&name](const Index& each) { return each.name == name; });
  prune_definitions(change.next);
  return {};
}

ApiResult<void> change_indexes(Service& service, const api::UpdateTableInput& input,
                               TableChange& change) {
  const auto& updates = *input.global_secondary_index_updates;
  for (const api::GlobalSecondaryIndexUpdate& update : updates) {
    if (!update.update && !update.create && !update.delete_) {
      return invalid_parameter(
          "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
          "GlobalSecondaryIndexUpdate.Delete must not be null");
    }
  }
  const bool filling = std::ranges::any_of(change.next.indexes, [](const Index& index) {
    return index.status == IndexStatus::kCreating;
  });
  if (updates.size() > 1 || filling) {
    return limit_exceeded(
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously "
        "per table");
  }
  if (updates.front().create) return create_index(service, input, *updates.front().create, change);
  return delete_index(updates.front().delete_->index_name, change);
}

ApiResult<TableChange> decide_change(Service& service, const api::UpdateTableInput& input,
                                     const Table& current) {
  TableChange change{.next = current, .batch = {}, .opened = nullptr, .created_index = {}};
  if (input.deletion_protection_enabled)
    change.next.deletion_protection = *input.deletion_protection_enabled;
  if (input.table_class) change.next.table_class = *input.table_class;
  if (changes_throughput(input) || changes_indexes(input, true)) {
    TRY_VOID(change_throughput(service, input, change.next));
  }
  if (input.stream_specification) TRY_VOID(change_stream(service, input, change));
  if (changes_indexes(input, false)) TRY_VOID(change_indexes(service, input, change));
  return change;
}

}  // namespace

Reply<api::UpdateTableOutput> update_table(Service& service, const Context& context,
                                           api::UpdateTableInput input) {
  CO_TRY(const std::string name, resolve_table_name(context, input.table_name));
  CO_TRY_VOID(check_supported(input));
  CO_TRY_VOID(check_combination(input));
  const auto turn =
      co_await service.control_turns.enter(hash_bytes(table_key(context.place(), name)));
  CO_TRY(const TablePtr live, look_up_table_by_name(service, context, name));
  CO_TRY(TableChange change, decide_change(service, input, live->table));

  api::UpdateTableOutput output;
  const bool settled =
      input.deletion_protection_enabled.has_value();  // AWS does this one synchronously.
  output.table_description =
      describe(service, change.next, {.status = settled ? "ACTIVE" : "UPDATING"});
  const std::string created_index = change.created_index;
  CO_TRY_VOID(co_await change_table(service, live, std::move(change.next), std::move(change.batch),
                                    std::move(change.opened)));
  if (!created_index.empty()) start_backfill(service, context.place(), name, created_index);
  co_return output;
}

}  // namespace penstock::dynamodb
