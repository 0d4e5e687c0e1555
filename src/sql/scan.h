// The table functions of the engine: penstock_scan reads the objects of a table. Private to sql/.
#pragma once

#include <duckdb.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "sql/object_reader.h"
#include "sql/plan.h"
#include "sql/row_format.h"

namespace penstock::sql {

// One object to read, with the partition it belongs to.
struct ScanObject {
  std::string bucket;
  ObjectInfo object;
  std::size_t partition = 0;
};

struct ScanState {
  const Scan* scan = nullptr;
  TableFormat format = TableFormat::kUnknown;
  std::vector<ScanObject> objects;
  std::size_t header_lines = 0;
};

// What a run shares with its scans. Lives as long as its connection.
struct RunState {
  ObjectReader* reader = nullptr;
  std::stop_token stop;
  std::vector<ScanState> scans;
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> rows{0};
};

// The runs that are on, by number. Thread-safe.
class RunRegistry {
 public:
  void add(std::int64_t id, std::shared_ptr<RunState> run);
  void remove(std::int64_t id);
  std::shared_ptr<RunState> find(std::int64_t id) const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::int64_t, std::shared_ptr<RunState>> runs_;
};

// penstock_scan(run, scan, 0): the rows; penstock_scan(run, scan, 1): one row per partition, with
// its number in the last column.
Status register_scan(duckdb_connection connection, RunRegistry& registry, std::size_t threads);

}  // namespace penstock::sql
