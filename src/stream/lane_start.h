// What a follower hands to a lane, and what it gets back.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "async/task.h"
#include "base/result.h"
#include "storage/store.h"
#include "stream/position.h"

namespace penstock::stream {

// The right to deliver from a shard, and to say how far one came.
class Claim {
 public:
  virtual ~Claim() = default;
  // Hands the batch to the store, in the order of these calls; it is durable later. Of an error
  // nothing is written: kConflict, once the shard is another worker's; any other, the store does
  // not take it now (Store::submit()).
  virtual Task<Status> checkpoint(storage::Batch batch) = 0;
};

// Hands the batch to the store and does not wait for it. The error of a store that does not take
// it. What is taken is durable before all that is taken later, or none of these is.
Status submit_now(storage::Store& store, storage::Batch batch);

struct LaneStart {
  std::string shard;
  Position position;
  std::string iterator;  // Where to begin, when it is known; else the position says it.
  std::stop_token stop;  // The reader ends, or the shard is another worker's.
  std::shared_ptr<Claim> claim;
};

struct LaneEnd {
  bool finished = false;  // The shard is closed, and all of it has its fate.
  Position position;
};

}  // namespace penstock::stream
