// Imports and exports: what goes on in the background between tables and S3.
//
// A job is durable before its request is answered, and is begun anew when the server ended in the
// middle of it: it writes the same items or objects again.
#pragma once

#include <string>

#include "async/turns.h"
#include "gen/dynamodb/shapes.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/jobs.h"

namespace penstock::dynamodb {

using ImportJob = Job<api::ImportTableDescription>;
using ExportJob = Job<api::ExportDescription>;

struct Transfers {
  Jobs<api::ImportTableDescription> imports;
  Jobs<api::ExportDescription> exports;
  Turns slots{4};  // So many run at a time; the others wait, IN_PROGRESS.
};

// Why a job ended without what it was for. An empty code: the server stops, and the job goes on
// after the next start.
struct JobFailure {
  std::string code;
  std::string message;
};
template <typename T>
using JobResult = std::expected<T, JobFailure>;

// S3's refusal as FailureCode and FailureMessage.
JobFailure failure_of(const protocol::ApiError& error);
// Whether the same call may work a little later.
bool is_passing(const protocol::ApiError& error);

// Loads all jobs. At start, before any request.
Status load_transfers(Service& service);
// Goes on with what was running, and forgets what ended long ago.
void start_transfers(Service& service);

void start_import(Service& service, std::string arn);
// Whether a running import is going to make the table.
bool import_reserves(const Service& service, const Place& place, std::string_view table);
void start_export(Service& service, std::string arn);
void start_export(Service& service, std::string arn);

}  // namespace penstock::dynamodb
