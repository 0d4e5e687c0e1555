// CreatePipe, UpdatePipe, StartPipe, StopPipe, DeletePipe: each decides on the newest state, stores
// the passing state, answers, and leaves the rest to lifecycle.cc.
#include <fmt/format.h>

#include <functional>

#include "base/limits.h"
#include "services/pipes/errors.h"
#include "services/pipes/lifecycle.h"
#include "services/pipes/operations.h"
#include "services/pipes/pipes.h"
#include "services/pipes/validate.h"

namespace penstock::pipes {
namespace {

using protocol::ApiError;
using protocol::ApiResult;

template <typename Response>
Response respond(const PipeConfig& config) {
  Response response;
  response.arn = config.arn();
  response.name = config.name;
  response.desired_state = config.wants_running ? "RUNNING" : "STOPPED";
  response.current_state = std::string(to_string(config.state));
  response.creation_time = config.created;
  response.last_modified_time = config.modified;
  return response;
}

using Edit = std::function<ApiResult<PipeConfig>(PipeConfig)>;

// The pipe as it is after `event`, durable; `edit` may refuse. Then it is settled in the
// background.
Reply<PipeConfig> transition(Service& service, Place place, std::string name, PipeEvent event,
                             Edit edit) {
  Turns::Turn turn = co_await service.turns.enter(turn_key(place, name));
  const std::shared_ptr<LivePipe> pipe = service.registry.find(place, name);
  if (!pipe) co_return std::unexpected(pipe_not_found(name));
  const std::shared_ptr<const PipeConfig> before = pipe->config();
  const std::optional<PipeState> next = next_state(before->state, event);
  if (!next) {
    co_return std::unexpected(
        conflict(fmt::format("Pipe {} is in the state {}.", name, to_string(before->state)), name));
  }
  PipeConfig config = *before;
  if (edit) {
    CO_TRY(config, edit(std::move(config)));
  }
  config.state = *next;
  config.state_reason.clear();
  config.modified = service.deps.clock.now();
  storage::Batch batch;
  put_pipe(batch, config);
  const storage::Commit submitted = service.deps.store.submit(std::move(batch));
  pipe->set_config(config);
  turn.leave();
  if (const Status durable = co_await submitted.durable(); !durable) {
    pipe->set_config(*before);
    co_return std::unexpected(ApiError(durable.error()));
  }
  settle_later(service, pipe);
  co_return config;
}

}  // namespace

Reply<api::CreatePipeResponse> create_pipe(Service& service, const Context& context,
                                           api::CreatePipeRequest request) {
  const Place place = context.place();
  CO_TRY(PipeConfig config, checked_create(place, request));
  Turns::Turn turn = co_await service.turns.enter(turn_key(place, config.name));
  if (service.registry.find(place, config.name)) {
    co_return std::unexpected(
        conflict(fmt::format("Pipe {} already exists.", config.name), config.name));
  }
  if (service.registry.list(place).size() >= limits::kPipesMax) {
    co_return std::unexpected(too_many_pipes(config.name));
  }
  config.id = service.deps.random.next();
  config.state = PipeState::kCreating;
  config.created = config.modified = service.deps.clock.now();
  storage::Batch batch;
  put_pipe(batch, config);
  const storage::Commit submitted = service.deps.store.submit(std::move(batch));
  const auto pipe = std::make_shared<LivePipe>(config);
  service.registry.insert(pipe);
  turn.leave();
  if (const Status durable = co_await submitted.durable(); !durable) {
    service.registry.erase(place, config.name);
    co_return std::unexpected(ApiError(durable.error()));
  }
  settle_later(service, pipe);
  co_return respond<api::CreatePipeResponse>(config);
}

Reply<api::UpdatePipeResponse> update_pipe(Service& service, const Context& context,
                                           api::UpdatePipeRequest request) {
  const std::string name = request.name;
  Edit edit = [request = std::move(request)](PipeConfig config) {
    return checked_update(std::move(config), request);
  };
  CO_TRY(const PipeConfig config,
         co_await transition(service, context.place(), name, PipeEvent::kUpdate, std::move(edit)));
  co_return respond<api::UpdatePipeResponse>(config);
}

Reply<api::DeletePipeResponse> delete_pipe(Service& service, const Context& context,
                                           api::DeletePipeRequest request) {
  CO_TRY(const PipeConfig config,
         co_await transition(service, context.place(), request.name, PipeEvent::kDelete, Edit{}));
  auto response = respond<api::DeletePipeResponse>(config);
  response.desired_state = "DELETED";
  co_return response;
}

Reply<api::StartPipeResponse> start_pipe(Service& service, const Context& context,
                                         api::StartPipeRequest request) {
  Edit edit = [](PipeConfig config) -> ApiResult<PipeConfig> {
    config.wants_running = true;
    return config;
  };
  CO_TRY(const PipeConfig config, co_await transition(service, context.place(), request.name,
                                                      PipeEvent::kStart, std::move(edit)));
  co_return respond<api::StartPipeResponse>(config);
}

Reply<api::StopPipeResponse> stop_pipe(Service& service, const Context& context,
                                       api::StopPipeRequest request) {
  Edit edit = [](PipeConfig config) -> ApiResult<PipeConfig> {
    config.wants_running = false;
    return config;
  };
  CO_TRY(const PipeConfig config, co_await transition(service, context.place(), request.name,
                                                      PipeEvent::kStop, std::move(edit)));
  co_return respond<api::StopPipeResponse>(config);
}

}  // namespace penstock::pipes
