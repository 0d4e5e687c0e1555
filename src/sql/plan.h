// What the analyzer makes of a query: SQL for the engine and what it needs to run it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "sql/catalog.h"
#include "sql/error.h"
#include "sql/statement.h"
#include "sql/type.h"

namespace penstock::sql {

struct OutputColumn {
  std::string label;
  Type type;
  bool as_text = false;  // the engine already hands over the text
};

// One mention of a table. Its columns in the engine are c0, c1, ...: the table's columns, its
// partition keys, and then the pseudo-columns, in the order of kPseudoColumns.
struct Scan {
  std::shared_ptr<const Table> table;
  std::string alias;
  // Conditions over partition keys alone that every row of the result must meet.
  std::vector<std::string> conditions;
};

inline constexpr std::string_view kPseudoColumns[] = {"$path", "$file_size", "$file_modified_time",
                                                      "$bucket"};
std::vector<Type> pseudo_column_types();

// In `sql` scan number 7 stands as \0 7 \0: a statement cannot hold that byte, so no literal looks
// like it.
struct Plan {
  std::string sql;
  std::vector<OutputColumn> columns;
  std::vector<Scan> scans;
};

struct Session {
  std::string database;
  Timestamp now;  // one instant for the whole statement
};

// Binds the names and types of `query`. Marks nodes of the tree as it goes; analyze a tree once.
Outcome<Plan> analyze(Query& query, const Catalog& catalog, const Session& session);

}  // namespace penstock::sql
