// What tables and their global indexes may still consume: token buckets of capacity units. A bucket
// fills at the provisioned rate (on demand: at the maximum, when there is one) and holds 300
// seconds of it, with which it begins.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "services/dynamodb/table.h"

namespace penstock::dynamodb {

// What one request consumes of one table.
struct Consumption {
  double table = 0;
  std::map<std::string, double> indexes;  // By name.

  void add(const Consumption& other);
  void multiply(double factor);
};

enum class Access : std::uint8_t { kRead, kWrite };

// Which bucket had too little.
struct Exhausted {
  Access access = Access::kRead;
  bool index = false;
  bool on_demand = false;
  std::string resource;  // ARN
};

// Of one table, for its whole life. Thread-safe.
class Meter {
 public:
  // Takes all or nothing; a local index is the table's. What costs more than a bucket holds passes
  // when the bucket is full, and is paid off later. nullopt: taken.
  std::optional<Exhausted> take(const Table& table, const Consumption& consumption, Access access,
                                Timestamp now);
  // For what was taken and then not done.
  void give_back(const Table& table, const Consumption& consumption, Access access);
  // The table has changed: from now on its rates are these.
  void follow(const Table& next, Timestamp now);

 private:
  struct Bucket {
    double units = 0;
    std::int64_t rate = 0;  // A second.
    Timestamp at;           // When `units` was right.
  };
  using Key = std::pair<std::uint32_t, Access>;  // Number of the table or index.

  // Brought up to date. Requires mutex_.
  Bucket& bucket(Key key, std::int64_t rate, Timestamp now);

  std::mutex mutex_;
  std::map<Key, Bucket> buckets_;
};

}  // namespace penstock::dynamodb
