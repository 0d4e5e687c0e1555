// Point-in-time recovery of a table: the moments it can be restored to. Pure.
#pragma once

#include "services/dynamodb/table.h"

namespace penstock::dynamodb {

struct RecoveryWindow {
  Timestamp earliest, latest;  // Whole seconds, as AWS shows them.
};
// Requires table.recovery.
RecoveryWindow recovery_window(const Table& table, Timestamp now);

}  // namespace penstock::dynamodb
