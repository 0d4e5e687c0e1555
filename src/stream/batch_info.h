// Which records of a stream were given up, as a dead-letter queue is told: the records themselves
// are not in the message, only where to find them. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace penstock::protocol {
class JsonWriter;
}

namespace penstock::stream {

struct BatchInfo {
  enum class Stream : std::uint8_t { kDynamoDb, kKinesis };
  Stream stream = Stream::kKinesis;
  std::string stream_arn;
  std::string shard;
  std::string first_sequence;
  std::string last_sequence;
  Timestamp first_arrival;
  Timestamp last_arrival;
  std::size_t size = 0;
};

// The member "KinesisBatchInfo" or "DDBStreamBatchInfo" of an object that is open.
void write_batch_info(protocol::JsonWriter& json, const BatchInfo& info);

// 2026-11-22T07:30:01.123Z; whole seconds have no fraction, as in AWS's messages.
std::string format_instant(Timestamp t);

}  // namespace penstock::stream
