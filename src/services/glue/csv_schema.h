// The CSV classifiers, built-in and custom.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "services/glue/schema.h"

namespace penstock::glue {

enum class CsvHeader { kUnknown, kPresent, kAbsent };

// A custom classifier. Unset members leave the choice to detection, as in the built-in classifier.
struct CsvRules {
  std::optional<char> delimiter;
  std::optional<char> quote;
  CsvHeader header = CsvHeader::kUnknown;
  std::vector<std::string> names;  // Column names; empty: from the header or col0, col1, …
  std::vector<HiveType> types;     // Custom data types, tried in order; empty: the built-in ones.
  bool keep_blanks = false;        // DisableValueTrimming.
  bool single_column = false;      // AllowSingleColumn.
  std::string serde;
};

// The Hive type of a CustomDatatypes entry ("BIGINT" is spelled LONG there).
std::optional<HiveType> csv_datatype(std::string_view name);

std::optional<FileSchema> infer_csv(const Sample& sample, const CsvRules& rules);

// Splits delimited text into rows of cells. Quotes are honoured; a row that is cut off is dropped.
struct CsvRow {
  std::vector<std::string> cells;
  std::vector<bool> quoted;
};
std::vector<CsvRow> read_csv(const Sample& sample, char delimiter, char quote, std::size_t rows_max,
                             std::size_t* bytes_read);

}  // namespace penstock::glue
