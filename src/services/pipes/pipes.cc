// Loading pipes at start, ending them at stop, and showing where they are.
#include "services/pipes/pipes.h"

#include "base/check.h"
#include "base/limits.h"
#include "services/pipes/lifecycle.h"
#include "services/pipes/runner.h"
#include "services/pipes/transform.h"
#include "stream/cursor.h"

namespace penstock::pipes {

LivePipe::LivePipe(PipeConfig config)
    : config_(std::make_shared<const PipeConfig>(std::move(config))) {}
LivePipe::~LivePipe() = default;

std::shared_ptr<const PipeConfig> LivePipe::config() const {
  const std::scoped_lock lock(mutex_);
  return config_;
}

void LivePipe::set_config(PipeConfig config) {
  auto fresh = std::make_shared<const PipeConfig>(std::move(config));
  const std::scoped_lock lock(mutex_);
  config_.swap(fresh);
}

std::shared_ptr<LivePipe> Registry::find(const Place& place, std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto here = pipes_.find(place);
  if (here == pipes_.end()) return nullptr;
  const auto found = here->second.find(name);
  return found == here->second.end() ? nullptr : found->second;
}

void Registry::insert(std::shared_ptr<LivePipe> pipe) {
  const std::shared_ptr<const PipeConfig> config = pipe->config();
  const std::scoped_lock lock(mutex_);
  pipes_[config->place].insert_or_assign(config->name, std::move(pipe));
}

void Registry::erase(const Place& place, std::string_view name) {
  const std::scoped_lock lock(mutex_);
  const auto here = pipes_.find(place);
  if (here == pipes_.end()) return;
  const auto found = here->second.find(name);
  if (found != here->second.end()) here->second.erase(found);
}

std::vector<std::shared_ptr<LivePipe>> Registry::list(const Place& place) const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<LivePipe>> pipes;
  const auto here = pipes_.find(place);
  if (here == pipes_.end()) return pipes;
  for (const auto& [name, pipe] : here->second) pipes.push_back(pipe);
  return pipes;
}

std::vector<std::shared_ptr<LivePipe>> Registry::all() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<LivePipe>> pipes;
  for (const auto& [place, named] : pipes_) {
    for (const auto& [name, pipe] : named) pipes.push_back(pipe);
  }
  return pipes;
}

Service::Service(Dependencies dependencies) : deps(std::move(dependencies)) {}
// By now the services called have stopped, and so every call has ended.
Service::~Service() { calls.close(); }

Status Service::start() {
  TRY(std::vector<PipeConfig> configs, load_pipes(deps.store));
  for (PipeConfig& config : configs) {
    const PipeState state = config.state;
    auto pipe = std::make_shared<LivePipe>(std::move(config));
    registry.insert(pipe);
    if (state == PipeState::kRunning) {
      pipe->runner = std::make_unique<Runner>(deps, calls, pipe->stats, *pipe->config());
      pipe->runner->start();
    } else if (is_transition(state)) {
      settle_later(*this, std::move(pipe));  // Interrupted by the end of the last process.
    }
  }
  return {};
}

void Service::stop() {
  gate.close();
  for (const std::shared_ptr<LivePipe>& pipe : registry.all()) {
    if (pipe->runner) pipe->runner->close();
    pipe->runner.reset();
  }
}

Result<std::vector<PipeProgress>> progress(Service& service) {
  std::vector<PipeProgress> all;
  for (const std::shared_ptr<LivePipe>& pipe : service.registry.all()) {
    const std::shared_ptr<const PipeConfig> config = pipe->config();
    PipeProgress& entry = all.emplace_back();
    entry.arn = config->arn();
    entry.source = config->source;
    entry.target = config->target;
    entry.enriches = config->enrichment.has_value();
    entry.state = to_string(config->state);
    entry.last_error = pipe->stats.last_error();
    entry.session = {pipe->stats.read, pipe->stats.delivered, pipe->stats.filtered,
                     pipe->stats.failed};
    entry.target_errors = pipe->stats.target_errors;
    entry.source_errors = pipe->stats.source_errors;
    entry.lag_millis = pipe->stats.lag_micros / 1000;
    TRY(auto positions, stream::load_positions(service.deps.store, positions_of(config->id)));
    if (!positions) continue;
    for (auto& [shard, position] : *positions) {
      entry.shards.push_back({shard, std::move(position), producer_id(*config, shard)});
    }
  }
  return all;
}

Result<std::vector<Failure>> failures(Service& service, const Place& place, std::string_view name,
                                      std::size_t max) {
  const std::shared_ptr<LivePipe> pipe = service.registry.find(place, name);
  if (!pipe) return fail(ErrorKind::kNotFound, "no pipe " + std::string(name));
  return load_failures(service.deps.store, pipe->config()->id, max);
}

Task<Result<std::unordered_set<std::string>>> held_back(Service& service, Place place,
                                                        std::string name) {
  std::unordered_set<std::string> held;
  const std::shared_ptr<LivePipe> pipe = service.registry.find(place, name);
  if (!pipe) co_return fail(ErrorKind::kNotFound, "no pipe " + name);
  const std::shared_ptr<const PipeConfig> config = pipe->config();
  if (!config->filters || config->filters->empty()) co_return held;
  const std::unique_ptr<stream::Source> source = make_source(service.deps, *config);
  Transform transform(*config);
  auto shards = co_await source->shards();
  if (!shards) co_return fail(ErrorKind::kUnavailable, shards.error().message);
  for (const stream::Shard& shard : *shards) {
    stream::ShardCursor cursor(*source, config->arn(), shard.id, {.start = "TRIM_HORIZON"}, "");
    bool more = true;
    while (more) {
      auto pull = co_await cursor.pull(limits::kStreamPageRecords);
      if (!pull) co_return fail(ErrorKind::kUnavailable, pull.error().message);
      for (const stream::Record& record : pull->records) {
        const auto shaped =
            transform.apply(to_event(record.dynamodb(), config->source), service.deps.clock.now());
        if (shaped && !*shaped) held.insert(record.event_id);
      }
      more = !pull->ended && !pull->idle;
    }
  }
  co_return held;
}

std::string sequence_of_position(std::string_view position) {
  if (position.empty()) return "";
  // Behind the digits there may be an ordinal: of several records made of one.
  return std::string(position.substr(1, static_cast<unsigned char>(position.front())));
}

}  // namespace penstock::pipes
