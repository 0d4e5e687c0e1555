// The Configuration document of a crawler, a JSON text within the API's JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace penstock::glue {

struct CrawlerConfiguration {
  bool combine_compatible = false;     // Grouping.TableGroupingPolicy
  int table_level = 0;                 // Grouping.TableLevelConfiguration
  bool partitions_inherit = false;     // CrawlerOutput.Partitions.AddOrUpdateBehavior
  bool merge_new_columns = false;      // CrawlerOutput.Tables.AddOrUpdateBehavior
  std::optional<int> table_threshold;  // CrawlerOutput.Tables.TableThreshold
  bool partition_index = false;        // CreatePartitionIndex
};

// kInvalid with AWS's wording. An empty text is the default configuration.
Result<CrawlerConfiguration> parse_crawler_configuration(std::string_view text);

}  // namespace penstock::glue
