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
  std::string encoded;  // encode_record().
};

// Where the record is now. A repeated one may be in a shard that is closed by now, or gone.
using Placed = SequenceNumber;

// All records or none. When `producer` is given it has one position per record. Returns when the
// records, and those that a duplicate refers to, are durable. Safe to call concurrently, also with
// resharding.
protocol::Reply<std::vector<Placed>> append(Service& service, std::shared_ptr<LiveStream> stream,
                                            std::vector<NewRecord> records,
                                            const protocol::Producer* producer);

}  // namespace penstock::kinesis
