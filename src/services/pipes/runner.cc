// Following the shards of a pipe's source. What happens inside a shard is in lane.cc.
#include "services/pipes/runner.h"

#include <fmt/format.h>

#include <algorithm>

#include "async/runners.h"
#include "base/log.h"
#include "services/pipes/lane.h"

namespace penstock::pipes {
namespace {

constexpr std::chrono::seconds kRelist{60};
constexpr std::chrono::seconds kRetry{1};

}  // namespace

std::string producer_id(const PipeConfig& config, std::string_view shard) {
  return fmt::format("pipe/{:016x}/{}", config.id, shard);
}

protocol::Context role_context(const PipeConfig& config) {
  protocol::Context context;
  context.account = config.place.account;
  context.region = config.place.region;
  context.principal_arn = assumed_role_arn(config.role_arn, config.name);
  return context;
}

std::unique_ptr<Source> make_source(const Dependencies& deps, const PipeConfig& config) {
  if (config.source_kind == SourceKind::kDynamoDbStream) {
    return make_dynamodb_source(dynamodbstreams::Client(deps.dynamodbstreams), config,
                                role_context(config));
  }
  return make_kinesis_source(kinesis::Client(deps.kinesis), config, role_context(config));
}

Runner::Runner(Dependencies& deps, PipeStats& stats, PipeConfig config)
    : deps_(deps), stats_(stats), config_(std::move(config)), source_(make_source(deps, config_)) {}

void Runner::start() {
  deps_.runtime.runners().start(gate_, deps_.runtime.next_loop(), config_.arn(),
                                [this] { return follow_shards(); });
}

Task<void> Runner::begun(std::chrono::milliseconds timeout, std::stop_token stop) {
  co_await begun_.wait_beyond("", 0, timeout, std::move(stop));
}

Task<void> Runner::rest(std::chrono::milliseconds time) {
  co_await sleep_for(time, gate_.stop_token());
}

Task<Status> Runner::follow_shards() {
  const std::stop_token stop = gate_.stop_token();
  CO_TRY_VOID(co_await load());
  while (!stop.stop_requested()) {
    const std::uint64_t seen = wake_.version("");
    auto shards = co_await source_->shards();
    if (!shards) {
      ++stats_.source_errors;
      stats_.set_error(shards.error().code + ": " + shards.error().message);
      co_await rest(kRetry);
      continue;
    }
    if (!positions_ && !co_await begin(*shards)) {
      co_await rest(kRetry);
      continue;
    }
    begun_.notify("");
    forget_gone(*shards);
    start_lanes(*shards);
    co_await wake_.wait_beyond("", seen, kRelist, stop);
  }
  co_return Status();
}

Task<Status> Runner::load() {
  const storage::Store* const store = &deps_.store;
  const std::uint64_t id = config_.id;
  auto loaded =
      co_await run_blocking(deps_.runtime, [store, id] { return load_positions(*store, id); });
  if (!loaded) {
    stats_.set_error(loaded.error().message);
    co_return std::unexpected(std::move(loaded).error());
  }
  positions_ = std::move(*loaded);
  co_return Status();
}

// Decides, once and for good, where the pipe begins in each shard that there is. Shards that come
// later are read from their beginning, whatever the starting position says.
Task<bool> Runner::begin(std::vector<SourceShard> shards) {
  Positions positions;
  storage::Batch batch;
  put_begun(batch, config_.id);
  first_iterators_.clear();
  for (const SourceShard& shard : shards) {
    const bool latest = config_.starting_position == "LATEST";
    if (latest && !shard.closed && !co_await open_latest(shard.id)) co_return false;
    Position position;
    position.start = config_.starting_position;
    position.anchor = config_.starting_timestamp.value_or(deps_.clock.now());
    position.finished = latest && shard.closed;
    put_position(batch, config_.id, shard.id, position);
    positions.emplace(shard.id, std::move(position));
  }
  const Status durable = co_await deps_.store.commit(std::move(batch));
  if (!durable) {
    stats_.set_error(durable.error().message);
    co_return false;
  }
  positions_ = std::move(positions);
  co_return true;
}

Task<bool> Runner::open_latest(std::string shard) {
  auto iterator = co_await source_->open_latest(shard);
  if (!iterator) {
    ++stats_.source_errors;
    stats_.set_error(iterator.error().code + ": " + iterator.error().message);
    co_return false;
  }
  if (*iterator) first_iterators_.emplace(std::move(shard), std::move(**iterator));
  co_return true;
}

bool Runner::may_start(const SourceShard& shard, const std::set<std::string>& listed) const {
  if (running_.contains(shard.id)) return false;
  const auto own = positions_->find(shard.id);
  if (own != positions_->end() && own->second.finished) return false;
  return std::all_of(shard.parents.begin(), shard.parents.end(), [&](const std::string& parent) {
    if (!listed.contains(parent)) return true;  // Trimmed away: there is nothing left to wait for.
    const auto found = positions_->find(parent);
    return found != positions_->end() && found->second.finished;
  });
}

void Runner::start_lanes(const std::vector<SourceShard>& shards) {
  std::set<std::string> listed;
  for (const SourceShard& shard : shards) listed.insert(shard.id);
  const std::scoped_lock lock(mutex_);
  for (const SourceShard& shard : shards) {
    if (!may_start(shard, listed)) continue;
    Position position;
    position.start = "TRIM_HORIZON";
    const auto known = positions_->find(shard.id);
    if (known != positions_->end()) position = known->second;
    std::string iterator;
    if (auto first = first_iterators_.extract(shard.id)) iterator = std::move(first.mapped());
    if (deps_.runtime.runners().start(
            gate_, deps_.runtime.next_loop(), fmt::format("{} {}", config_.arn(), shard.id),
            [this, shard, position, iterator] { return run_lane(shard, position, iterator); })) {
      running_.insert(shard.id);
    }
  }
}

// Positions in shards that the source no longer lists are of no more use.
void Runner::forget_gone(const std::vector<SourceShard>& shards) {
  const std::scoped_lock lock(mutex_);
  storage::Batch batch;
  std::erase_if(*positions_, [&](const auto& entry) {
    const bool listed = std::any_of(shards.begin(), shards.end(), [&](const SourceShard& shard) {
      return shard.id == entry.first;
    });
    if (listed || !entry.second.finished) return false;
    erase_position(batch, config_.id, entry.first);
    return true;
  });
  if (!batch.empty()) (void)deps_.store.submit(std::move(batch));
}

Task<Status> Runner::run_lane(SourceShard shard, Position position, std::string iterator) {
  Lane lane({deps_, stats_, config_, *source_, gate_.stop_token()}, shard.id, std::move(position),
            std::move(iterator));
  const bool finished = co_await lane.run();
  {
    const std::scoped_lock lock(mutex_);
    running_.erase(shard.id);
    (*positions_)[shard.id] = lane.position();
  }
  if (finished) wake_.notify("");
  co_return Status();
}

}  // namespace penstock::pipes
