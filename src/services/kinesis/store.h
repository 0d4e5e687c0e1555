// How streams, records and producer watermarks are stored: the only file of Kinesis that knows
// storage. Reading functions block on the disk; the rest only builds batches and bytes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "services/kinesis/account.h"
#include "services/kinesis/shard_log.h"
#include "services/kinesis/stream.h"
#include "storage/store.h"

namespace penstock::kinesis {

Result<std::vector<StreamConfig>> load_streams(const storage::Store& store);
void put_stream(storage::Batch& batch, const StreamConfig& config);
// The configuration and everything that the stream holds.
void erase_stream(storage::Batch& batch, const StreamConfig& config);

Result<std::map<Place, AccountSettings>> load_accounts(const storage::Store& store);
void put_account(storage::Batch& batch, const Place& place, const AccountSettings& settings);

// Everything that one shard holds; its configuration is the stream's.
void erase_shard(storage::Batch& batch, std::uint64_t stream, std::uint32_t shard);

// The state in which a shard goes on after a restart.
struct ShardTail {
  std::uint64_t next_index = 1;
  std::int64_t last_millis = 0;
  std::uint64_t horizon = 1;  // Nothing below is kept.
};
Result<ShardTail> load_tail(const storage::Store& store, std::uint64_t stream, std::uint32_t shard);

struct StoredWatermarks {
  std::uint32_t shard = 0;
  std::string producer;
  Watermarks watermarks;
};
Result<std::vector<StoredWatermarks>> load_watermarks(const storage::Store& store,
                                                      const StreamConfig& config);
void put_watermarks(storage::Batch& batch, std::uint64_t stream, std::uint32_t shard,
                    std::string_view producer, const Watermarks& watermarks);
void erase_watermarks(storage::Batch& batch, std::uint64_t stream, std::uint32_t shard);

// A stored record whose arrival time is not known yet; add_record() fills it in. Sealed when the
// stream is encrypted.
std::string encode_record(const StreamConfig& config, std::string_view partition_key,
                          std::string_view data);
void add_record(storage::Batch& batch, std::uint64_t stream, std::uint32_t shard, Assigned assigned,
                std::string encoded);

struct StoredRecord {
  std::uint64_t index = 0;
  std::int64_t arrival_millis = 0;
  std::string partition_key;
  std::string data;
  bool sealed = false;  // It is encrypted where it is stored.
};
struct ReadRange {
  std::uint32_t shard = 0;
  std::uint64_t first_index = 0;
  std::uint64_t end_index = 0;  // Not included.
  std::size_t records_max = 0;
  std::size_t bytes_max = 0;  // Passed only by a single record.
};
// In order of the index; durable records only. `config` has to be as it was when the newest of them
// was durable, or later: it knows the data keys.
Result<std::vector<StoredRecord>> read_records(const storage::Store& store,
                                               const StreamConfig& config, ReadRange range);

// The first index in [first, end) whose record arrived at `millis` or later; `end` when there is
// none. Requires that arrival times do not decrease with the index.
Result<std::uint64_t> first_index_since(const storage::Store& store, std::uint64_t stream,
                                        std::uint32_t shard, std::uint64_t first, std::uint64_t end,
                                        std::int64_t millis);

// Erases what is below `tail.horizon`, and remembers the tail: the records that told it may be
// gone.
void trim_shard(storage::Batch& batch, std::uint64_t stream, std::uint32_t shard,
                const ShardTail& tail);

}  // namespace penstock::kinesis
