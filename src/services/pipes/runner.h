// Runner: one running pipe. It follows the shards of the source, parents before children, with one
// lane per open shard.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "async/gate.h"
#include "async/notifier.h"
#include "services/pipes/pipes.h"
#include "services/pipes/source.h"

namespace penstock::pipes {

std::string producer_id(const PipeConfig& config, std::string_view shard);
protocol::Context role_context(const PipeConfig& config);
std::unique_ptr<Source> make_source(const Dependencies& deps, const PipeConfig& config);

class Runner {
 public:
  // `deps` and `stats` must outlive the runner.
  Runner(Dependencies& deps, PipeStats& stats, PipeConfig config);

  void start();
  // Lets the batches under way come to their end; what is not handed on stays with the source.
  Task<void> stop() { return gate_.closed(); }
  void close() { gate_.close(); }
  // Returns when it is decided and stored where the pipe begins, or after the time-out: from then
  // on no record of the source is missed.
  Task<void> begun(std::chrono::milliseconds timeout, std::stop_token stop);

 private:
  using Positions = std::map<std::string, Position>;

  Task<Status> follow_shards();  // Fails only before the first of them is followed.
  Task<Status> load();
  Task<bool> begin(std::vector<SourceShard> shards);
  Task<bool> open_latest(std::string shard);
  void start_lanes(const std::vector<SourceShard>& shards);
  void forget_gone(const std::vector<SourceShard>& shards);
  bool may_start(const SourceShard& shard, const std::set<std::string>& listed) const;
  Task<Status> run_lane(SourceShard shard, Position position, std::string iterator);
  Task<void> rest(std::chrono::milliseconds time);

  Dependencies& deps_;
  PipeStats& stats_;
  const PipeConfig config_;
  std::unique_ptr<Source> source_;
  Gate gate_;
  Notifier wake_;   // A lane came to its end.
  Notifier begun_;  // Once.
  std::mutex mutex_;
  std::set<std::string> running_;       // Guarded by mutex_.
  std::optional<Positions> positions_;  // Guarded by mutex_ once lanes run; nullopt: not begun.
  std::map<std::string, std::string> first_iterators_;  // LATEST, as it was when the pipe began.
};

}  // namespace penstock::pipes
