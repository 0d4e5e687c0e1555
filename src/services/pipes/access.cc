// The checks before a pipe runs: its role, its source, its dead-letter queue.
#include "services/pipes/access.h"

#include <fmt/format.h>

#include "gen/sqs/client.h"
#include "services/pipes/runner.h"

namespace penstock::pipes {
namespace {

constexpr std::string_view kInvalidInput = "Input parameter is invalid from the request due to : ";

Task<std::string> stream_problem(Dependencies& deps, const PipeConfig& config) {
  const std::unique_ptr<stream::Source> source = make_source(deps, config);
  const auto shards = co_await source->shards();
  if (shards) co_return "";
  co_return fmt::format(
      "{}Cannot access stream {} . Please ensure the customer role can perform actions on source "
      "stream ({})",
      kInvalidInput, config.source, shards.error().message);
}

Task<std::string> queue_problem(Dependencies& deps, const PipeConfig& config) {
  const std::optional<Arn> arn = parse_arn(config.source);
  if (!arn || deps.sqs == nullptr) co_return "No queue " + config.source;
  const sqs::Client client(*deps.sqs);
  sqs::api::GetQueueAttributesRequest input;
  input.queue_url = queue_url(*arn);
  input.attribute_names = {{"QueueArn"}};
  const auto reply = co_await client.get_queue_attributes(role_context(config), std::move(input));
  if (reply) co_return "";
  if (reply.error().code.find("AccessDenied") != std::string::npos) {
    co_return fmt::format(
        "{}The provided customer role does not have permissions to call ReceiveMessage on SQS",
        kInvalidInput);
  }
  co_return fmt::format("{}{}", kInvalidInput, reply.error().message);
}

// The role need only be allowed to send. That is asked with a batch that no queue takes: it is
// refused for being empty by a queue that would take another.
Task<std::string> dead_letter_problem(Dependencies& deps, const PipeConfig& config) {
  const std::string queue = *config.settings.dead_letter_arn;
  const std::optional<Arn> arn = parse_arn(queue);
  const std::string problem =
      fmt::format("{}Error occurred while sending message to SQS queue: {}", kInvalidInput, queue);
  if (!arn || deps.sqs == nullptr) co_return problem;
  const sqs::Client client(*deps.sqs);
  protocol::Context context = role_context(config);
  sqs::api::SendMessageBatchRequest probe;
  probe.queue_url = queue_url(*arn);
  const auto sent = co_await client.send_message_batch(context, std::move(probe));
  if (!sent && sent.error().code.find("AccessDenied") != std::string::npos) co_return problem;
  context.principal_arn.clear();  // Whether the queue is there is no question to the role.
  sqs::api::GetQueueUrlRequest known;
  known.queue_name = arn->resource;
  const auto found = co_await client.get_queue_url(std::move(context), std::move(known));
  co_return found ? "" : problem;
}

}  // namespace

Task<std::string> problem_of(Dependencies& deps, std::shared_ptr<const PipeConfig> config) {
  if (deps.check_role) {
    RoleUse use{config->role_arn, "pipes.amazonaws.com", config->arn()};
    const Status allowed = co_await deps.check_role(std::move(use));
    if (!allowed) co_return allowed.error().message;
  }
  std::string problem;
  if (config->source_kind == SourceKind::kSqsQueue) {
    problem = co_await queue_problem(deps, *config);
  } else {
    problem = co_await stream_problem(deps, *config);
  }
  if (problem.empty() && config->settings.dead_letter_arn) {
    problem = co_await dead_letter_problem(deps, *config);
  }
  co_return problem;
}

}  // namespace penstock::pipes
