// Which classifier takes an object: the custom ones in their order, then the built-in ones.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "services/glue/csv_schema.h"
#include "services/glue/json_path.h"
#include "services/glue/schema.h"

namespace penstock::glue {

struct CustomClassifier {
  std::string name;
  std::string json_path;                // As written.
  std::optional<JsonRowSelector> json;  // Exactly one of json and csv.
  std::optional<CsvRules> csv;
};

struct Classified {
  FileSchema schema;
  std::string note;            // Why the object is UNKNOWN, when there is something to say.
  std::uint64_t inflated = 0;  // Bytes in the sample once inflated, and
  std::uint64_t sampled = 0;   // stored bytes they came from.
};

// `head`: the first bytes of an object of `size` bytes (up to limits::kGlueSampleBytes). Parquet
// keeps its schema at the end: needs_footer() says so, and its footer is given to classify_parquet
// instead.
bool needs_footer(std::string_view head);
Classified classify(const std::string& head, std::uint64_t size,
                    const std::vector<CustomClassifier>& custom);
Classified classify_parquet(std::string_view footer);

}  // namespace penstock::glue
