// The facade of Kinesis Data Streams: state, start and stop, and what a push needs beyond the AWS
// API.
//
//   kinesis::Service service({store, runtime, clock, random});
//   TRY_VOID(service.start());            // Loads every stream; from an ordinary thread.
//   caller.bind(kinesis::binding(service));
//   ...
//   service.stop();                       // From an ordinary thread.
//
// An append whose Context carries a `producer` is made once: the shard keeps, in the same batch as
// the records, the highest position of each producer and drops what is not beyond it. A dropped
// record is answered with the sequence number of that producer's newest record in the shard.
// Positions of one producer must arrive in increasing order, one request at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "async/gate.h"
#include "async/notifier.h"
#include "async/turns.h"
#include "base/clock.h"
#include "base/random.h"
#include "protocol/arrivals.h"
#include "protocol/operation.h"
#include "services/kinesis/live.h"
#include "services/kinesis/live_consumers.h"
#include "storage/store.h"

namespace penstock::kinesis {

struct Dependencies {
  storage::Store& store;
  Runtime& runtime;
  Clock& clock;
  Random& random;
};

struct Options {
  std::chrono::seconds trim_interval{60};   // How often records past their retention are erased.
  std::chrono::seconds scale_interval{60};  // How often on-demand streams get the room they need.
  bool throttle = false;  // Whether the limits of shards hold: refusals, and pushes.
};

struct Service {
  explicit Service(Dependencies dependencies, Options options = {});
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  Status start();
  void stop();

  Dependencies deps;
  Options options;
  Registry streams;
  Consumers consumers;
  Accounts accounts;
  std::chrono::microseconds scaled_at{0};  // When scale_on_demand() looked last; only its runner's.
  Turns turns{256};                        // By stream name, for the control plane.
  Notifier notifier;                       // Keyed by shard; signalled when records are durable.
  protocol::LocalArrivals arrivals{notifier};
  Gate gate;
};

protocol::ServiceBinding binding(Service& service);

// For whoever decides about requests (access.cc). The policy of a stream or of a registered
// consumer; nullptr: none.
std::shared_ptr<const std::string> resource_policy(const Service& service, std::string_view arn);
// The ARN of the stream that a shard iterator or the NextToken of a list is about; empty: of none.
std::string stream_of_token(const Service& service, const Place& place, std::string_view token);
// That of the consumer which a stream knows under the name; empty: none.
std::string consumer_of_stream(const Service& service, std::string_view stream_arn,
                               std::string_view name);

// Erases what is past its retention, in all streams. Blocks on the disk; the runner calls it by
// itself.
Status trim(Service& service);
Status trim_stream(Service& service, LiveStream& stream);
// What the runner does: trim(), and then forget the closed shards that have nothing left.
Task<Status> keep_retention(Service& service);

// Splits the shards of on-demand streams that took more than half of what a shard can (capacity.h)
// since the last time. The runner calls it by itself.
Task<Status> scale_on_demand(Service& service);

// Whether a stream of that mode may have warm throughput, and the account another on-demand stream.
protocol::ApiResult<void> check_warm_throughput(Service& service, const Place& place,
                                                StreamMode mode, Timestamp now);
protocol::ApiResult<void> check_on_demand_quota(Service& service, const Place& place);

// For metrics and reconciliation: how far each shard of each stream has come.
struct ShardProgress {
  std::string stream_arn;
  std::string shard_id;
  std::uint64_t records = 0;  // Ever appended and durable.
  std::int64_t newest_arrival_millis = 0;
  struct Producer {
    std::string id;
    std::string position;         // The highest source position that is in the shard.
    std::string sequence_number;  // Of that record.
  };
  std::vector<Producer> producers;
};
std::vector<ShardProgress> progress(Service& service);

}  // namespace penstock::kinesis
