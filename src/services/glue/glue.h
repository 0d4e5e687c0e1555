// The facade of Glue: the Data Catalog, classifiers, and crawlers that fill the catalog from S3.
//
//   glue::Service service({store, runtime, clock, random, &s3_caller, may_assume, write_log});
//   TRY_VOID(service.start());      // Loads the schedules; from an ordinary thread.
//   caller.bind(glue::binding(service));
//   ...
//   service.stop();                 // From an ordinary thread; running crawls end as cancelled.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "async/gate.h"
#include "async/turns.h"
#include "base/clock.h"
#include "base/random.h"
#include "protocol/context.h"
#include "protocol/operation.h"
#include "services/glue/keys.h"
#include "services/glue/running.h"
#include "services/glue/schedule.h"
#include "services/glue/store.h"
#include "storage/store.h"

namespace penstock::protocol {
class Caller;
}

namespace penstock::glue {

struct LogLine {
  Timestamp time;
  std::string message;
};

// Whether Glue can assume the role. Empty: every role can be assumed (authorisation is off).
using RoleChecker = std::function<Task<bool>(protocol::Context, std::string role_arn)>;
// Writes lines to a CloudWatch Logs stream, which it creates when absent. Empty: nowhere.
using LogWriter = std::function<Task<void>(protocol::Context, std::string group, std::string stream,
                                           std::vector<LogLine>)>;

struct Dependencies {
  storage::Store& store;
  Runtime& runtime;
  Clock& clock;
  Random& random;
  protocol::Caller& s3;  // Crawlers list and read objects through it, as their role.
  RoleChecker may_assume = {};
  LogWriter write_log = {};
};

struct Options {
  std::chrono::milliseconds schedule_interval{1000};  // How often schedules are looked at.
};

struct Service {
  explicit Service(Dependencies dependencies, Options options = {});
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  Status start();
  void stop();

  Catalog catalog(const protocol::Context& context) { return {deps.store, context.place()}; }
  // The one writer of the catalog of a place.
  Turns::Entering enter(const Place& place);

  Dependencies deps;
  Options options;
  Turns turns{256};
  RunningCrawls running;
  Schedules schedules;
  Gate gate;
};

protocol::ServiceBinding binding(Service& service);
std::span<const protocol::Operation> operations();

// Starts the crawlers whose time has come. The service calls it by itself.
Task<Status> run_due_crawlers(Service& service);

}  // namespace penstock::glue
