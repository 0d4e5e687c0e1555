// The life of one execution after it was accepted: QUEUED, RUNNING, and its end.
#pragma once

#include "services/athena/athena.h"

namespace penstock::athena {

// Runs the job and then, one after another, those that waited for its place.
Task<void> run_jobs(Service& service, Running::Job job);

// Takes the queued execution to CANCELLED.
Task<Status> cancel_queued(Service& service, Running::Job job);

}  // namespace penstock::athena
