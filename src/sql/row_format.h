// How a line of an object becomes the columns of a row. Private to sql/.
#pragma once

#include <duckdb.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sql/catalog.h"
#include "sql/error.h"

namespace penstock::sql {

// vectors[i] receives column i of the table; null: the query does not ask for it.
using RowVectors = std::vector<duckdb_vector>;

// One per worker: it keeps scratch space.
class RowFormat {
 public:
  virtual ~RowFormat() = default;
  // Writes every wanted column of `row`. The error is the statement's.
  virtual Outcome<void> write(std::string_view line, idx_t row, const RowVectors& vectors) = 0;
};

enum class TableFormat { kJson, kDelimited, kCsv, kParquet, kUnknown };
TableFormat format_of(const Table& table);

std::unique_ptr<RowFormat> json_format(const Table& table);
std::unique_ptr<RowFormat> delimited_format(const Table& table);
std::unique_ptr<RowFormat> csv_format(const Table& table);

// "HIVE_BAD_DATA: Error parsing field value ..."
SqlError bad_field(std::string_view text, std::size_t column);

}  // namespace penstock::sql
