// How consumers are stored. Loading blocks on the disk.
#pragma once

#include <vector>

#include "base/result.h"
#include "services/kinesis/consumer.h"
#include "storage/store.h"

namespace penstock::kinesis {

// Of all streams; also of streams that are gone, if there ever were any left.
Result<std::vector<ConsumerConfig>> load_consumers(const storage::Store& store);
void put_consumer(storage::Batch& batch, const ConsumerConfig& config);
void erase_consumer(storage::Batch& batch, const ConsumerConfig& config);

}  // namespace penstock::kinesis
