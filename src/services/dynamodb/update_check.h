// Which parameters of UpdateTable go together. Pure; wording and precedence of AWS.
#pragma once

#include "gen/dynamodb/shapes.h"
#include "services/dynamodb/errors.h"

namespace penstock::dynamodb {

// What one UpdateTable is about.
struct UpdateConcerns {
  bool billing = false;      // BillingMode
  bool provisioned = false;  // ProvisionedThroughput
  bool maximum = false;      // OnDemandThroughput
  bool warm = false;
  bool stream = false;
  bool table_class = false;
  bool protection = false;
  bool encryption = false;
  bool index_updates = false;   // Throughput of indexes.
  bool index_set = false;       // Indexes that come or go.
  bool index_creation = false;  // Of these, one that comes.

  int count() const;
  // Only what AWS does at once, so that the reply says ACTIVE.
  bool settles_at_once() const;
};
UpdateConcerns concerns_of(const api::UpdateTableInput& input);

// Before the table is looked up.
ApiResult<void> check_update(const api::UpdateTableInput& input, const UpdateConcerns& concerns);

}  // namespace penstock::dynamodb
