// The facade of Lambda: state, start and stop.
//
//   lambda::Service service({store, files, runtime, clock, random, &s3_caller, &logs_caller, ...},
//   options); TRY_VOID(service.start());              // Loads the functions, starts the engine; an
//   ordinary thread. caller.bind(lambda::binding(service)); service.set_endpoint_url(url); // When
//   the port is known: AWS_ENDPOINT_URL of the functions.
//   ...
//   service.stop();                         // From an ordinary thread; before the services it
//   calls.
//
// Functions run as processes of this machine, see engine.h and README.md.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "async/gate.h"
#include "async/turns.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/random.h"
#include "protocol/arrivals.h"
#include "protocol/caller.h"
#include "protocol/operation.h"
#include "services/lambda/concurrency.h"
#include "services/lambda/engine.h"
#include "services/lambda/log_writer.h"
#include "services/lambda/mappings.h"
#include "services/lambda/packages.h"
#include "services/lambda/registry.h"
#include "storage/blobs.h"
#include "storage/store.h"

namespace penstock::lambda {

// That a service acts as a role: the role must exist and trust the service.
struct RoleUse {
  std::string role_arn;
  std::string service;     // "lambda.amazonaws.com"
  std::string source_arn;  // The function.
};
// An error refuses the role. May be empty: every role is good.
using RoleChecker = std::function<Task<Status>(RoleUse)>;
// Makes a session of the role for a function. May be empty: functions then have no credentials.
using SessionMaker = std::function<Task<Result<RoleCredentials>>(
    std::string account, std::string role_arn, std::string session_name)>;

// Whether the principal of the context may do it; empty: everything is allowed.
using ActChecker = std::function<bool(const protocol::Context& context, const std::string& action,
                                      const std::string& resource)>;

struct Dependencies {
  storage::Store& store;
  storage::BlobFiles& files;  // For Lambda alone: start() removes what no function refers to.
  Runtime& runtime;
  Clock& clock;
  Random& random;
  protocol::Caller* s3 = nullptr;    // Packages from S3, read as the caller of CreateFunction.
  protocol::Caller* logs = nullptr;  // Where functions log.
  RoleChecker check_role = {};
  SessionMaker make_session = {};
  // Event source mappings: what they read, and what tells them that there is something to read.
  // Without these, mappings of that source must not be created.
  protocol::Caller* kinesis = nullptr;
  protocol::Caller* dynamodbstreams = nullptr;
  protocol::Caller* sqs = nullptr;  // Also where they report failures.
  protocol::Arrivals* kinesis_arrivals = nullptr;
  protocol::Arrivals* dynamodb_arrivals = nullptr;
  ActChecker may_act = {};
};

struct Options {
  std::string directory;     // Scratch: unpacked packages and running instances. Emptied at start.
  std::string endpoint_url;  // AWS_ENDPOINT_URL of the functions, when known.
  std::int32_t concurrency = 1'000;  // Of an account in a region.
  std::int32_t unreserved_min = 100;
  std::size_t instances_max = 0;  // Processes at once; 0: eight per core.
  std::chrono::milliseconds idle_timeout{300'000};
  Isolation isolation = Isolation::kAuto;
  std::uint64_t cache_bytes_max = limits::kLambdaPackageCacheBytes;  // Of unpacked packages.
  std::size_t events_max = limits::kLambdaEvents;  // Asynchronous invocations that wait or run.
  std::size_t event_bytes_max = limits::kLambdaEventBytes;
  std::chrono::milliseconds retry_wait{
      60'000};  // Before the second attempt; doubled before the third.
};

struct Service {
  explicit Service(Dependencies dependencies, Options options);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service();

  Status start();
  // Once all that functions call is there: event source mappings begin to read.
  void begin_mappings();
  void stop();
  void set_endpoint_url(std::string url);

  Dependencies deps;
  Options options;
  Registry functions;
  Turns turns{256};  // By function ARN: one change after the other.
  Concurrency concurrency;
  std::unique_ptr<Packages> packages;
  LogWriter logs;
  std::unique_ptr<Engine> engine;
  Gate gate;  // Asynchronous invocations; changes of mappings.
  Mappings mappings;

  std::mutex mutex;                                                      // Guards what follows.
  std::map<std::string, std::shared_ptr<const Deployment>> deployments;  // By serial.
  std::map<std::string, std::shared_ptr<const RoleCredentials>>
      credentials;  // By role and function.
  std::size_t events = 0;
  std::size_t event_bytes = 0;
};

protocol::ServiceBinding binding(Service& service);

// The resource policy of a function as a document, for whoever decides about invocations. nullopt:
// none.
std::optional<std::string> resource_policy(const Service& service, const Place& place,
                                           std::string_view name, std::string_view qualifier);

// For metrics.
EngineStats engine_stats(const Service& service);

}  // namespace penstock::lambda
