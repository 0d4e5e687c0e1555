// Replacing a table, as UpdateTable and crawlers do it.
#pragma once

#include "services/glue/store.h"
#include "services/glue/table.h"

namespace penstock::glue {

// Adds the new state of `stored` (which becomes it) to the batch, and what it was as a version when
// `archive` is set. Requires the turn of the place.
protocol::ApiResult<void> replace_table(const Catalog& catalog, storage::Batch& batch,
                                        const StoredDatabase& database, StoredTable& stored,
                                        api::TableInput input, Timestamp now, bool archive);

}  // namespace penstock::glue
