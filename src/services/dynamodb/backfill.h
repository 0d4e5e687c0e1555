// Filling a new global index from the items that are already there.
#pragma once

#include <string>

#include "services/dynamodb/dynamodb.h"

namespace penstock::dynamodb {

// Fills the index in the background and then makes it ACTIVE. Writes maintain the index from the
// moment it stands in the table, so the order of the two does not matter. Also called at start for
// what was interrupted.
void start_backfill(Service& service, Place place, std::string table, std::string index);

}  // namespace penstock::dynamodb
