// The append of records to the shards of one stream: ordered per shard, durable, and made once for
// a producer that numbers its records.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "protocol/api_error.h"
#include "protocol/context.h"
#include "services/kinesis/live.h"

namespace penstock::kinesis {

struct Service;

struct NewRecord {
  HashValue hash = 0;
  std::size_t bytes = 0;  // Partition key and data, as limits count them.
  std::string encoded;    // encode_record().
};

struct Placed {
  // Where the record is now. A repeated one may be in a shard that is closed by now, or gone.
  SequenceNumber number;
  bool throttled = false;  // It was not taken by the shard named; nor is any later one of that.
};

// All records that are not throttled, or none. When `producer` is given it has one position per
// record. Returns when the records, and those that a duplicate refers to, are durable. Safe to call
// concurrently, also with resharding.
protocol::Reply<std::vector<Placed>> append(Service& service, std::shared_ptr<LiveStream> stream,
                                            std::vector<NewRecord> records,
                                            const protocol::Producer* producer);

}  // namespace penstock::kinesis
