// Runner: one running pipe: a follower of its source's shards with a lane for each, or the reader
// of a queue; and the pipe's log.
#pragma once

#include <memory>
#include <string>

#include "async/gate.h"
#include "services/pipes/kafka_source.h"
#include "services/pipes/pipe_log_writer.h"
#include "services/pipes/pipes.h"
#include "services/pipes/sqs_source.h"
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
  // All but the configuration outlive the runner. `calls` may still run when it is gone.
  Runner(Dependencies& deps, Gate& calls, PipeStats& stats, PipeConfig config);

  void start();
  // Lets the batches under way come to their end; what is not handed on stays with the source.
  Task<void> stop();
  void close();
  // Returns when it is decided and stored where the pipe begins, or after the time-out: from then
  // on no record of the source is missed.
  Task<void> begun(std::chrono::milliseconds timeout, std::stop_token stop);

 private:
  CarrierSetting carrier_setting() { return {deps_, config_, log_, calls_, gate_.stop_token()}; }
  Task<Result<stream::LaneEnd>> run_lane(stream::LaneStart start);

  Dependencies& deps_;
  Gate& calls_;
  PipeStats& stats_;
  const PipeConfig config_;
  const stream::PositionSpace space_;
  const stream::LaneRules rules_;
  PipeLogWriter log_;
  Gate gate_;
  // Of a stream.
  std::unique_ptr<stream::Source> source_;
  TopicSource* kafka_ = nullptr;  // source_, where it is that.
  std::shared_ptr<stream::Follower> follower_;
  // Of a queue.
  std::unique_ptr<SqsSource> queue_;
};

}  // namespace penstock::pipes
