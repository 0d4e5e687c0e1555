// Follower: one running reader of a stream. It follows the shards, parents before children, and
// runs one lane per shard that may be read.
//
// Where the reader begins is decided once, for all shards that there are, and stored before
// anything is read; shards that come later are read from their beginning. A shard that was read to
// its end is noted as finished before its children begin; positions in shards that the stream no
// longer lists are forgotten.
//
// Several workers can share the stream, each with a follower of its own over the same positions and
// the same table of leases (lease_share.h). A reader that is alone has no leases and pays nothing.
//
// Its work runs in the owner's gate, which ends it, and holds on to the follower.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "async/gate.h"
#include "async/notifier.h"
#include "base/clock.h"
#include "stream/lane_start.h"
#include "stream/lease_share.h"
#include "stream/positions.h"
#include "stream/source.h"
#include "stream/stats.h"

namespace penstock::stream {

struct FollowerSetting {
  std::string reader;  // How it is named in lists and the log: an ARN.
  Runtime& runtime;
  storage::Store& store;
  const Clock& clock;
  Source& source;
  ReaderStats& stats;  // Errors of listing the shards.
  PositionSpace space;
  std::string starting_position;  // TRIM_HORIZON, LATEST, AT_TIMESTAMP
  std::optional<Timestamp> starting_timestamp;
  std::uint32_t sub_lanes = 1;  // Of shards that begin now.
  LeaseSetting leases = {};     // Without a table: the reader is alone.
  // Each time the shards cannot be listed. May be empty.
  std::function<void(const protocol::ApiError&)> on_error = {};
};

class Follower : public std::enable_shared_from_this<Follower> {
 public:
  // A lane over one shard: until it is finished or told to stop. An error begins it again after a
  // pause, from the same start.
  using RunLane = std::function<Task<Result<LaneEnd>>(LaneStart)>;

  // What the setting refers to, and what `run_lane` does, must outlive the gate's work.
  Follower(FollowerSetting setting, RunLane run_lane);

  void start(Gate& gate);
  // Returns when it is decided and stored where the reader begins, or after the time-out: from then
  // on no record of the source is missed.
  Task<void> begun(std::chrono::milliseconds timeout, std::stop_token stop);

 private:
  Task<Status> follow(Gate& gate);  // Fails only before the first of the shards is followed.
  Task<bool> look(Gate& gate);
  Task<Status> load();
  Task<bool> may_begin();
  Task<bool> begin(std::vector<Shard> shards);
  Task<bool> open_latest(std::string shard);
  Task<bool> start_lanes(Gate& gate, std::vector<Shard> shards);
  void start_lane(Gate& gate, const std::string& shard, std::shared_ptr<LeaseClaim> lease);
  void forget_gone(const std::vector<Shard>& shards);
  bool may_read(const Shard& shard, const std::set<std::string>& listed) const;
  Task<Status> run_lane(LaneStart start, std::shared_ptr<LeaseClaim> lease, bool fresh);
  Task<bool> finish(LaneStart start, Position position);
  void note(const protocol::ApiError& error);
  bool note(const Status& status);

  const FollowerSetting setting_;
  const RunLane run_lane_;
  std::optional<LeaseShare> share_;
  std::vector<Shard> shards_;  // As they were listed last.
  std::chrono::microseconds listed_at_{0};
  std::atomic<bool> relist_{true};
  Notifier wake_;   // A lane came to its end.
  Notifier begun_;  // Once.
  std::mutex mutex_;
  std::set<std::string> running_;       // Guarded by mutex_.
  std::optional<Positions> positions_;  // Guarded by mutex_ once lanes run; nullopt: not begun.
  std::map<std::string, std::string> first_iterators_;  // LATEST, as it was when it began.
};

}  // namespace penstock::stream
