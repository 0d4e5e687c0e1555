// JsonPath: the subset of JSONPath that Glue's JSON classifiers understand, $ .name ['name'] [n]
// [*] .*, and a list of such paths as users write them ("$.orderid, $.price").
//
// One path selects the records: each value it reaches is a row. A list of paths describes one
// record by its columns: each path names one column of the row. (How AWS treats a list is not
// documented; deduced.)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "services/glue/json_value.h"

namespace penstock::glue {

struct JsonPathStep {
  enum class Kind : std::uint8_t { kName, kIndex, kAny };
  Kind kind;
  std::string name;
  std::uint32_t index = 0;
};

using JsonPath = std::vector<JsonPathStep>;

struct JsonRowSelector {
  std::vector<JsonPath> paths;  // At least one.
  bool is_root() const { return paths.size() == 1 && paths[0].empty(); }
};

Result<JsonRowSelector> parse_json_paths(std::string_view text);

// The rows that `document` holds. The pointers are into `document`, or into `scratch` (rows made of
// columns), which must outlive their use.
std::vector<const JsonValue*> select_rows(const JsonRowSelector& selector,
                                          const JsonValue& document,
                                          std::vector<JsonValue>& scratch);

}  // namespace penstock::glue
