// Transforming a batch: calls of the function in slices, several at a time, with retries, or the
// built-in transform; then everything in order again.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "async/task.h"
#include "services/firehose/live.h"
#include "services/firehose/transform_contract.h"

namespace penstock::firehose {

struct Service;

using RecordList = std::shared_ptr<const std::vector<SourceRecord>>;

struct FailedRecord {
  std::size_t position = 0;  // In the list of records.
  Failure failure;
  int attempts = 1;
  std::int64_t ended_millis = 0;
};

struct TransformedBatch {
  bool stopped = false;  // The server is stopping: this is not an outcome.
  std::string body;      // Of the object, before compression.
  std::uint64_t delivered = 0, dropped = 0;
  std::vector<RecordFate> fates;     // One per record. The mark of a failed one is not known yet.
  std::vector<FailedRecord> failed;  // In the order of the records.
};

// A batch on its way through the transform. `shard` is empty for records that were put.
struct TransformRequest {
  std::shared_ptr<LiveStream> stream;
  std::shared_ptr<const Settings> settings;
  std::string shard;
  RecordList records;
};
Task<TransformedBatch> transform(Service& service, TransformRequest request, std::stop_token stop);

// Reports a failure of delivery or transform in the stream's log, if it has one.
struct DeliveryError {
  std::string code, message, processor;
};
void report(Service& service, const LiveStream& stream, const Settings& settings,
            const DeliveryError& error);

// The wait before the next try after `failures` in a row.
std::chrono::milliseconds retry_delay(const Service& service, int failures);

}  // namespace penstock::firehose
