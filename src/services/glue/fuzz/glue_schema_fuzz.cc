// The readers of file formats one by one, and the small texts of partitions: no bytes abort, every
// schema can be written as Hive types, and limits hold. The first byte chooses the reader.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/limits.h"
#include "services/glue/avro_schema.h"
#include "services/glue/compression.h"
#include "services/glue/crawler.h"
#include "services/glue/csv_schema.h"
#include "services/glue/folders.h"
#include "services/glue/parquet_schema.h"
#include "services/glue/partition_value.h"

namespace penstock::glue {
namespace {

void show(const FileSchema& schema) {
  CHECK(schema.columns.size() <= limits::kGlueColumns);
  for (const HiveField& column : schema.columns) CHECK(!to_string(column.type).empty());
}

void csv(std::string_view text, bool whole) {
  const Sample sample{.bytes = std::string(text), .whole = whole, .stored = text.size()};
  std::size_t bytes = 0;
  const auto rows = read_csv(sample, ',', '"', 100, &bytes);
  CHECK(rows.size() <= 100 && bytes <= text.size());
  for (const CsvRow& row : rows) CHECK(row.cells.size() == row.quoted.size());
  if (const auto schema = infer_csv(sample, {})) show(*schema);
  CsvRules rules{.delimiter = ';', .header = CsvHeader::kPresent, .single_column = true};
  rules.names = {"a", "b"};
  if (const auto schema = infer_csv(sample, rules)) show(*schema);
}

void texts(std::string_view text) {
  const std::string_view a = text.substr(0, text.size() / 2), b = text.substr(a.size());
  for (const std::string_view name :
       {"string", "int", "bigint", "double", "decimal(10,2)", "date", "timestamp"}) {
    const auto type = partition_type(name);
    if (!type) continue;
    const auto first = canonical_value(*type, a), second = canonical_value(*type, b);
    if (!first || !second) continue;
    CHECK(compare_values(*type, *first, *first) == 0);
    const int forward = compare_values(*type, *first, *second);
    CHECK((forward < 0) == (compare_values(*type, *second, *first) > 0));
  }
  if (text.size() < 256) CHECK(like(a, "%") && (like(a, b) || b != "%"));
  if (const auto folder = hive_folder(text)) CHECK(!folder->key.empty());
  if (const auto location = parse_s3_path(text)) CHECK(!location->bucket.empty());
  (void)csv_datatype(text);
  (void)partition_type(text);
}

}  // namespace
}  // namespace penstock::glue

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::glue;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'a':
      if (const auto schema = avro_schema(bytes)) show(*schema);
      break;
    case 'p':
      if (const auto schema = parquet_schema(bytes)) show(*schema);
      (void)parquet_footer_length(bytes);
      break;
    case 'c':
    case 'C': csv(bytes, data[0] == 'c'); break;
    case 'g':
      (void)compression_of(bytes);
      if (const auto sample = inflate_gzip(bytes, true, 10'000))
        CHECK(sample->bytes.size() <= 10'000);
      if (const auto sample = inflate_gzip(bytes, false, 10'000))
        CHECK(sample->bytes.size() <= 10'000);
      break;
    default: texts(bytes);
  }
  return 0;
}
