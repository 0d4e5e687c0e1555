// A lane: one shard, read in order, delivered by a consumer, with a position that is stored.
//
// One batch after the other, or with sub-lanes one after the other in each of these: the next one
// goes when the one before has come to its end. The position moves over a record only when it and
// all before it have their fate, and may lag behind what is delivered, never run ahead of it.
#pragma once

#include "stream/consumer.h"
#include "stream/delivery.h"
#include "stream/lane_start.h"
#include "stream/positions.h"
#include "stream/shard_reader.h"

namespace penstock::stream {

struct LaneRules {
  BatchRules batch;
  RetryRules retry;
};

// What a lane works with; all of it outlives the lane.
struct LaneSetting {
  Source& source;
  protocol::Arrivals& arrivals;
  storage::Store& store;
  const Clock& clock;
  ReaderStats& stats;
  const PositionSpace& space;
  const LaneRules& rules;
  std::string reader;  // Its name in the log.
};

// Until the shard comes to its end, stop is requested, or the claim is lost. What is under way then
// comes to its end; the position is durable when it returns. It runs on the executor on which it is
// awaited.
Task<LaneEnd> run_shard_lane(LaneSetting setting, LaneStart start, Consumer& consumer);

}  // namespace penstock::stream
