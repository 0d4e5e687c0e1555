// Runner: one running pipe, a follower of its source's shards with a lane for each.
#pragma once

#include <memory>
#include <string>

#include "async/gate.h"
#include "services/pipes/pipes.h"
#include "stream/follower.h"
#include "stream/shard_lane.h"

namespace penstock::pipes {

// Under which id the target knows what a sub-lane of a shard sent. One sub-lane has the id that
// pipes always had.
std::string producer_id(const PipeConfig& config, std::string_view shard,
                        stream::SubLane sub_lane = {});
protocol::Context role_context(const PipeConfig& config);
// Requires a stream as the source.
std::unique_ptr<stream::Source> make_source(const Dependencies& deps, const PipeConfig& config);

class Runner {
 public:
  // `deps` and `stats` must outlive the runner.
  Runner(Dependencies& deps, PipeStats& stats, PipeConfig config);

  void start() { follower_->start(gate_); }
  // Lets the batches under way come to their end; what is not handed on stays with the source.
  Task<void> stop() { return gate_.closed(); }
  void close() { gate_.close(); }
  // Returns when it is decided and stored where the pipe begins, or after the time-out: from then
  // on no record of the source is missed.
  Task<void> begun(std::chrono::milliseconds timeout, std::stop_token stop) {
    return follower_->begun(timeout, std::move(stop));
  }

 private:
  Task<Result<stream::LaneEnd>> run_lane(stream::LaneStart start);

  Dependencies& deps_;
  PipeStats& stats_;
  const PipeConfig config_;
  const stream::PositionSpace space_;
  const stream::LaneRules rules_;
  const std::unique_ptr<stream::Source> source_;
  const std::shared_ptr<stream::Follower> follower_;
  Gate gate_;
};

}  // namespace penstock::pipes
