// The facade of EventBridge Pipes: state, start and stop, and the view for metrics and
// reconciliation.
//
//   pipes::Service service({store, runtime, clock, random, streams_caller, stream_arrivals, ...});
//   TRY_VOID(service.start());             // Loads the pipes and starts those that run.
//   caller.bind(pipes::binding(service));
//   ...
//   service.stop();                        // From an ordinary thread; before the services it
//   calls.
//
// A pipe reads each shard of its source in order, hands batches to its target as the role it is
// given, and moves its position only after a batch is durable there. Appends carry (pipe and shard,
// source sequence number) as their producer position, so that a target that knows it drops
// repetitions.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "async/gate.h"
#include "async/turns.h"
#include "base/clock.h"
#include "base/random.h"
#include "protocol/arrivals.h"
#include "protocol/caller.h"
#include "protocol/operation.h"
#include "services/pipes/pipe.h"
#include "services/pipes/store.h"
#include "services/pipes/target.h"
#include "storage/store.h"
#include "stream/positions.h"
#include "stream/stats.h"

namespace penstock::pipes {

class Runner;

// That a service acts as a role: the role must exist and trust the service.
struct RoleUse {
  std::string role_arn;
  std::string service;     // "pipes.amazonaws.com"
  std::string source_arn;  // aws:SourceArn of the trust policy's conditions: the pipe.
};
// An error's message becomes the StateReason. May be empty: every role is good.
using RoleChecker = std::function<Task<Status>(RoleUse)>;

struct Dependencies {
  storage::Store& store;
  Runtime& runtime;
  Clock& clock;
  Random& random;
  protocol::Caller& dynamodbstreams;
  protocol::Arrivals& dynamodb_arrivals;
  protocol::Caller& kinesis;
  protocol::Arrivals& kinesis_arrivals;
  RoleChecker check_role = {};
  // Of the other sources, targets and enrichments; null: not there.
  protocol::Caller* firehose = nullptr;
  protocol::Caller* lambda = nullptr;
  protocol::Caller* sqs = nullptr;
  protocol::Arrivals* sqs_arrivals = nullptr;  // By a queue's ARN.
  protocol::Caller* logs = nullptr;

  TargetCallers targets() const { return {&kinesis, firehose, lambda, sqs, logs}; }
};

using stream::Counters;
using stream::Position;
using PipeStats = stream::ReaderStats;

// A pipe in memory. The runner belongs to whoever brought the pipe into its present transition.
class LivePipe {
 public:
  explicit LivePipe(PipeConfig config);
  ~LivePipe();
  std::shared_ptr<const PipeConfig> config() const;
  void set_config(PipeConfig config);

  PipeStats stats;
  std::unique_ptr<Runner> runner;  // Only touched in a transition, at start and at stop.

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const PipeConfig> config_;
};

class Registry {
 public:
  std::shared_ptr<LivePipe> find(const Place& place, std::string_view name) const;
  void insert(std::shared_ptr<LivePipe> pipe);
  void erase(const Place& place, std::string_view name);
  std::vector<std::shared_ptr<LivePipe>> list(const Place& place) const;  // In the order of names.
  std::vector<std::shared_ptr<LivePipe>> all() const;

 private:
  mutable std::mutex mutex_;
  std::map<Place, std::map<std::string, std::shared_ptr<LivePipe>, std::less<>>> pipes_;
};

struct Service {
  explicit Service(Dependencies dependencies);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  Status start();
  void stop();

  Dependencies deps;
  Registry registry;
  Turns turns{256};  // By pipe name.
  Gate calls;        // Calls of targets that are waited for no longer, too.
  Gate gate;         // Transitions under way.
};

protocol::ServiceBinding binding(Service& service);

// For metrics, tracing and reconciliation: where each pipe is in each shard of its source. Up to
// `position.sequence` every record is delivered, filtered out, or stored as a failure, and is
// counted in `position.counters`. Blocks on the disk.
struct ShardProgress {
  std::string shard;
  Position position;
  std::string producer;  // The id under which the target's shards know these records.
};
struct PipeProgress {
  std::string arn, source, target;
  bool enriches = false;  // A function decides what of a record goes on, and as how many.
  std::string state, last_error;
  Counters session;  // Since the process began.
  std::uint64_t target_errors = 0, source_errors = 0;
  std::int64_t lag_millis = 0;
  std::vector<ShardProgress> shards;
};
Result<std::vector<PipeProgress>> progress(Service& service);
// The records that a pipe gave up, with the reason. At most `max`.
Result<std::vector<Failure>> failures(Service& service, const Place& place, std::string_view name,
                                      std::size_t max);

// The event ids of what is in the pipe's source now and its filter, as it is now, holds back. Empty
// for a pipe without a filter. Requires a DynamoDB stream as the source.
Task<Result<std::unordered_set<std::string>>> held_back(Service& service, Place place,
                                                        std::string name);

// The source sequence number behind a producer position that pipes wrote.
std::string sequence_of_position(std::string_view position);

}  // namespace penstock::pipes
