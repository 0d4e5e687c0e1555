// What may be asked of provisioned throughput, on-demand maxima and warm throughput. Pure; wording
// of AWS.
#pragma once

#include <optional>
#include <string>

#include "gen/dynamodb/shapes.h"
#include "services/dynamodb/errors.h"
#include "services/dynamodb/table.h"

namespace penstock::dynamodb {

// `index` is the index's name, or empty for the table itself.

ApiResult<void> check_throughput(const api::ProvisionedThroughput& throughput);
Throughput throughput_of(const api::ProvisionedThroughput& throughput);

// CreateTable: the maximum to begin with.
ApiResult<std::optional<OnDemandMaximum>> first_maximum(
    const std::optional<api::OnDemandThroughput>& wanted, bool on_demand, const std::string& index);
// UpdateTable: member by member; -1 takes a maximum away.
ApiResult<void> change_maximum(const api::OnDemandThroughput& wanted, bool on_demand,
                               const std::string& index, std::optional<OnDemandMaximum>& maximum);

// CreateTable: the warm throughput to begin with. `provisioned` is zero on demand.
ApiResult<Throughput> first_warm(const std::optional<api::WarmThroughput>& wanted, bool on_demand,
                                 const Throughput& provisioned, const std::string& index);
// UpdateTable: raises `warm`, which never falls.
ApiResult<void> raise_warm(const api::WarmThroughput& wanted, const std::string& index,
                           Throughput& warm);

// A new provisioned throughput for what had `current`: LimitExceededException when it has been
// lowered too often today. Keeps the books.
ApiResult<void> change_provisioned(const Throughput& next, Timestamp now, Throughput& current,
                                   ThroughputHistory& history);

// The quotas of an account: LimitExceededException. `others` is what the other tables of the place
// have provisioned.
ApiResult<void> check_quotas(const Table& table, const Throughput& others);
// What a table has provisioned with all its global indexes.
Throughput provisioned_total(const Table& table);

}  // namespace penstock::dynamodb
