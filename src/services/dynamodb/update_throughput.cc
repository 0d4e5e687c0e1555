// Changes of throughput. What AWS takes and refuses was measured in 2026.
#include "services/dynamodb/update_throughput.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/dynamodb/throughput_rules.h"

namespace penstock::dynamodb {
namespace {

std::unexpected<ApiError> unchanged(const std::string& index, const Throughput& current) {
  const std::string subject = index.empty() ? "the table" : "the index " + index;
  const std::string whose = index.empty() ? "the table" : "index " + index;
  return invalid(
      fmt::format("The provisioned throughput for {0} will not change. The requested value "
                  "equals the current value. Current ReadCapacityUnits provisioned for {1}: {2}. "
                  "Requested ReadCapacityUnits: {2}. Current WriteCapacityUnits provisioned for "
                  "{1}: {3}. Requested WriteCapacityUnits: {3}. Refer to the Amazon DynamoDB "
                  "Developer Guide for current limits and how to request higher limits.",
                  subject, whose, current.read, current.write));
}

const api::UpdateGlobalSecondaryIndexAction* action_for(const api::UpdateTableInput& input,
                                                        const std::string& index) {
  if (!input.global_secondary_index_updates) return nullptr;
  for (const auto& update : *input.global_secondary_index_updates) {
    if (update.update && update.update->index_name == index) return &*update.update;
  }
  return nullptr;
}

// Counters and maxima belong to a billing mode.
void switch_to_on_demand(Table& table, Timestamp now) {
  table.on_demand = true;
  table.on_demand_since = now;
  const auto settle = [](Throughput& throughput, Throughput& warm, ThroughputHistory& history) {
    throughput = {};
    warm = max_of(warm, kOnDemandWarm);
    history.decreased.reset();
    history.decreases = 0;
  };
  settle(table.throughput, table.warm, table.history);
  for (Index& index : table.indexes) {
    if (index.global) settle(index.throughput, index.warm, index.history);
  }
}

ApiResult<void> switch_to_provisioned(const api::UpdateTableInput& input, Table& table) {
  if (!table.on_demand) return {};
  for (const Index& index : table.indexes) {
    if (!index.global) continue;
    const auto* action = action_for(input, index.name);
    if (action == nullptr || !action->provisioned_throughput) {
      return invalid_parameter("ProvisionedThroughput must be specified for index: " + index.name);
    }
  }
  table.on_demand = false;
  if (!table.on_demand_since) table.on_demand_since = table.created;
  table.on_demand_maximum.reset();
  for (Index& index : table.indexes) index.on_demand_maximum.reset();
  return {};
}

ApiResult<void> set_provisioned(const api::ProvisionedThroughput& wanted, Timestamp now,
                                const std::string& index, Throughput& current, Throughput& warm,
                                ThroughputHistory& history) {
  const Throughput next = throughput_of(wanted);
  if (next == current) return unchanged(index, next);
  TRY_VOID(change_provisioned(next, now, current, history));
  warm = max_of(warm, next);
  return {};
}

ApiResult<void> update_index(const api::UpdateGlobalSecondaryIndexAction& action, Timestamp now,
                             Table& table) {
  TRY(Index * index, global_index(table, action.index_name, "update"));
  if (action.provisioned_throughput) TRY_VOID(check_throughput(*action.provisioned_throughput));
  const bool something =
      action.provisioned_throughput || action.on_demand_throughput || action.warm_throughput;
  if (table.on_demand && (action.provisioned_throughput || !something)) {
    return invalid_parameter(
        fmt::format("The only Updates for index: {} when TableThroughputMode is PAY_PER_REQUEST "
                    "can be to OnDemandThroughput, WarmThroughput",
                    index->name));
  }
  if (!something) {
    return invalid_parameter("ProvisionedThroughput must be specified for index: " + index->name);
  }
  if (action.provisioned_throughput) {
    TRY_VOID(set_provisioned(*action.provisioned_throughput, now, index->name, index->throughput,
                             index->warm, index->history));
  }
  if (action.on_demand_throughput) {
    TRY_VOID(change_maximum(*action.on_demand_throughput, table.on_demand, index->name,
                            index->on_demand_maximum));
  }
  if (action.warm_throughput)
    TRY_VOID(raise_warm(*action.warm_throughput, index->name, index->warm));
  return {};
}

}  // namespace

ApiResult<Index*> global_index(Table& table, const std::string& name, const char* verb) {
  const auto index = std::ranges::find(table.indexes, name, &Index::name);
  if (index == table.indexes.end()) {
    return protocol::refuse(
        "ResourceNotFoundException",
        fmt::format("Requested resource not found: Index {} for table {}", name, table.name));
  }
  if (!index->global) {
    return invalid(
        fmt::format("Cannot {} an index that is not a GlobalSecondaryIndex: {}", verb, name));
  }
  return &*index;
}

ApiResult<void> update_throughput(const api::UpdateTableInput& input, Timestamp now, Table& table) {
  if (input.provisioned_throughput) TRY_VOID(check_throughput(*input.provisioned_throughput));
  if (input.billing_mode == "PROVISIONED") {
    if (!input.provisioned_throughput) {
      return invalid_parameter(
          "ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
    }
    TRY_VOID(switch_to_provisioned(input, table));
  }
  const bool to_on_demand = input.billing_mode == "PAY_PER_REQUEST";
  if (input.provisioned_throughput && (to_on_demand || table.on_demand)) {
    return invalid_parameter(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
        "PAY_PER_REQUEST");
  }
  if (to_on_demand && !table.on_demand) switch_to_on_demand(table, now);
  if (input.provisioned_throughput) {
    TRY_VOID(set_provisioned(*input.provisioned_throughput, now, {}, table.throughput, table.warm,
                             table.history));
  }
  if (input.global_secondary_index_updates) {
    for (const auto& update : *input.global_secondary_index_updates) {
      if (update.update) TRY_VOID(update_index(*update.update, now, table));
    }
  }
  if (input.on_demand_throughput) {
    TRY_VOID(
        change_maximum(*input.on_demand_throughput, table.on_demand, {}, table.on_demand_maximum));
  }
  if (input.warm_throughput) TRY_VOID(raise_warm(*input.warm_throughput, {}, table.warm));
  return {};
}

}  // namespace penstock::dynamodb
