// The facade of DynamoDB and DynamoDB Streams: state, start and stop, the operation tables, and
// what a push and a reconciliation need beyond the AWS API.
//
//   auto service = dynamodb::make({store, runtime, clock, random});
//   TRY_VOID(service->start());               // Loads tables and streams; from an ordinary thread.
//   caller.bind(dynamodb::binding(*service));
//   caller.bind(dynamodb::streams_binding(*service));
//   ...
//   service->stop();                          // From an ordinary thread.
//
// `arrivals` is keyed by protocol::arrivals_key(stream ARN, shard id) and signalled when a stream
// record is durable and readable, or the shard was closed. DescribeStream tells the shard ids.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "async/gate.h"
#include "async/notifier.h"
#include "async/turns.h"
#include "base/clock.h"
#include "base/random.h"
#include "protocol/arrivals.h"
#include "protocol/caller.h"
#include "protocol/operation.h"
#include "services/dynamodb/registry.h"
#include "storage/store.h"

namespace penstock::dynamodb {

struct Dependencies {
  storage::Store& store;
  Runtime& runtime;
  Clock& clock;
  Random& random;
  // For exports, imports and Kinesis destinations; nullptr refuses them.
  protocol::Caller* s3 = nullptr;
  protocol::Caller* kinesis = nullptr;
  protocol::Caller* logs = nullptr;  // For the errors of imports; nullptr: they are only counted.
};

struct Options {
  bool throttle = false;  // Whether throughput that is provisioned limits requests.
  std::chrono::seconds trim_interval{60};  // How often records past their retention are erased.
  // How often it is seen from memory whether an item is due to expire, and how often in the store.
  std::chrono::seconds expiry_interval{1};
  std::chrono::seconds expiry_sweep_interval{60};
  std::chrono::seconds shard_life{4 * 60 * 60};  // Of an open stream shard; about that of AWS.
  std::chrono::seconds count_interval{6 * 60 *
                                      60};  // How often ItemCount and TableSizeBytes are renewed.
};

// What DescribeTable shows of a table's or index's contents; renewed every count_interval, as on
// AWS.
struct Contents {
  std::int64_t items = 0;
  std::int64_t bytes = 0;
};

class History;
struct Transfers;
struct Destinations;

struct Service {
  explicit Service(Dependencies dependencies, Options options = {});
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  Status start();
  void stop();

  Dependencies deps;
  Options options;
  Registry registry;
  Turns turns{16'384};       // By item key.
  Turns control_turns{256};  // By table name, for the control plane.
  Notifier notifier;
  const std::shared_ptr<History> history;      // Backups and restores (history.h).
  std::shared_ptr<Transfers> transfers;        // Imports and exports.
  std::shared_ptr<Destinations> destinations;  // Kinesis streaming destinations.
  protocol::LocalArrivals arrivals{notifier};
  Gate gate;

  // By number of table or index.
  Contents contents_of(std::uint32_t number) const;
  void set_contents(std::uint32_t number, Contents contents);
  void keep_contents(const std::function<bool(std::uint32_t)>& exists);  // Forgets the rest.
  // A number that no table, index or stream had before; the caller writes the counter's new value
  // with the thing that bears it (counter_value()).
  std::uint32_t next_number();
  std::string counter_value() const;

 private:
  friend Status load(Service& service);
  std::atomic<std::uint32_t> last_number_{0};
  mutable std::mutex contents_mutex_;
  std::unordered_map<std::uint32_t, Contents> contents_;
};

std::unique_ptr<Service> make(Dependencies dependencies, Options options = {});
protocol::ServiceBinding binding(Service& service);          // DynamoDB
protocol::ServiceBinding streams_binding(Service& service);  // DynamoDB Streams

// For whoever decides about requests: the policy of a table, which is that of its indexes too, or
// of a stream; nullptr: none.
std::shared_ptr<const std::string> resource_policy(const Service& service, std::string_view arn);

// Erases what is past its retention in all streams and journals, and streams that were disabled
// that long ago. Blocks on the disk; the runner calls it by itself.
Status trim(Service& service);

// For reconciliation: the change log of a stream, oldest first, as far as it is durable and not
// trimmed.
struct LoggedChange {
  std::uint64_t sequence = 0;
  std::string sequence_number;  // As GetRecords shows it.
  std::string event_id;
  std::string_view event_name;  // INSERT, MODIFY, REMOVE
  AttributeMap keys;
};
// Shows the changes after sequence `after` until `visit` returns false. Blocks on the disk.
// kNotFound when there is no such stream.
Status read_changes(Service& service, std::string_view stream_arn, std::uint64_t after,
                    const std::function<bool(LoggedChange)>& visit);
// The same by table: the stream that the table writes to at present, or wrote to last.
Result<std::string> latest_stream_arn(Service& service, const Place& place, std::string_view table);

}  // namespace penstock::dynamodb
