// What a message move task does in the background.
#pragma once

#include "async/task.h"
#include "services/sqs/move_task.h"
#include "storage/store.h"

namespace penstock::sqs {

struct Service;

// Moves until nothing visible is left, the task is cancelled, or a queue is gone. Ends early, with
// the task still running, when the service stops: it goes on after the next start.
Task<void> run_move_task(Service& service, MoveTask task);

// Puts the task, and erases the oldest of its source beyond those that are listed.
void put_listed_task(Service& service, storage::Batch& batch, const MoveTask& task);

}  // namespace penstock::sqs
