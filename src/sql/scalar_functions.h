// The engine's own functions (ps_...), registered once per database. Private to sql/.
#pragma once

#include <duckdb.h>

#include <string>

#include "base/result.h"

namespace penstock::sql {

Status register_scalar_functions(duckdb_connection connection);
Status register_macros(duckdb_connection connection);

// An error that keeps its name on the way through the engine: found again by engine_error().
std::string marked_error(const std::string& name, const std::string& text);

}  // namespace penstock::sql
