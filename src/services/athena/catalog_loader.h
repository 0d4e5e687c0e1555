// Fetches what a query needs to know of the catalog before it is analyzed.
#pragma once

#include "gen/glue/client.h"
#include "protocol/context.h"
#include "sql/catalog.h"
#include "sql/statement.h"

namespace penstock::athena {

// The databases and tables that `query` names, those of its views included. What does not exist is
// not in the result: the analyzer words that. `query` outlives the call.
protocol::Reply<sql::Catalog> load_catalog(glue::Client glue, protocol::Context context,
                                           const sql::Query& query, std::string database);

// The SELECT of a view made by Athena; empty when it is none.
std::string view_text(const glue::api::Table& table);

}  // namespace penstock::athena
