// UpdateTable is one change per call. The combinations were measured on AWS in 2026.
#include "services/dynamodb/update_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "services/dynamodb/schema_check.h"

namespace penstock::dynamodb {
namespace {

using IndexUpdate = api::GlobalSecondaryIndexUpdate;

constexpr const char* kOneOnline =
    "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per "
    "table";

ApiResult<void> check_carried_out(const api::UpdateTableInput& input) {
  if (input.replica_updates) return not_supported("ReplicaUpdates");
  if (input.multi_region_consistency) return not_supported("MultiRegionConsistency");
  if (input.global_table_witness_updates) return not_supported("GlobalTableWitnessUpdates");
  if (input.global_table_settings_replication_mode)
    return not_supported("GlobalTableSettingsReplicationMode");
  return {};
}

const std::string& name_of(const IndexUpdate& update) {
  if (update.create) return update.create->index_name;
  return update.update ? update.update->index_name : update.delete_->index_name;
}

ApiResult<void> check_index_updates(const std::vector<IndexUpdate>& updates) {
  if (updates.empty()) return invalid_parameter("List of GlobalSecondaryIndexUpdates is empty");
  std::set<std::string_view> names;
  int online = 0;
  for (const IndexUpdate& update : updates) {
    const int actions =
        update.create.has_value() + update.update.has_value() + update.delete_.has_value();
    if (actions == 0) {
      return invalid_parameter(
          "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
          "GlobalSecondaryIndexUpdate.Delete must not be null");
    }
    if (actions > 1) {
      return invalid_parameter(
          "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate "
          "object");
    }
    if (!names.insert(name_of(update)).second) {
      return invalid_parameter(
          "Only one global secondary index update per index is allowed simultaneously. Index: " +
          name_of(update));
    }
    if (!update.update) ++online;
  }
  if (online > 1) return limit_exceeded(kOneOnline);
  return {};
}

std::unexpected<ApiError> only_operation(const char* what) {
  return invalid_parameter(
      fmt::format("{} modification must be the only operation in the request", what));
}

ApiResult<void> check_alone(const UpdateConcerns& concerns) {
  if (concerns.count() == 1) return {};
  if (concerns.encryption) return only_operation("Server-Side Encryption");
  if (concerns.table_class) return only_operation("TableClass");
  if (concerns.protection) return only_operation("DeletionProtection");
  if (concerns.warm && concerns.index_creation) {
    return invalid_parameter(
        "Create global secondary index cannot be specified when updating WarmThroughput");
  }
  if (concerns.warm)
    return invalid_parameter("WarmThroughput must be the only operation in the request");
  if (concerns.maximum && concerns.count() > (concerns.billing ? 2 : 1)) {
    return invalid_parameter(
        "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request");
  }
  return {};
}

ApiResult<void> check_together(const api::UpdateTableInput& input, const UpdateConcerns& concerns) {
  const bool to_provisioned = input.billing_mode == "PROVISIONED";
  const bool units = concerns.provisioned || to_provisioned;
  if (concerns.stream && (units || concerns.index_updates))
    return invalid_parameter("You cannot modify stream status while updating table IOPS");
  if (concerns.index_set && units)
    return invalid_parameter("You cannot create or delete index while updating table IOPS");
  if (concerns.index_set && concerns.stream)
    return invalid_parameter("You cannot create or delete index while changing stream status");
  return {};
}

}  // namespace

int UpdateConcerns::count() const {
  return billing + provisioned + maximum + warm + stream + table_class + protection + encryption +
         index_updates + index_set;
}

bool UpdateConcerns::settles_at_once() const {
  return !billing && !provisioned && !stream && !table_class && !index_set;
}

UpdateConcerns concerns_of(const api::UpdateTableInput& input) {
  UpdateConcerns out{.billing = input.billing_mode.has_value(),
                     .provisioned = input.provisioned_throughput.has_value(),
                     .maximum = input.on_demand_throughput.has_value(),
                     .warm = input.warm_throughput.has_value(),
                     .stream = input.stream_specification.has_value(),
                     .table_class = input.table_class.has_value(),
                     .protection = input.deletion_protection_enabled.has_value(),
                     .encryption = input.sse_specification.has_value()};
  if (!input.global_secondary_index_updates) return out;
  for (const IndexUpdate& update : *input.global_secondary_index_updates) {
    // One without any action is refused later, but there is something to refuse.
    if (update.update) out.index_updates = true;
    if (!update.update || update.create || update.delete_) out.index_set = true;
    if (update.create) out.index_creation = true;
  }
  return out;
}

ApiResult<void> check_update(const api::UpdateTableInput& input, const UpdateConcerns& concerns) {
  TRY_VOID(check_carried_out(input));
  if (concerns.count() == 0) {
    return invalid(
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
        "GlobalSecondaryIndexUpdates, "
        "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, "
        "MultiRegionConsistency, "
        "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required");
  }
  TRY_VOID(check_alone(concerns));
  if (input.global_secondary_index_updates)
    TRY_VOID(check_index_updates(*input.global_secondary_index_updates));
  TRY_VOID(check_together(input, concerns));
  if (!input.sse_specification) return {};
  TRY_VOID(check_encryption(*input.sse_specification));
  return invalid_parameter("Table is already encrypted by default");
}

}  // namespace penstock::dynamodb
