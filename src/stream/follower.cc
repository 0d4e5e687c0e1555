// Following the shards of a stream. What happens inside a shard is its lane's.
#include "stream/follower.h"

#include <fmt/format.h>

#include <algorithm>

#include "async/runners.h"
#include "base/log.h"

namespace penstock::stream {
namespace {

constexpr std::chrono::milliseconds kRelist{60'000};
constexpr std::chrono::milliseconds kRetry{1'000};

// Of a reader that is alone: every shard is its own.
class SoleClaim final : public Claim {
 public:
  explicit SoleClaim(storage::Store& store) : store_(store) {}
  Task<Status> checkpoint(storage::Batch batch) override {
    co_return submit_now(store_, std::move(batch));
  }

 private:
  storage::Store& store_;
};

}  // namespace

Follower::Follower(FollowerSetting setting, RunLane run_lane)
    : setting_(std::move(setting)), run_lane_(std::move(run_lane)) {
  if (setting_.leases.table) share_.emplace(setting_.leases, setting_.clock, setting_.reader);
}

void Follower::start(Gate& gate) {
  setting_.runtime.runners().start(
      gate, setting_.runtime.next_loop(), setting_.reader,
      [self = shared_from_this(), &gate] { return self->follow(gate); });
}

Task<void> Follower::begun(std::chrono::milliseconds timeout, std::stop_token stop) {
  co_await begun_.wait_beyond("", 0, timeout, std::move(stop));
}

void Follower::note(const protocol::ApiError& error) {
  ++setting_.stats.source_errors;
  setting_.stats.set_error(error.code + ": " + error.message);
  if (setting_.on_error) setting_.on_error(error);
}

// True when all is well.
bool Follower::note(const Status& status) {
  if (!status) setting_.stats.set_error(status.error().message);
  return status.has_value();
}

Task<Status> Follower::follow(Gate& gate) {
  const std::stop_token stop = gate.stop_token();
  CO_TRY_VOID(co_await load());
  while (!stop.stop_requested()) {
    const std::uint64_t seen = wake_.version("");
    if (!co_await look(gate)) {
      co_await sleep_for(share_ ? std::min(kRetry, setting_.leases.duration / 3) : kRetry, stop);
      continue;
    }
    begun_.notify("");
    const auto pace = share_ ? setting_.leases.duration / 3 : kRelist;
    co_await wake_.wait_beyond("", seen, pace, stop);
  }
  co_return Status();
}

// Lists the shards and starts what may be started. False: try again soon.
Task<bool> Follower::look(Gate& gate) {
  const std::chrono::microseconds now = setting_.clock.monotonic();
  if (!share_ || relist_.exchange(false) || now - listed_at_ >= kRelist) {
    auto shards = co_await setting_.source.shards();
    if (!shards) {
      relist_ = true;
      note(shards.error());
      co_return false;
    }
    shards_ = std::move(*shards);
    listed_at_ = now;
  }
  if (share_ && !note(co_await share_->renew())) co_return false;
  if (share_ && !note(co_await load())) co_return false;  // Others move them, too.
  if (!positions_ && !co_await may_begin()) co_return false;
  if (!positions_ && !co_await begin(shards_)) co_return false;
  if (share_) co_await share_->begun();
  forget_gone(shards_);
  co_return co_await start_lanes(gate, shards_);
}

// One of the workers decides where the reader begins.
Task<bool> Follower::may_begin() {
  if (!share_) co_return true;
  const auto mine = co_await share_->may_begin();
  if (!mine) setting_.stats.set_error(mine.error().message);
  if (!mine || !*mine) co_return false;
  // Another one may have decided between the last look and the taking of the lease.
  co_return note(co_await load());
}

Task<Status> Follower::load() {
  const storage::Store* const store = &setting_.store;
  const PositionSpace* const space = &setting_.space;
  auto loaded = co_await run_blocking(setting_.runtime,
                                      [store, space] { return load_positions(*store, *space); });
  if (!loaded) {
    setting_.stats.set_error(loaded.error().message);
    co_return std::unexpected(std::move(loaded).error());
  }
  const std::scoped_lock lock(mutex_);
  positions_ = std::move(*loaded);
  co_return Status();
}

// Decides, once and for good, where the reader begins in each shard that there is. Shards that come
// later are read from their beginning, whatever the starting position says.
Task<bool> Follower::begin(std::vector<Shard> shards) {
  Positions positions;
  storage::Batch batch;
  put_begun(batch, setting_.space);
  first_iterators_.clear();
  for (const Shard& shard : shards) {
    const bool latest = setting_.starting_position == "LATEST";
    if (latest && !shard.closed && !co_await open_latest(shard.id)) co_return false;
    Position position;
    position.start = setting_.starting_position;
    position.anchor = setting_.starting_timestamp.value_or(setting_.clock.now());
    position.finished = latest && shard.closed;
    position.lanes = setting_.sub_lanes;
    put_position(batch, setting_.space, shard.id, position);
    positions.emplace(shard.id, std::move(position));
  }
  const Status durable = co_await setting_.store.commit(std::move(batch));
  if (!durable) {
    setting_.stats.set_error(durable.error().message);
    co_return false;
  }
  positions_ = std::move(positions);
  co_return true;
}

Task<bool> Follower::open_latest(std::string shard) {
  auto iterator = co_await setting_.source.open_latest(shard);
  if (!iterator) {
    note(iterator.error());
    co_return false;
  }
  if (*iterator) first_iterators_.emplace(std::move(shard), std::move(**iterator));
  co_return true;
}

bool Follower::may_read(const Shard& shard, const std::set<std::string>& listed) const {
  const auto own = positions_->find(shard.id);
  if (own != positions_->end() && own->second.finished) return false;
  return std::all_of(shard.parents.begin(), shard.parents.end(), [&](const std::string& parent) {
    if (!listed.contains(parent)) return true;  // Trimmed away: there is nothing left to wait for.
    const auto found = positions_->find(parent);
    return found != positions_->end() && found->second.finished;
  });
}

Task<bool> Follower::start_lanes(Gate& gate, std::vector<Shard> shards) {
  std::set<std::string> listed;
  for (const Shard& shard : shards) listed.insert(shard.id);
  std::vector<std::string> wanted;
  {
    const std::scoped_lock lock(mutex_);
    for (const Shard& shard : shards) {
      if (!may_read(shard, listed)) continue;
      if (share_) {
        wanted.push_back(shard.id);
      } else if (!running_.contains(shard.id)) {
        start_lane(gate, shard.id, nullptr);
      }
    }
  }
  if (!share_) co_return true;
  auto taken = co_await share_->take(std::move(wanted), gate.stop_token());
  if (!taken) {
    setting_.stats.set_error(taken.error().message);
    co_return false;
  }
  // As the former owners left them.
  if (!taken->empty() && !note(co_await load())) {
    for (auto& lease : *taken) co_await share_->release(std::move(lease), false);
    co_return false;
  }
  const std::scoped_lock lock(mutex_);
  for (auto& lease : *taken) {
    const std::string shard = lease->lease().shard;
    start_lane(gate, shard, std::move(lease));
  }
  co_return true;
}

// Requires mutex_.
void Follower::start_lane(Gate& gate, const std::string& shard, std::shared_ptr<LeaseClaim> lease) {
  LaneStart start{shard, {}, {}, gate.stop_token(), lease};
  if (lease) {
    start.stop = lease->stop_token();
  } else {
    start.claim = std::make_shared<SoleClaim>(setting_.store);
  }
  const auto known = positions_->find(shard);
  const bool fresh = known == positions_->end();
  if (fresh) {
    start.position.start = "TRIM_HORIZON";
    start.position.lanes = setting_.sub_lanes;
  } else {
    start.position = known->second;
  }
  if (auto first = first_iterators_.extract(shard)) start.iterator = std::move(first.mapped());
  const bool started = setting_.runtime.runners().start(
      gate, setting_.runtime.next_loop(), fmt::format("{} {}", setting_.reader, shard),
      [self = shared_from_this(), start, lease, fresh] {
        return self->run_lane(start, lease, fresh);
      });
  if (started) running_.insert(shard);
}

// Positions in shards that the source no longer lists are of no more use.
void Follower::forget_gone(const std::vector<Shard>& shards) {
  const std::scoped_lock lock(mutex_);
  storage::Batch batch;
  std::erase_if(*positions_, [&](const auto& entry) {
    const bool listed = std::any_of(shards.begin(), shards.end(),
                                    [&](const Shard& shard) { return shard.id == entry.first; });
    if (listed || !entry.second.finished) return false;
    erase_position(batch, setting_.space, entry.first);
    return true;
  });
  if (!batch.empty()) (void)setting_.store.submit(std::move(batch));
}

Task<Status> Follower::run_lane(LaneStart start, std::shared_ptr<LeaseClaim> lease, bool fresh) {
  if (fresh) {
    // Before anything of it is delivered: into how many sub-lanes it is divided.
    storage::Batch batch;
    put_position(batch, setting_.space, start.shard, start.position);
    const Status taken = co_await start.claim->checkpoint(std::move(batch));
    // One that is another worker's is lost with the first checkpoint of the lane.
    if (!taken && taken.error().kind != ErrorKind::kConflict) co_return taken;
  }
  CO_TRY(LaneEnd end, co_await run_lane_(start));
  const std::string shard = start.shard;
  if (end.finished) {
    end.position.finished = true;
    end.finished = co_await finish(std::move(start), end.position);
    end.position.finished = end.finished;
  }
  {
    const std::scoped_lock lock(mutex_);
    running_.erase(shard);
    (*positions_)[shard] = end.position;
  }
  if (lease) co_await share_->release(std::move(lease), end.finished);
  if (end.finished) {
    relist_ = true;
    wake_.notify("");
  }
  co_return Status();
}

// The end of the shard is stored before its children begin. False: the shard is another worker's,
// or it could not be stored before the reader stopped.
Task<bool> Follower::finish(LaneStart start, Position position) {
  while (true) {
    storage::Batch batch;
    put_position(batch, setting_.space, start.shard, position);
    const Status taken = co_await start.claim->checkpoint(std::move(batch));
    if (!taken && taken.error().kind == ErrorKind::kConflict) co_return false;
    const Status durable = co_await setting_.store.commit({});
    if (note(taken) && note(durable)) co_return true;
    if (start.stop.stop_requested()) co_return false;
    co_await sleep_for(kRetry, start.stop);
  }
}

}  // namespace penstock::stream
