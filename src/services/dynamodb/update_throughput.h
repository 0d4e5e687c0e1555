// What UpdateTable changes of throughput, of the table and of its global indexes. Pure.
#pragma once

#include "gen/dynamodb/shapes.h"
#include "services/dynamodb/errors.h"
#include "services/dynamodb/table.h"

namespace penstock::dynamodb {

// BillingMode, ProvisionedThroughput, OnDemandThroughput, WarmThroughput and the Update actions of
// GlobalSecondaryIndexUpdates, applied to `table`.
ApiResult<void> update_throughput(const api::UpdateTableInput& input, Timestamp now, Table& table);

// The global index of that name, or AWS's refusal. `verb` is what was to be done with it.
ApiResult<Index*> global_index(Table& table, const std::string& name, const char* verb);

}  // namespace penstock::dynamodb
