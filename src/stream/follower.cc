// Following the shards of a stream. What happens inside a shard is its lane's.
#include "stream/follower.h"

#include <fmt/format.h>

#include <algorithm>

#include "async/runners.h"
#include "base/log.h"

namespace penstock::stream {
namespace {

constexpr std::chrono::seconds kRelist{60};
constexpr std::chrono::seconds kRetry{1};

// Of a reader that is alone: every shard is its own.
class SoleClaim final : public Claim {
 public:
  explicit SoleClaim(storage::Store& store) : store_(store) {}
  Task<Status> checkpoint(storage::Batch batch) override {
    (void)store_.submit(std::move(batch));
    co_return Status();
  }

 private:
  storage::Store& store_;
};

}  // namespace

Follower::Follower(FollowerSetting setting, RunLane run_lane)
    : setting_(std::move(setting)), run_lane_(std::move(run_lane)) {}

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
}

Task<Status> Follower::follow(Gate& gate) {
  const std::stop_token stop = gate.stop_token();
  CO_TRY_VOID(co_await load());
  while (!stop.stop_requested()) {
    const std::uint64_t seen = wake_.version("");
    auto shards = co_await setting_.source.shards();
    if (!shards) {
      note(shards.error());
      co_await sleep_for(kRetry, stop);
      continue;
    }
    if (!positions_ && !co_await begin(*shards)) {
      co_await sleep_for(kRetry, stop);
      continue;
    }
    begun_.notify("");
    forget_gone(*shards);
    start_lanes(gate, *shards);
    co_await wake_.wait_beyond("", seen, kRelist, stop);
  }
  co_return Status();
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

bool Follower::may_start(const Shard& shard, const std::set<std::string>& listed) const {
  if (running_.contains(shard.id)) return false;
  const auto own = positions_->find(shard.id);
  if (own != positions_->end() && own->second.finished) return false;
  return std::all_of(shard.parents.begin(), shard.parents.end(), [&](const std::string& parent) {
    if (!listed.contains(parent)) return true;  // Trimmed away: there is nothing left to wait for.
    const auto found = positions_->find(parent);
    return found != positions_->end() && found->second.finished;
  });
}

void Follower::start_lanes(Gate& gate, const std::vector<Shard>& shards) {
  std::set<std::string> listed;
  for (const Shard& shard : shards) listed.insert(shard.id);
  const std::scoped_lock lock(mutex_);
  for (const Shard& shard : shards) {
    if (may_start(shard, listed)) start_lane(gate, shard);
  }
}

void Follower::start_lane(Gate& gate, const Shard& shard) {
  LaneStart start{shard.id, {}, {}, gate.stop_token(), nullptr};
  const auto known = positions_->find(shard.id);
  if (known != positions_->end()) {
    start.position = known->second;
  } else {
    start.position.start = "TRIM_HORIZON";
    start.position.lanes = setting_.sub_lanes;
    // Before anything of it is delivered: into how many sub-lanes it is divided.
    storage::Batch batch;
    put_position(batch, setting_.space, shard.id, start.position);
    (void)setting_.store.submit(std::move(batch));
  }
  start.claim = std::make_shared<SoleClaim>(setting_.store);
  if (auto first = first_iterators_.extract(shard.id)) start.iterator = std::move(first.mapped());
  const bool started = setting_.runtime.runners().start(
      gate, setting_.runtime.next_loop(), fmt::format("{} {}", setting_.reader, shard.id),
      [self = shared_from_this(), start] { return self->run_lane(start); });
  if (started) running_.insert(shard.id);
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

Task<Status> Follower::run_lane(LaneStart start) {
  const std::string shard = start.shard;
  const std::stop_token stop = start.stop;
  CO_TRY(LaneEnd end, co_await run_lane_(std::move(start)));
  if (end.finished) {
    end.position.finished = true;
    if (!co_await finish(shard, end.position, stop)) co_return Status();
  }
  {
    const std::scoped_lock lock(mutex_);
    running_.erase(shard);
    (*positions_)[shard] = end.position;
  }
  if (end.finished) wake_.notify("");
  co_return Status();
}

// The end of the shard is stored before its children begin.
Task<bool> Follower::finish(std::string shard, Position position, std::stop_token stop) {
  while (true) {
    storage::Batch batch;
    put_position(batch, setting_.space, shard, position);
    const Status durable = co_await setting_.store.commit(std::move(batch));
    if (durable) co_return true;
    setting_.stats.set_error(durable.error().message);
    if (stop.stop_requested()) co_return false;
    co_await sleep_for(kRetry, stop);
  }
}

}  // namespace penstock::stream
