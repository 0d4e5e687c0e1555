// What the service does by itself: trimming streams and counting tables.
#pragma once

#include "services/dynamodb/dynamodb.h"

namespace penstock::dynamodb {

// Until the service's gate closes.
void start_runners(Service& service);
// Gives each stream whose open shard is past its life a new one. What the runner does.
Task<Status> rotate_shards(Service& service);
// Counts every table and index once. Blocks on the disk.
Status count_contents(Service& service);

}  // namespace penstock::dynamodb
