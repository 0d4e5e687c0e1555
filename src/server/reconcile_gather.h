// Reads the accounts that reconcile.h sums up: change log, positions, records, ledger and objects.
#pragma once

#include <string>
#include <vector>

#include "async/task.h"
#include "server/house.h"
#include "server/reconcile.h"

namespace penstock::server {

// One report per table stream that a pipe of this server carries to a Kinesis stream; with `table`,
// of that table only. At most `names` are named of a kind. kLimit when there are more changes than
// fit in memory.
Task<Result<std::vector<Report>>> reconcile(House& house, std::string table, std::size_t names);

}  // namespace penstock::server
