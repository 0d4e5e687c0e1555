// How delivery streams, put records, positions, plans and the ledger are stored: the only file of
// Firehose that knows storage. Reading functions block on the disk; the rest builds batches.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "services/firehose/records.h"
#include "storage/store.h"
#include "stream/positions.h"

namespace penstock::firehose {

struct LedgerEntry;

Result<std::vector<StreamConfig>> load_streams(const storage::Store& store);
void put_stream(storage::Batch& batch, const StreamConfig& config);
// The configuration and everything that the stream holds.
void erase_stream(storage::Batch& batch, const StreamConfig& config);
// Which shards of its Kinesis stream a delivery stream began in and has finished. How far it is in
// them, the positions of its lanes say.
stream::PositionSpace shards_of(std::uint64_t stream);

// A record's position as the lane's sequence numbers are written.
std::string direct_sequence(std::uint64_t index);
std::optional<std::uint64_t> parse_direct_sequence(std::string_view text);
void add_record(storage::Batch& batch, std::uint64_t stream, std::uint64_t index,
                std::int64_t arrival_millis, std::string_view data);
// Records [first, end) in order, as far as the limits allow (one record always).
Result<std::vector<SourceRecord>> read_records(const storage::Store& store, std::uint64_t stream,
                                               std::uint64_t first, std::uint64_t end,
                                               std::size_t records_max, std::size_t bytes_max);
void erase_records(storage::Batch& batch, std::uint64_t stream, std::uint64_t first,
                   std::uint64_t end);

// What is there of put records after a restart.
struct DirectTail {
  std::uint64_t next_index = 1;
  std::uint64_t bytes = 0;  // Not settled yet.
};
Result<DirectTail> load_direct_tail(const storage::Store& store, std::uint64_t stream);

Result<Position> load_position(const storage::Store& store, std::uint64_t stream,
                               std::string_view lane);
Result<std::map<std::string, Position>> load_positions(const storage::Store& store,
                                                       std::uint64_t stream);
void put_position(storage::Batch& batch, std::uint64_t stream, std::string_view lane,
                  const Position& position);

Result<std::vector<Plan>> load_plans(const storage::Store& store, std::uint64_t stream,
                                     std::string_view lane);
void put_plan(storage::Batch& batch, std::uint64_t stream, std::string_view lane, const Plan& plan);
void erase_plan(storage::Batch& batch, std::uint64_t stream, std::string_view lane,
                std::uint64_t number);

void put_ledger_entry(storage::Batch& batch, std::uint64_t stream, const LedgerEntry& entry);
// At most `limit` entries and about kLedgerPageBytes, one always.
inline constexpr std::size_t kLedgerPageBytes = 8 << 20;
Result<std::vector<LedgerEntry>> read_ledger(const storage::Store& store, std::uint64_t stream,
                                             std::uint64_t after, std::size_t limit);
Result<std::uint64_t> last_ledger_number(const storage::Store& store, std::uint64_t stream);

}  // namespace penstock::firehose
