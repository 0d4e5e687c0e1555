// Comparing and uniting schemas.
#include "services/glue/schema.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"

namespace penstock::glue {

void lower_column_names(std::vector<HiveField>& columns) {
  for (HiveField& column : columns) column.name = to_lower(column.name);
}

bool same_format(const FileSchema& a, const FileSchema& b) {
  if (a.classification != b.classification || a.compression != b.compression) return false;
  if (a.json_path != b.json_path) return false;
  if (a.csv.has_value() != b.csv.has_value()) return false;
  return !a.csv || (a.csv->delimiter == b.csv->delimiter && a.csv->has_header == b.csv->has_header);
}

double similarity(const FileSchema& a, const FileSchema& b) {
  if (a.columns.empty() && b.columns.empty()) return 1.0;
  std::size_t common = 0;
  for (const HiveField& column : a.columns) {
    const HiveField* other = find_field(b.columns, column.name);
    if (other != nullptr && compatible(column.type, other->type)) ++common;
  }
  std::size_t united = a.columns.size();
  for (const HiveField& column : b.columns) {
    if (find_field(a.columns, column.name) == nullptr) ++united;
  }
  return static_cast<double>(common) / static_cast<double>(united);
}

void merge_schema(FileSchema& into, const FileSchema& from) {
  merge_fields(into.columns, from.columns);
  if (into.columns.size() > limits::kGlueColumns) into.columns.resize(limits::kGlueColumns);
  for (const std::string& key : from.json_keys) {
    if (std::ranges::find(into.json_keys, key) == into.json_keys.end())
      into.json_keys.push_back(key);
  }
  if (into.csv && from.csv) into.csv->quoted |= from.csv->quoted;
  into.glued |= from.glued;
  into.multiline |= from.multiline;
  into.malformed += from.malformed;
}

}  // namespace penstock::glue
