// Result reuse: an execution that takes over the result of an earlier one instead of running.
#pragma once

#include "services/athena/athena.h"

namespace penstock::athena {

// The newest execution whose result `execution` may take over as of `now`: same workgroup, query,
// parameters, database, catalog and result settings; a SELECT that succeeded by running itself, not
// longer ago than asked for. Blocks. Of the workgroup's executions the newest thousand are looked
// at.
Result<std::optional<Execution>> find_reusable(const Records& records, const Execution& execution,
                                               Timestamp now);

// Makes `execution` the successful end that points to the result of `previous`.
void take_over(Execution& execution, const Execution& previous, Timestamp now);

}  // namespace penstock::athena
