// What the service does by itself: trimming streams and counting tables.
#pragma once

#include "services/dynamodb/dynamodb.h"

namespace penstock::dynamodb {

Task<void> run_retention(Service& service);
Task<void> run_counting(Service& service);
// Counts every table and index once. Blocks on the disk.
Status count_contents(Service& service);

}  // namespace penstock::dynamodb
