// Parquet tables: read by the engine itself through a file system that knows the objects of a run.
// Private to sql/.
#pragma once

#include <duckdb.h>

#include <string>

#include "base/result.h"
#include "sql/scan.h"

namespace penstock::sql {

// Makes penstock://<run>/<bucket>/<key> readable. C++ interface of the engine, in one file.
Status register_object_files(duckdb_database database, RunRegistry& registry);

// `sql` with the marks of its scans (plan.h) replaced: by penstock_scan, and for Parquet tables by
// a query over their objects, whose columns are found by name.
Outcome<std::string> with_scans(duckdb_connection connection, const std::string& sql,
                                std::int64_t run_id, RunState& run);

}  // namespace penstock::sql
