// What GetRecords and SubscribeToShard have in common: reading a page of records, and how records
// and the children of a shard are shown.
#pragma once

#include <cstdint>
#include <vector>

#include "gen/kinesis/shapes.h"
#include "services/kinesis/live.h"
#include "services/kinesis/store.h"

namespace penstock::kinesis {

// A page from `range` on without the records that arrived before `horizon_millis`: those are past
// their retention, whether or not they have been erased by now. Blocks on the disk.
Result<std::vector<StoredRecord>> read_kept(const storage::Store& store, const StreamConfig& config,
                                            ReadRange range, std::int64_t horizon_millis);
// Partition keys and data, as limits count them.
std::size_t bytes_of(const std::vector<StoredRecord>& records);

std::vector<api::Record> shown_records(const LiveShard& shard, std::vector<StoredRecord> stored);
std::vector<api::ChildShard> shown_children(const ShardMap& shards, std::uint32_t shard);

}  // namespace penstock::kinesis
