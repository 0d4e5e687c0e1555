// The objects that a query leaves in S3: the rows as CSV or text, and the metadata beside them.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gen/athena/shapes.h"

namespace penstock::athena {

using Cells = std::vector<std::optional<std::string>>;

// Every value in quotes, NULL as nothing, a newline after every line.
void append_csv(std::string& out, std::span<const std::optional<std::string>> cells);

// Reads one line of it from `at` on; false when the text ends before the line does.
bool read_csv(std::string_view text, std::size_t& at, Cells& cells);

// The protobuf message of <id>.csv.metadata.
std::string metadata_file(const std::string& id, const std::string& update_type,
                          std::optional<std::int64_t> update_count,
                          const std::vector<api::ColumnInfo>& columns);

api::ColumnInfo column_info(std::string name, std::string type, int precision, int scale,
                            bool case_sensitive);

}  // namespace penstock::athena
