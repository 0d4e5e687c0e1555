// DescribePipe, ListPipes and the tag operations.
#include <functional>
#include <variant>

#include "services/pipes/errors.h"
#include "services/pipes/lifecycle.h"
#include "services/pipes/operations.h"
#include "services/pipes/pipes.h"
#include "services/pipes/shown.h"
#include "services/pipes/store.h"
#include "services/pipes/token.h"

namespace penstock::pipes {
namespace {

using protocol::ApiError;
using protocol::ApiResult;

bool is_listed(const PipeConfig& config, const api::ListPipesRequest& request) {
  const auto has_prefix = [](const std::string& text, const std::optional<std::string>& prefix) {
    return !prefix || text.starts_with(*prefix);
  };
  if (request.desired_state && (*request.desired_state == "RUNNING") != config.wants_running) {
    return false;
  }
  if (request.current_state && *request.current_state != to_string(config.state)) return false;
  return has_prefix(config.name, request.name_prefix) &&
         has_prefix(config.source, request.source_prefix) &&
         has_prefix(config.target, request.target_prefix);
}

std::string desired_state(const PipeConfig& config) {
  return config.wants_running ? "RUNNING" : "STOPPED";
}

// Why the pipe is not as it should be: stored for failed transitions, else what troubles its runner
// now.
std::optional<std::string> state_reason(const LivePipe& pipe, const PipeConfig& config) {
  std::string reason = config.state_reason;
  if (reason.empty() && config.state == PipeState::kRunning) reason = pipe.stats.last_error();
  if (reason.empty()) return std::nullopt;
  return reason.substr(0, 512);
}

ApiResult<std::shared_ptr<LivePipe>> pipe_of_arn(Service& service, const Context& context,
                                                 const std::string& arn) {
  const std::optional<Arn> parts = parse_arn(arn);
  constexpr std::string_view kPrefix = "pipe/";
  if (!parts || parts->service != "pipes" || !parts->resource.starts_with(kPrefix)) {
    return std::unexpected(validation("The resource ARN " + arn + " is not that of a pipe."));
  }
  const std::string name = parts->resource.substr(kPrefix.size());
  const Place place = context.place();
  std::shared_ptr<LivePipe> pipe;
  if (place == Place{parts->account, parts->region}) pipe = service.registry.find(place, name);
  if (!pipe) return std::unexpected(pipe_not_found(name));
  return pipe;
}

using Retag = std::function<ApiResult<void>(std::map<std::string, std::string>&)>;

Reply<std::monostate> change_tags(Service& service, std::shared_ptr<LivePipe> pipe, Retag retag) {
  const std::shared_ptr<const PipeConfig> seen = pipe->config();
  Turns::Turn turn = co_await service.turns.enter(turn_key(seen->place, seen->name));
  const std::shared_ptr<const PipeConfig> before = pipe->config();
  if (before->state == PipeState::kDeleting) co_return std::unexpected(pipe_not_found(seen->name));
  PipeConfig config = *before;
  CO_TRY_VOID(retag(config.tags));
  storage::Batch batch;
  put_pipe(batch, config);
  const storage::Commit submitted = service.deps.store.submit(std::move(batch));
  pipe->set_config(std::move(config));
  turn.leave();
  if (const Status durable = co_await submitted.durable(); !durable) {
    pipe->set_config(*before);
    co_return std::unexpected(ApiError(durable.error()));
  }
  co_return std::monostate{};
}

}  // namespace

Reply<api::DescribePipeResponse> describe_pipe(Service& service, const Context& context,
                                               api::DescribePipeRequest request) {
  const auto pipe = service.registry.find(context.place(), request.name);
  if (!pipe) co_return std::unexpected(pipe_not_found(request.name));
  const std::shared_ptr<const PipeConfig> config = pipe->config();
  api::DescribePipeResponse response;
  response.arn = config->arn();
  response.name = config->name;
  response.description = config->description;
  response.desired_state = desired_state(*config);
  if (config->state == PipeState::kDeleting) response.desired_state = "DELETED";
  response.current_state = std::string(to_string(config->state));
  response.state_reason = state_reason(*pipe, *config);
  response.source = config->source;
  response.source_parameters = shown_source(*config);
  if (config->enrichment) response.enrichment = config->enrichment->arn;
  response.enrichment_parameters = shown_enrichment(*config);
  response.target = config->target;
  response.target_parameters = shown_target(*config);
  response.log_configuration = shown_log(*config);
  response.role_arn = config->role_arn;
  response.tags = config->tags;
  response.creation_time = config->created;
  response.last_modified_time = config->modified;
  co_return response;
}

Reply<api::ListPipesResponse> list_pipes(Service& service, const Context& context,
                                         api::ListPipesRequest request) {
  const Timestamp now = service.deps.clock.now();
  std::string after;
  if (request.next_token) {
    CO_TRY(after, decode_page_token(*request.next_token, now));
  }
  const auto limit = static_cast<std::size_t>(request.limit.value_or(100));
  api::ListPipesResponse response;
  std::vector<api::Pipe>& pipes = response.pipes.emplace();
  for (const auto& pipe : service.registry.list(context.place())) {
    const std::shared_ptr<const PipeConfig> config = pipe->config();
    if (config->name <= after || !is_listed(*config, request)) continue;
    if (pipes.size() == limit) {
      response.next_token = encode_page_token(now, *pipes.back().name);
      break;
    }
    api::Pipe& entry = pipes.emplace_back();
    entry.name = config->name;
    entry.arn = config->arn();
    entry.desired_state = desired_state(*config);
    entry.current_state = std::string(to_string(config->state));
    entry.state_reason = state_reason(*pipe, *config);
    entry.creation_time = config->created;
    entry.last_modified_time = config->modified;
    entry.source = config->source;
    entry.target = config->target;
    if (config->enrichment) entry.enrichment = config->enrichment->arn;
  }
  co_return response;
}

Reply<api::TagResourceResponse> tag_resource(Service& service, const Context& context,
                                             api::TagResourceRequest request) {
  CO_TRY(const auto pipe, pipe_of_arn(service, context, request.resource_arn));
  Retag retag =
      [tags = std::move(request.tags)](std::map<std::string, std::string>& all) -> ApiResult<void> {
    for (const auto& [key, value] : tags) all.insert_or_assign(key, value);
    if (all.size() > 50) return std::unexpected(validation("A pipe can have at most 50 tags."));
    return {};
  };
  CO_TRY_VOID(co_await change_tags(service, pipe, std::move(retag)));
  co_return api::TagResourceResponse{};
}

Reply<api::UntagResourceResponse> untag_resource(Service& service, const Context& context,
                                                 api::UntagResourceRequest request) {
  CO_TRY(const auto pipe, pipe_of_arn(service, context, request.resource_arn));
  Retag retag = [keys = std::move(request.tag_keys)](
                    std::map<std::string, std::string>& all) -> ApiResult<void> {
    for (const std::string& key : keys) all.erase(key);
    return {};
  };
  CO_TRY_VOID(co_await change_tags(service, pipe, std::move(retag)));
  co_return api::UntagResourceResponse{};
}

Reply<api::ListTagsForResourceResponse> list_tags_for_resource(
    Service& service, const Context& context, api::ListTagsForResourceRequest request) {
  CO_TRY(const auto pipe, pipe_of_arn(service, context, request.resource_arn));
  api::ListTagsForResourceResponse response;
  response.tags = pipe->config()->tags;
  co_return response;
}

}  // namespace penstock::pipes
