// Grouping: from classified objects under an include path to tables and their partitions.
//
// Folders whose schemas are alike become partitions of one table at their parent, level by level up
// to the include path; folders that differ become tables of their own. Pure: no I/O, and the same
// objects always give the same tables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/glue/schema.h"

namespace penstock::glue {

struct FoundObject {
  std::string key;
  std::uint64_t size = 0;
  std::optional<FileSchema> schema;  // Absent when the object was not sampled.
  std::uint64_t records = 0;         // Estimated for the whole object.
};

struct Totals {
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;
  std::uint64_t sampled_bytes = 0;  // Of the objects that `records` was counted in.
};

struct FoundPartition {
  std::vector<std::string> values;
  std::string prefix;  // Key prefix, ending in '/'.
  FileSchema schema;
  Totals totals;
};

struct FoundTable {
  std::string root;  // Key prefix ending in '/' (empty: the bucket), or the key of a single object.
  bool is_object = false;
  FileSchema schema;
  std::vector<std::string> partition_keys;
  std::vector<FoundPartition> partitions;  // Only when there are partition keys; in key order.
  Totals totals;
};

struct GroupingOptions {
  bool combine_compatible = false;  // TableGroupingPolicy CombineCompatibleSchemas.
  int table_level = 0;              // TableLevelConfiguration: 1 is the bucket; 0: not set.
};

// `include`: the key prefix that is crawled, empty or ending in '/'. Keys come in listing order.
std::vector<FoundTable> group_into_tables(std::string_view include,
                                          std::vector<FoundObject> objects,
                                          const GroupingOptions& options);

// The objects below the root of a table that exists, taken for its partitions whatever their
// schema. Objects at another depth than its partition keys have are left out.
FoundTable collect_for_table(std::string root, std::vector<std::string> partition_keys,
                             std::vector<FoundObject> objects);

// "Year=2017" is {"year", "2017"}; nullopt for a folder that does not name its key.
struct HiveFolder {
  std::string key;
  std::string value;
};
std::optional<HiveFolder> hive_folder(std::string_view name);

// Objects that are no data: markers ('_' and '.' files and folders' own keys) and empty ones.
bool is_data_object(std::string_view key, std::uint64_t size);

}  // namespace penstock::glue
