// Reads the accounts that reconcile.h sums up: change log, positions, records, ledger and objects.
#pragma once

#include <string>
#include <vector>

#include "async/task.h"
#include "server/house.h"
#include "server/reconcile.h"

namespace penstock::server {

// One report per pipe that carries a DynamoDB stream to a Kinesis stream of this server; with
// `table`, of that table only. kLimit when there are more changes than fit in memory.
Task<Result<std::vector<Report>>> reconcile(House& house, std::string table);

// The reports as a JSON document.
std::string reports_json(const std::vector<Report>& reports);

}  // namespace penstock::server
