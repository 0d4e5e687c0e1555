// StartMessageMoveTask, CancelMessageMoveTask, ListMessageMoveTasks.
#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "services/sqs/errors.h"
#include "services/sqs/move_runner.h"
#include "services/sqs/operations.h"
#include "services/sqs/resolve.h"
#include "services/sqs/sqs.h"
#include "services/sqs/store.h"
#include "services/sqs/traffic.h"

namespace penstock::sqs {
namespace {

using protocol::ApiResult;

constexpr std::int32_t kPerSecondMax = 500;

// The queue of an ARN in the caller's account and region.
ApiResult<std::shared_ptr<LiveQueue>> queue_of_arn(Service& service, const Context& context,
                                                   const std::string& arn,
                                                   std::string_view parameter) {
  const auto named = parse_queue_arn(arn);
  if (!named) {
    return std::unexpected(invalid_parameter(
        fmt::format("You must use this format to specify the {}: "
                    "arn:<partition>:<service>:<region>:<account-id>:<resource-id>",
                    parameter)));
  }
  auto queue = named->place == context.place() ? service.queues.find_arn(arn) : nullptr;
  if (!queue) {
    return protocol::refuse(
        "ResourceNotFoundException",
        fmt::format("The resource that you specified for the {} parameter doesn't exist.",
                    parameter));
  }
  return queue;
}

bool is_dead_letter_queue(const Service& service, const LiveQueue& queue) {
  return std::ranges::any_of(
      service.queues.list(queue.place, "", "", limits::kSqsQueues),
      [&](const auto& other) { return other->config()->dead_letter_arn == queue.arn; });
}

ApiResult<MoveTask> new_task(Service& service, const Context& context,
                             const api::StartMessageMoveTaskRequest& input) {
  TRY(const std::shared_ptr<LiveQueue> source,
      queue_of_arn(service, context, input.source_arn, "SourceArn"));
  if (!is_dead_letter_queue(service, *source)) {
    return std::unexpected(
        invalid_parameter("Source queue must be configured as a Dead Letter Queue."));
  }
  MoveTask task;
  if (input.destination_arn) {
    TRY(const std::shared_ptr<LiveQueue> destination,
        queue_of_arn(service, context, *input.destination_arn, "DestinationArn"));
    if (destination == source) {
      return std::unexpected(
          invalid_parameter("Source queue and destination queue cannot be the same."));
    }
    if (destination->fifo != source->fifo) {
      return std::unexpected(
          invalid_parameter("Source queue and destination queue must be of the same type."));
    }
    task.destination_arn = destination->arn;
  }
  if (input.max_number_of_messages_per_second) {
    const std::int32_t rate = *input.max_number_of_messages_per_second;
    if (rate < 1 || rate > kPerSecondMax) {
      return std::unexpected(invalid_number(rate, "MaxNumberOfMessagesPerSecond",
                                            "Must be between 1 and 500, if provided."));
    }
    task.per_second_max = static_cast<std::uint32_t>(rate);
  }
  if (service.tasks.running(source->arn)) {
    return std::unexpected(
        invalid_parameter("There is already a task running. Only one active task is allowed for a "
                          "source queue arn at a given time."));
  }
  task.id = service.deps.random.uuid();
  task.place = source->place;
  task.source_arn = source->arn;
  task.started = service.deps.clock.now();
  const std::scoped_lock lock(source->mutex);
  source->backlog.advance(task.started.millis());
  task.to_move = source->backlog.counts().visible;
  return task;
}

api::ListMessageMoveTasksResultEntry show_task(const MoveTask& task) {
  api::ListMessageMoveTasksResultEntry shown;
  // A task that has ended cannot be cancelled: its handle is of no use.
  if (task.status == MoveStatus::kRunning) shown.task_handle = move_task_handle(task);
  shown.status = to_string(task.status);
  shown.source_arn = task.source_arn;
  if (!task.destination_arn.empty()) shown.destination_arn = task.destination_arn;
  if (task.per_second_max > 0) {
    shown.max_number_of_messages_per_second = static_cast<std::int32_t>(task.per_second_max);
  }
  shown.approximate_number_of_messages_moved = static_cast<std::int64_t>(task.moved);
  shown.approximate_number_of_messages_to_move = static_cast<std::int64_t>(task.to_move);
  if (!task.failure.empty()) shown.failure_reason = task.failure;
  shown.started_timestamp = task.started.millis();
  return shown;
}

}  // namespace

Reply<api::StartMessageMoveTaskResult> start_message_move_task(
    Service& service, const Context& context, api::StartMessageMoveTaskRequest input) {
  const auto turn = co_await service.turns.enter(turn_key(context.place(), input.source_arn));
  CO_TRY(const MoveTask task, new_task(service, context, input));
  storage::Batch batch;
  put_listed_task(service, batch, task);
  CO_TRY_VOID(co_await service.deps.store.commit(std::move(batch)));
  service.tasks.insert(task);
  service.gate.spawn(service.deps.runtime.next_loop(), run_move_task(service, task));
  co_return api::StartMessageMoveTaskResult{move_task_handle(task)};
}

Reply<api::CancelMessageMoveTaskResult> cancel_message_move_task(
    Service& service, const Context& context, api::CancelMessageMoveTaskRequest input) {
  const auto named = parse_move_task_handle(input.task_handle);
  if (!named) {
    co_return std::unexpected(invalid_parameter("Value for parameter TaskHandle is invalid."));
  }
  CO_TRY_VOID(queue_of_arn(service, context, named->source_arn, "SourceArn"));
  const auto task = service.tasks.find(context.place(), named->id);
  if (!task || task->source_arn != named->source_arn) {
    co_return protocol::refuse("ResourceNotFoundException", "Task does not exist.");
  }
  if (!service.tasks.cancel(*task)) {
    co_return std::unexpected(invalid_parameter("Only active tasks can be cancelled."));
  }
  api::CancelMessageMoveTaskResult output;
  output.approximate_number_of_messages_moved = static_cast<std::int64_t>(task->moved);
  co_return output;
}

Reply<api::ListMessageMoveTasksResult> list_message_move_tasks(
    Service& service, const Context& context, api::ListMessageMoveTasksRequest input) {
  CO_TRY(const std::shared_ptr<LiveQueue> source,
         queue_of_arn(service, context, input.source_arn, "SourceArn"));
  const std::int32_t max = input.max_results.value_or(1);
  if (max < 1 || max > static_cast<std::int32_t>(limits::kSqsMoveTasksListed)) {
    co_return std::unexpected(
        invalid_number(max, "MaxResults", "Must be between 1 and 10, if provided."));
  }
  api::ListMessageMoveTasksResult output;
  for (const MoveTask& task : service.tasks.list(source->place, source->arn)) {
    if (!output.results) output.results.emplace();
    if (output.results->size() == static_cast<std::size_t>(max)) break;
    output.results->push_back(show_task(task));
  }
  co_return output;
}

}  // namespace penstock::sqs
