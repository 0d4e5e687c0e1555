// The Expression of GetPartitions: a WHERE condition over the partition keys, compared by their
// types.
//
//   year = '2024' AND month IN ('01', '02') OR NOT (day BETWEEN 1 AND 7) AND name LIKE 'a%'
//
// Values that are no value of their key's type, and __HIVE_DEFAULT_PARTITION__, are NULL: every
// comparison with them is false (three-valued logic, as in SQL).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace penstock::glue {

struct PartitionKey {
  std::string name;
  std::string type;  // As in the catalog: string, int, date, decimal(10,2), …
};

class PartitionFilter {
 public:
  // A blank expression accepts everything. kInvalid: malformed, an unknown column, a literal that
  // does not fit the type of its column.
  static Result<PartitionFilter> parse(std::string_view expression,
                                       const std::vector<PartitionKey>& keys);

  // `values` in the order of the keys.
  bool accepts(const std::vector<std::string>& values) const;

  struct Node;

 private:
  std::shared_ptr<const Node> root_;
};

}  // namespace penstock::glue
