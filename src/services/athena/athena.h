// The facade of Athena: workgroups, named queries, and the life of query executions.
//
//   athena::Service service({store, runtime, clock, random, glue_caller, s3_caller});
//   TRY_VOID(service.start());      // Opens the engine, fails what a crash interrupted. Ordinary
//   thread. caller.bind(athena::binding(service));
//   ...
//   service.stop();                 // Ordinary thread; running queries end as failed.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "async/gate.h"
#include "async/turns.h"
#include "base/clock.h"
#include "base/random.h"
#include "protocol/context.h"
#include "protocol/operation.h"
#include "services/athena/store.h"
#include "storage/store.h"

namespace penstock::protocol {
class Caller;
}
namespace penstock::sql {
class Engine;
}

namespace penstock::athena {

struct Dependencies {
  storage::Store& store;
  Runtime& runtime;
  Clock& clock;
  Random& random;
  protocol::Caller& glue;  // Where tables are looked up and made, as the one who asks.
  protocol::Caller& s3;    // Where objects are read and results are written, likewise.
};

struct Options {
  std::size_t running_max = 3;  // Queries at once: below the threads of the blocking pool.
  std::size_t engine_threads = 0;
  std::uint64_t engine_memory_bytes = 2ULL << 30;
  std::chrono::seconds query_timeout{30 * 60};  // As the service's quota for DML.
};

// The queries that wait and run. Thread-safe.
class Running {
 public:
  explicit Running(std::size_t max) : max_(max) {}
  struct Job {
    protocol::Context context;
    std::string id;
    std::shared_ptr<std::stop_source> stop;
  };
  // The job when it may start at once; otherwise it waits. False: too many wait already.
  bool admit(Job job, std::optional<Job>& start);
  // The end of a job: the next one, if one waits.
  std::optional<Job> finish(const std::string& id);
  // Stops a running job, or takes a waiting one out of the line (returned).
  std::optional<Job> stop(const std::string& id);
  void stop_all();

 private:
  std::mutex mutex_;
  const std::size_t max_;
  std::map<std::string, std::shared_ptr<std::stop_source>> running_;
  std::deque<Job> waiting_;
};

struct Service {
  explicit Service(Dependencies dependencies, Options options = {});
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  Status start();
  void stop();

  Records records(const protocol::Context& context) { return {deps.store, context.place()}; }

  Dependencies deps;
  Options options;
  Turns turns{256};
  Running running;
  std::unique_ptr<sql::Engine> engine;
  Gate gate;
};

protocol::ServiceBinding binding(Service& service);
std::span<const protocol::Operation> operations();

}  // namespace penstock::athena
