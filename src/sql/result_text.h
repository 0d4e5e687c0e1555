// Results as Athena prints them. Private to sql/.
#pragma once

#include <duckdb.h>

#include <optional>
#include <string>

#include "sql/type.h"

namespace penstock::sql {

// The text of one cell; no value is NULL.
std::optional<std::string> cell_text(duckdb_vector vector, idx_t row, const Type& type);

}  // namespace penstock::sql
