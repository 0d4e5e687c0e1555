// The facade of Amazon Data Firehose: state, start and stop, and what the server wants to know.
//
//   firehose::Service service({store, runtime, clock, random, kinesis, lambda, s3, arrivals, …});
//   TRY_VOID(service.start());            // Loads the streams, goes on delivering; from a thread.
//   caller.bind(firehose::binding(service));
//   ...
//   service.stop();                       // From an ordinary thread, before the other services.
//
// Exactly once: with `put_with`, an object and the checkpoint of its batch are one commit; without
// it (a remote S3) the object is put under its written-down key first, so that a repetition after a
// crash overwrites it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "async/gate.h"
#include "async/notifier.h"
#include "async/turns.h"
#include "base/clock.h"
#include "base/random.h"
#include "gen/kinesis/client.h"
#include "gen/lambda/client.h"
#include "gen/s3/client.h"
#include "protocol/arrivals.h"
#include "protocol/operation.h"
#include "services/firehose/live.h"
#include "storage/store.h"

namespace penstock::firehose {

// PutObject with `extra` in the same commit. A refusal means: nothing was written.
using PutWith = std::function<protocol::Reply<s3::api::PutObjectOutput>(
    protocol::Context, s3::api::PutObjectRequest, storage::Batch extra)>;
// Refuses when the service principal may not act as the role.
using CheckRole = std::function<Task<protocol::ApiResult<void>>(std::string role_arn,
                                                                std::string service_principal)>;

// One event for the log group and stream that CloudWatchLoggingOptions name.
struct DeliveryLog {
  std::string account, region, group, stream;
  Timestamp time;
  std::string message;
};
using LogSink = std::function<void(DeliveryLog)>;

struct Dependencies {
  storage::Store& store;
  Runtime& runtime;
  Clock& clock;
  Random& random;
  kinesis::Client kinesis;
  lambda::Client lambda;
  s3::Client s3;
  protocol::Arrivals& arrivals;  // Of the Kinesis streams that are sources.
  PutWith put_with;              // May be empty.
  CheckRole check_role;          // May be empty: no check.
  LogSink log_sink;              // May be empty.
};

struct Options {
  // With IntervalInSeconds 0: how long a first record waits for company.
  std::chrono::milliseconds linger{200};
  // Buffering intervals are divided by this (a demo that should not wait for minutes).
  double interval_scale = 1;
  std::chrono::milliseconds retry_first{100};  // Doubled with each failure in a row.
  std::chrono::milliseconds retry_max{30'000};
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
  Turns turns{256};   // By stream name, for the control plane.
  Notifier notifier;  // Keyed by lane, and by stream for records that were put.
  std::atomic<std::uint64_t> buffered_bytes{0};  // Of all lanes together.
  Gate gate;                                     // Deletions under way.
};

protocol::ServiceBinding binding(Service& service);

// For metrics: counts since the stream was made (delivery) or since the start (puts).
struct StreamStats {
  std::string account, region, name, arn;
  std::uint64_t incoming_records = 0, incoming_bytes = 0, put_requests = 0;
  std::uint64_t read_records = 0, read_bytes = 0;  // From the source, settled or not.
  Totals totals;
  std::uint64_t buffered_records = 0;
  std::uint64_t invocations = 0, failed_invocations = 0, failed_puts = 0;
  std::int64_t oldest_pending_millis = 0;    // Arrival of the oldest unsettled record; 0: none.
  std::int64_t newest_delivered_millis = 0;  // Arrival of the newest settled record.
  std::int64_t millis_behind_source = 0;
};
std::vector<StreamStats> stats(Service& service);

// The delivery ledger, for reconciliation: one entry per settled batch, in the order of settling.
// Every record that was read is in exactly one entry, and there it was delivered, dropped by the
// transform, put into an error object, or lost (gone from the source before a redo). `fates` says
// which of these, record by record, and what the objects hold for each.
struct LedgerEntry {
  std::uint64_t number = 0;
  std::string shard;     // Empty for records that were put.
  std::string from, to;  // Sequence numbers, both included.
  std::uint64_t records = 0, bytes = 0;
  std::uint64_t delivered = 0, dropped = 0, failed = 0, lost = 0;
  std::string bucket, key;          // The key is empty when nothing was to be delivered.
  std::uint64_t content_bytes = 0;  // Before compression.
  std::uint64_t object_bytes = 0;
  struct ErrorObject {
    std::string key;
    std::uint64_t records = 0, bytes = 0;
  };
  std::vector<ErrorObject> errors;
  std::int64_t oldest_millis = 0, newest_millis = 0;  // Arrivals.
  std::int64_t settled_millis = 0;
  Compression compression = Compression::kUncompressed;  // Of the object at `key`.
  // One per record, in order; empty in entries that were written before this was kept.
  std::vector<RecordFate> fates;
};
// Entries with a number beyond `after`, at most `limit` (≤ limits::kFirehoseLedgerPageMax) of them
// no more than fit in some megabytes; none only when there are no more. kNotFound when there is no
// such stream. Blocks on the disk.
Result<std::vector<LedgerEntry>> ledger(Service& service, const Place& place, std::string_view name,
                                        std::uint64_t after, std::size_t limit);
// The number of the newest entry; 0 when there is none. Blocks on the disk.
Result<std::uint64_t> ledger_end(Service& service, const Place& place, std::string_view name);

}  // namespace penstock::firehose
