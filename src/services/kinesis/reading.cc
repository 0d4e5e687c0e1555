// Pages of records and how they look on the wire.
#include "services/kinesis/reading.h"

namespace penstock::kinesis {

std::vector<api::Record> shown_records(const LiveShard& shard, std::vector<StoredRecord> stored) {
  std::vector<api::Record> records(stored.size());
  for (std::size_t i = 0; i < stored.size(); ++i) {
    StoredRecord& from = stored[i];
    records[i].sequence_number = format_sequence(shard.sequence({from.index, from.arrival_millis}));
    records[i].approximate_arrival_timestamp = Timestamp::from_millis(from.arrival_millis);
    records[i].data.bytes = std::move(from.data);
    records[i].partition_key = std::move(from.partition_key);
    if (from.sealed) records[i].encryption_type = "KMS";
  }
  return records;
}

std::vector<api::ChildShard> shown_children(const ShardMap& shards, std::uint32_t shard) {
  std::vector<api::ChildShard> children;
  for (const ShardEntry* child : shards.children(shard)) {
    api::ChildShard& out = children.emplace_back();
    out.shard_id = child->live->id;
    for (const auto& parent : {child->spec.parent, child->spec.adjacent_parent}) {
      if (parent) out.parent_shards.push_back(shard_id(*parent));
    }
    out.hash_key_range.starting_hash_key = format_hash_key(child->spec.range.first);
    out.hash_key_range.ending_hash_key = format_hash_key(child->spec.range.last);
  }
  return children;
}

Result<std::vector<StoredRecord>> read_kept(const storage::Store& store, const StreamConfig& config,
                                            ReadRange range, std::int64_t horizon_millis) {
  TRY(std::vector<StoredRecord> stored, read_records(store, config, range));
  if (stored.empty() || stored.front().arrival_millis >= horizon_millis) return stored;
  TRY(range.first_index, first_index_since(store, config.id, range.shard, range.first_index,
                                           range.end_index, horizon_millis));
  return read_records(store, config, range);
}

std::size_t bytes_of(const std::vector<StoredRecord>& records) {
  std::size_t bytes = 0;
  for (const StoredRecord& record : records) {
    bytes += record.partition_key.size() + record.data.size();
  }
  return bytes;
}

}  // namespace penstock::kinesis
