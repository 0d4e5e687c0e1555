// What restores have in common: the table they make.
#pragma once

#include "services/dynamodb/errors.h"
#include "services/dynamodb/history.h"

namespace penstock::dynamodb {

// The ...Override parameters.
struct RestoreOverrides {
  std::optional<std::string> billing_mode;
  std::optional<std::vector<api::GlobalSecondaryIndex>> global_indexes;
  std::optional<std::vector<api::LocalSecondaryIndex>> local_indexes;
  std::optional<api::ProvisionedThroughput> throughput;
  std::optional<api::OnDemandThroughput> on_demand_throughput;
  std::optional<api::SSESpecification> encryption;
};

// The table to restore `source` to: its keys, indexes, capacity and class, as far as they are not
// overridden; without its stream, time to live, tags, protection and recovery. Like check_create's
// result, without place, numbers, id and times.
ApiResult<Table> restored_table(const Service& service, const Table& source,
                                const std::string& target, RestoreOverrides overrides);

// Creates the table and starts filling it. Requires the turn of the target's name. The job has what
// the table is filled from.
Reply<api::TableDescription> begin_restore(Service& service, const protocol::Context& context,
                                           Table target, Restore restore, RestoreJob job);

}  // namespace penstock::dynamodb
