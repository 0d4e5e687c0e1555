// Where a pipe sends what it has shaped: one interface over the services that can be targets.
//
// A target makes the calls that a batch needs, in order, and stops at the first that did not take
// all it was given: what comes behind it is then not sent and counts as failed, so that records do
// not overtake one another more than the service itself lets them. It tries nothing twice; retrying
// is stream/delivery.h's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/caller.h"
#include "protocol/context.h"
#include "services/pipes/call_limit.h"
#include "services/pipes/pipe.h"
#include "services/pipes/shaper.h"

namespace penstock::pipes {

// Why a call did not do all that it should, as the log of a pipe shows it.
struct CallFailure {
  std::string service;  // "kinesis"
  int status = 0;       // HTTP
  std::string code;
  std::string message;
  std::string request_id;
  bool counted = false;    // The customer's fault; else one of the service called.
  bool throttled = false;  // Refused for its rate.
  bool timed_out = false;  // No answer within the limit of an execution.

  std::string text() const { return code + ": " + message; }
};
CallFailure failure_of(std::string_view service, const protocol::ApiError& error,
                       const protocol::Context& context);
// Of a call that within() has given up.
CallFailure timeout_of(std::string_view service, const CallLimit& limit);

struct Sending {
  protocol::Context context;  // Of the pipe's role.
  CallLimit limit;
  std::vector<const Outgoing*> entries;  // Never empty.
  // For a target that drops what it has already: a position for each entry.
  std::optional<protocol::Producer> producer;
  // Of the records of the source, for a target that names those that failed.
  std::vector<std::string> identifiers;
  bool record_exchange = false;  // Requests and responses are wanted, for the log.
};

struct Sent {
  enum class Kind : std::uint8_t {
    kDelivered,
    kEntriesFailed,  // Those entries of the batch at `failed`.
    kRecordsFailed,  // Those records of the source at `failed`, by their identifiers.
    kAllFailed,
  };
  Kind kind = Kind::kDelivered;
  std::vector<std::size_t> failed;     // Ascending.
  std::optional<CallFailure> failure;  // Unless delivered.
  std::string request, response;       // JSON, if they are wanted.
};

class Target {
 public:
  virtual ~Target() = default;
  virtual Task<Sent> send(Sending sending) = 0;
};

// The callers of the services that targets are in; null: not there.
struct TargetCallers {
  protocol::Caller* kinesis = nullptr;
  protocol::Caller* firehose = nullptr;
  protocol::Caller* lambda = nullptr;
  protocol::Caller* sqs = nullptr;
  protocol::Caller* logs = nullptr;
};
// Requires the caller that the kind of target needs. `clock` outlives the target.
std::unique_ptr<Target> make_target(const TargetCallers& callers, const PipeConfig& config,
                                    const Clock& clock);
// The most entries that one batch to a target of that kind may have.
std::size_t batch_max(TargetKind kind);

// The URL under which SQS knows the queue of an ARN.
std::string queue_url(const Arn& queue);

}  // namespace penstock::pipes
