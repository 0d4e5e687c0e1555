// The facade of SQS: state, start and stop.
//
//   sqs::Service service({store, runtime, clock, random});
//   TRY_VOID(service.start());            // Loads every queue; from an ordinary thread.
//   caller.bind(sqs::binding(service));
//   ...
//   service.stop();                       // From an ordinary thread; long polls end empty.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "async/gate.h"
#include "async/notifier.h"
#include "async/turns.h"
#include "base/clock.h"
#include "base/random.h"
#include "protocol/operation.h"
#include "services/sqs/live.h"
#include "services/sqs/move_task.h"
#include "storage/store.h"

namespace penstock::sqs {

// Whether the policy of a queue lets a caller from another account do that ("SendMessage").
using PolicyCheck = std::function<bool(const protocol::Context& context, const std::string& action,
                                       const std::string& queue_arn, const std::string& policy)>;

struct Dependencies {
  storage::Store& store;
  Runtime& runtime;
  Clock& clock;
  Random& random;
  PolicyCheck lets_in = {};  // Empty: no caller from another account.
};

struct Options {
  std::chrono::seconds sweep_interval{60};  // How often what is past its retention is erased.
};

// Names of queues that were deleted within the last minute. Thread-safe.
class DeletedNames {
 public:
  void add(const QueueName& name, Timestamp at);
  // True when a queue of that name was deleted in the minute before `now`.
  bool is_recent(const QueueName& name, Timestamp now) const;
  // Takes out what is older than that.
  std::vector<QueueName> take_old(Timestamp now);

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<Place, std::string>, Timestamp> names_;
};

// The message move tasks, those that ended included. Thread-safe.
class MoveTasks {
 public:
  void insert(MoveTask task);
  std::optional<MoveTask> find(const Place& place, std::string_view id) const;
  std::optional<MoveTask> running(std::string_view source_arn) const;
  // Of that source, the newest first.
  std::vector<MoveTask> list(const Place& place, std::string_view source_arn) const;
  // How far a task has come; its status stays.
  void advance(const MoveTask& task);
  // False when it has ended.
  bool cancel(const MoveTask& task);
  void erase(const MoveTask& task);
  std::vector<MoveTask> all() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<Place, std::string>, MoveTask> tasks_;
};

struct Service {
  explicit Service(Dependencies dependencies, Options options = {});
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  Status start();
  // Ends the long polls that wait, and refuses no request. From any thread, before stop().
  void end_waits() { gate.request_stop(); }
  void stop();

  Dependencies deps;
  Options options;
  Registry queues;
  DeletedNames deleted;
  MoveTasks tasks;
  Turns turns{64};    // By queue name, for the control plane.
  Notifier notifier;  // Keyed by a queue's ARN: messages may be there, or sooner than thought.
  Gate gate;
};

protocol::ServiceBinding binding(Service& service);

// For whoever decides about requests: the policy of a queue; nullptr: there is no such queue.
std::shared_ptr<const std::string> resource_policy(const Service& service, std::string_view arn);

// Erases what is past its retention, in all queues. The runner calls it by itself.
Status sweep(Service& service);

// For metrics.
struct QueueStats {
  std::string arn;
  MessageCounts counts;
  std::int64_t oldest_age_seconds = 0;
};
std::vector<QueueStats> stats(Service& service);

}  // namespace penstock::sqs
