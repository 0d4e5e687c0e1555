// Registry: the tables and streams that exist, in memory. Operations look a table up as an
// immutable snapshot; a changed table is a new snapshot under the same name.
//
// A Sequencer belongs to a table for its whole life. Whoever submits a write to the table does so
// under its mutex, after checking that the snapshot it decided on is still the current one, and
// gives the stream records their sequence numbers there: so numbers are in commit order, and a
// reader that sees number N has seen every smaller one. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "services/dynamodb/meter.h"
#include "services/dynamodb/table.h"

namespace penstock::dynamodb {

struct Sequencer {
  std::mutex mutex;
  // Guarded by mutex.
  std::uint64_t version = 0;  // Of the current snapshot.
  bool deleted = false;
  std::uint64_t last_sequence = 0;  // Of the stream.
  std::uint64_t last_journal = 0;   // Of the journal.
  Timestamp last_journal_time;      // Its records' times never go back.
  // No item expires before this second, as far as is known (expiry.h); 0 is unknown. Any thread.
  std::atomic<std::int64_t> next_expiry{0};
  Meter meter;  // Has a mutex of its own.
};

struct LiveTable {
  Table table;
  std::shared_ptr<Sequencer> sequencer;
};
using TablePtr = std::shared_ptr<const LiveTable>;

struct LiveStream {
  Stream stream;
  // Records up to this sequence are gone. Grows.
  std::shared_ptr<std::atomic<std::uint64_t>> trimmed;
};
using StreamPtr = std::shared_ptr<const LiveStream>;

class Registry {
 public:
  TablePtr find_table(std::string_view account, std::string_view region,
                      std::string_view name) const;
  // Adds or replaces.
  void put_table(TablePtr table);
  void erase_table(const Table& table);
  std::size_t table_count(const Place& place) const;
  // Names after `after` (or from the first) in byte order, at most `limit`.
  std::vector<std::string> table_names(const Place& place, std::string_view after,
                                       std::size_t limit) const;
  std::vector<TablePtr> all_tables() const;

  StreamPtr find_stream(std::string_view arn) const;
  void put_stream(StreamPtr stream);
  void erase_stream(std::string_view arn);
  // In ARN order after `after`, of one table when named.
  std::vector<StreamPtr> streams(const Place& place, std::string_view table, std::string_view after,
                                 std::size_t limit) const;
  std::vector<StreamPtr> all_streams() const;

 private:
  using Names = std::map<std::string, TablePtr, std::less<>>;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  static std::string place_key(std::string_view account, std::string_view region);

  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, TablePtr, Hash, std::equal_to<>> tables_;  // By place and name.
  std::map<std::string, Names, std::less<>> names_;                          // By place.
  std::map<std::string, StreamPtr, std::less<>> streams_;                    // By ARN.
};

}  // namespace penstock::dynamodb
