// The execution engine: runs functions in instances (processes) and keeps them warm.
//
//   auto engine = Engine::start(options, {runtime, clock, random, log_sink});
//   CO_TRY(const InvokeOutcome outcome, co_await engine->invoke(std::move(call)));
//
// One supervisor thread owns every instance and waits in epoll on their sockets, pipes and process
// descriptors; nothing polls. An invocation takes a warm instance of its deployment, else a new one
// while fewer than instances_max live (an idle one of another function makes room), else it waits
// its turn. Thread-safe. Instances never outlive the engine.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "async/executor.h"
#include "async/task.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/result.h"
#include "services/lambda/deployment.h"
#include "services/lambda/sandbox.h"

namespace penstock::lambda {

struct LogEvent {
  Timestamp time;
  std::string message;
};

// Events of one stream, in order.
struct LogBatch {
  std::string account;
  std::string region;
  std::string group;
  std::string stream;
  std::string role_arn;  // As whom the function writes its log.
  std::string function_name;
  std::vector<LogEvent> events;
};

struct InvokeCall {
  std::shared_ptr<const Deployment> deployment;
  std::shared_ptr<const RoleCredentials> credentials;  // May be null: the instance then has none.
  std::string request_id;
  std::string function_arn;    // As it was invoked.
  std::string payload;         // JSON.
  std::string client_context;  // JSON, or empty.
  std::string trace_id;
  bool want_log_tail = false;
};

struct InvokeOutcome {
  std::string payload;
  std::string function_error;  // Empty, or "Unhandled": the payload then describes the error.
  std::string log_tail;        // The last 4 KB, when asked for.
};

struct EngineOptions {
  std::string directory;          // Scratch; emptied at start.
  std::string endpoint_url;       // AWS_ENDPOINT_URL of the functions.
  std::size_t instances_max = 0;  // 0: eight per core.
  std::size_t waiting_max = limits::kLambdaWaiting;
  std::size_t waiting_bytes_max = limits::kLambdaWaitingBytes;
  std::chrono::milliseconds init_timeout{10'000};
  std::chrono::milliseconds idle_timeout{300'000};
  Isolation isolation = Isolation::kAuto;
};

struct EngineStats {
  std::size_t instances = 0, busy = 0, waiting = 0;
  std::uint64_t invocations = 0, cold_starts = 0;
};

struct EngineDependencies {
  Runtime& runtime;
  Clock& clock;
  Random& random;
  // Called on the supervisor's thread after each invocation, and when much output has gathered.
  // Must not block and must not call the engine.
  std::function<void(LogBatch)> log_sink;
};

class Engine {
 public:
  // Blocks shortly (it tries out the sandbox).
  static Result<std::unique_ptr<Engine>> start(EngineOptions options,
                                               EngineDependencies dependencies);
  virtual ~Engine() = default;  // Stops.

  // kUnavailable: stopping. kLimit: too many wait. kInvalid: the machine cannot run this runtime.
  // An error of the function is an outcome, not an error here.
  virtual Task<Result<InvokeOutcome>> invoke(InvokeCall call) = 0;
  // No instance of that pool takes another invocation; those that work finish what they do.
  virtual void retire(std::string pool) = 0;
  // For instances started from now on. The port may be known only after the engine was started.
  virtual void set_endpoint_url(std::string url) = 0;
  virtual EngineStats stats() const = 0;
  virtual bool isolated() const = 0;
  // Kills every instance, fails what runs or waits with kUnavailable, and waits until all is gone.
  virtual void stop() = 0;
};

}  // namespace penstock::lambda
