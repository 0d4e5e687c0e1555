// Partition filters, patterns, globs and crawler configurations: no text aborts them or takes long.
#include <cstdint>
#include <string_view>

#include "services/glue/crawler_configuration.h"
#include "services/glue/partition_filter.h"
#include "services/glue/pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::glue;
  const std::string_view text(reinterpret_cast<const char*>(data), size < 2048 ? size : 2048);
  static const std::vector<PartitionKey> kKeys = {
      {"s", "string"}, {"n", "int"}, {"d", "date"}, {"t", "timestamp"}, {"p", "decimal(10,2)"}};
  if (const auto filter = PartitionFilter::parse(text, kKeys)) {
    static_cast<void>(filter->accepts({"a", "1", "2024-01-01", "2024-01-01 00:00:00", "1.5"}));
  }
  if (const auto pattern = Pattern::regex(text)) static_cast<void>(pattern->matches("sales_2024"));
  if (const auto pattern = Pattern::glob(text)) static_cast<void>(pattern->matches("a/b.csv"));
  static_cast<void>(parse_crawler_configuration(text));
  return 0;
}
