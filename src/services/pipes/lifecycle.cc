// Bringing pipes into and out of the state in which they run, now and after a restart.
#include "services/pipes/lifecycle.h"

#include "async/turns.h"
#include "base/check.h"
#include "base/log.h"
#include "services/pipes/access.h"
#include "services/pipes/runner.h"

namespace penstock::pipes {
namespace {

constexpr std::chrono::seconds kBeginTimeout{10};

// Stores the end of the transition. On failure of the store the pipe stays as it is until a
// restart.
Task<void> conclude(Service& service, std::shared_ptr<LivePipe> pipe, PipeEvent event,
                    std::string reason) {
  PipeConfig config = *pipe->config();
  Turns::Turn turn = co_await service.turns.enter(turn_key(config.place, config.name));
  config = *pipe->config();  // Tags may have changed meanwhile.
  const std::optional<PipeState> next = next_state(config.state, event);
  CHECK(next.has_value());
  config.state = *next;
  config.state_reason = reason.substr(0, 512);
  storage::Batch batch;
  put_pipe(batch, config);
  const storage::Commit submitted = service.deps.store.submit(std::move(batch));
  pipe->set_config(config);
  turn.leave();
  const Status durable = co_await submitted.durable();
  if (durable) co_return;
  log::error("pipe", "state not stored",
             {{"pipe", config.name}, {"error", durable.error().message}});
}

Task<void> stop_runner(std::shared_ptr<LivePipe> pipe) {
  if (!pipe->runner) co_return;
  co_await pipe->runner->stop();
  pipe->runner.reset();
}

// Creating, updating, starting: the runner runs before the pipe is shown to run.
Task<void> activate(Service& service, std::shared_ptr<LivePipe> pipe) {
  co_await stop_runner(pipe);
  const std::shared_ptr<const PipeConfig> config = pipe->config();
  std::string problem = co_await problem_of(service.deps, config);
  if (!problem.empty()) {
    log::warning("pipe", "not started", {{"pipe", config->name}, {"reason", problem}});
    co_await conclude(service, pipe, PipeEvent::kFailed, std::move(problem));
    co_return;
  }
  if (!config->wants_running) {
    co_await conclude(service, pipe, PipeEvent::kStopped, "");
    co_return;
  }
  pipe->runner = std::make_unique<Runner>(service.deps, service.calls, pipe->stats, *config);
  pipe->runner->start();
  co_await pipe->runner->begun(kBeginTimeout, service.gate.stop_token());
  co_await conclude(service, pipe, PipeEvent::kRunning, "");
}

Task<void> remove(Service& service, std::shared_ptr<LivePipe> pipe) {
  co_await stop_runner(pipe);
  const std::shared_ptr<const PipeConfig> config = pipe->config();
  storage::Batch batch;
  erase_pipe(batch, *config);
  const Status durable = co_await service.deps.store.commit(std::move(batch));
  if (durable) service.registry.erase(config->place, config->name);
}

}  // namespace

std::uint64_t turn_key(const Place& place, std::string_view name) {
  return hash_bytes(name, hash_bytes(place.region, hash_bytes(place.account)));
}

Task<void> settle(Service& service, std::shared_ptr<LivePipe> pipe) {
  switch (pipe->config()->state) {
    case PipeState::kCreating:
    case PipeState::kUpdating:
    case PipeState::kStarting: co_await activate(service, pipe); break;
    case PipeState::kStopping:
      co_await stop_runner(pipe);
      co_await conclude(service, pipe, PipeEvent::kStopped, "");
      break;
    case PipeState::kDeleting: co_await remove(service, pipe); break;
    case PipeState::kRunning:
    case PipeState::kStopped:
    case PipeState::kCreateFailed:
    case PipeState::kUpdateFailed:
    case PipeState::kStartFailed:
    case PipeState::kStopFailed:
    case PipeState::kDeleteFailed: break;
  }
}

void settle_later(Service& service, std::shared_ptr<LivePipe> pipe) {
  service.gate.spawn(service.deps.runtime.next_loop(), settle(service, std::move(pipe)));
}

}  // namespace penstock::pipes
