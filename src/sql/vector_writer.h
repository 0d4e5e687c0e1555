// Writes values into the engine's vectors. Private to sql/.
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "sql/type.h"

namespace penstock::sql {

// What became of a text that should be a value of a type.
enum class Written { kValue, kNull, kBad };

// NULL, in every field below it too, as the engine expects of structs.
void write_null(duckdb_vector vector, idx_t row, const Type& type);
void write_text(duckdb_vector vector, idx_t row, std::string_view text);
void write_bigint(duckdb_vector vector, idx_t row, std::int64_t value);
void write_timestamp(duckdb_vector vector, idx_t row, std::int64_t micros);

// A scalar from its text, as Hive's text formats spell it; kBad leaves the cell to the caller.
Written write_scalar(duckdb_vector vector, idx_t row, const Type& type, std::string_view text);

// A type as the engine holds it; the caller destroys it.
duckdb_logical_type engine_type(const Type& type);

// Appends `count` places to the list at `row` and returns the index of the first in the child
// vector.
idx_t begin_list(duckdb_vector vector, idx_t row, idx_t count);

}  // namespace penstock::sql
