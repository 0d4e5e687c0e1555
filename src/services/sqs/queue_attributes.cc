// What is set on a queue: attributes, permissions, tags. A change takes effect at once.
#include <utility>

#include "base/limits.h"
#include "services/sqs/attributes.h"
#include "services/sqs/errors.h"
#include "services/sqs/operations.h"
#include "services/sqs/policy.h"
#include "services/sqs/resolve.h"
#include "services/sqs/sqs.h"
#include "services/sqs/traffic.h"

namespace penstock::sqs {
namespace {

using protocol::ApiResult;

ApiResult<QueueConfig> with_attributes(const Service& service, const Attributes& given,
                                       QueueConfig config) {
  TRY_VOID(apply_attributes(config, given, Purpose::kSet));
  if (given.contains("RedrivePolicy") && !config.dead_letter_arn.empty()) {
    const auto named = parse_queue_arn(config.dead_letter_arn);
    const auto target = named && named->place == config.place
                            ? service.queues.find_arn(config.dead_letter_arn)
                            : nullptr;
    const auto shown = target ? target->config() : nullptr;
    TRY_VOID(check_redrive_target(config, shown.get()));
  }
  config.modified = service.deps.clock.now();
  return config;
}

MessageCounts counts_now(Service& service, LiveQueue& queue) {
  const std::scoped_lock lock(queue.mutex);
  storage::Batch batch;
  if (!queue.gone) settle(service, queue, batch);
  // Not waited for: what is lost of it by a crash is erased again.
  if (!batch.empty()) (void)submit(service.deps.store, std::move(batch));
  return queue.backlog.counts();
}

}  // namespace

Reply<api::GetQueueAttributesResult> get_queue_attributes(Service& service, const Context& context,
                                                          api::GetQueueAttributesRequest input) {
  CO_TRY(const std::shared_ptr<LiveQueue> queue,
         resolve_queue(service, context, input.queue_url, "GetQueueAttributes"));
  api::GetQueueAttributesResult output;
  if (!input.attribute_names) co_return output;
  CO_TRY(Attributes shown,
         show_attributes(*queue->config(), counts_now(service, *queue), *input.attribute_names));
  if (!shown.empty()) output.attributes = std::move(shown);
  co_return output;
}

Reply<api::SetQueueAttributesOutput> set_queue_attributes(Service& service, const Context& context,
                                                          api::SetQueueAttributesRequest input) {
  CO_TRY(const std::shared_ptr<LiveQueue> queue, resolve_queue(service, context, input.queue_url));
  const bool delays = queue->fifo && input.attributes.contains("DelaySeconds");
  Decide decide = [&service, given = std::move(input.attributes)](QueueConfig config) {
    return with_attributes(service, given, std::move(config));
  };
  CO_TRY_VOID(co_await change_config(service, queue, std::move(decide)));
  if (delays) CO_TRY_VOID(co_await delay_anew(service, queue));
  co_return api::SetQueueAttributesOutput{};
}

Reply<api::AddPermissionOutput> add_permission(Service& service, const Context& context,
                                               api::AddPermissionRequest input) {
  CO_TRY(const std::shared_ptr<LiveQueue> queue, resolve_queue(service, context, input.queue_url));
  Permission permission{std::move(input.label), std::move(input.aws_account_ids),
                        std::move(input.actions)};
  Decide decide = [permission =
                       std::move(permission)](QueueConfig config) -> ApiResult<QueueConfig> {
    TRY(config.policy, with_permission(config.policy, config.arn(), permission));
    return config;
  };
  CO_TRY_VOID(co_await change_config(service, queue, std::move(decide)));
  co_return api::AddPermissionOutput{};
}

Reply<api::RemovePermissionOutput> remove_permission(Service& service, const Context& context,
                                                     api::RemovePermissionRequest input) {
  CO_TRY(const std::shared_ptr<LiveQueue> queue, resolve_queue(service, context, input.queue_url));
  Decide decide = [label = std::move(input.label)](QueueConfig config) -> ApiResult<QueueConfig> {
    TRY(config.policy, without_permission(config.policy, label));
    return config;
  };
  CO_TRY_VOID(co_await change_config(service, queue, std::move(decide)));
  co_return api::RemovePermissionOutput{};
}

Reply<api::TagQueueOutput> tag_queue(Service& service, const Context& context,
                                     api::TagQueueRequest input) {
  CO_TRY(const std::shared_ptr<LiveQueue> queue, resolve_queue(service, context, input.queue_url));
  if (input.tags.empty()) co_return std::unexpected(missing_parameter("Tags"));
  Decide decide = [tags = std::move(input.tags)](QueueConfig config) -> ApiResult<QueueConfig> {
    for (const auto& [key, value] : tags) config.tags.insert_or_assign(key, value);
    if (config.tags.size() > limits::kSqsTags) {
      return std::unexpected(
          invalid_parameter("Too many tags added for queue " + config.name + "."));
    }
    return config;
  };
  CO_TRY_VOID(co_await change_config(service, queue, std::move(decide)));
  co_return api::TagQueueOutput{};
}

Reply<api::UntagQueueOutput> untag_queue(Service& service, const Context& context,
                                         api::UntagQueueRequest input) {
  CO_TRY(const std::shared_ptr<LiveQueue> queue, resolve_queue(service, context, input.queue_url));
  if (input.tag_keys.empty()) {
    co_return std::unexpected(invalid_parameter("Tag keys cannot be empty."));
  }
  Decide decide = [keys = std::move(input.tag_keys)](QueueConfig config) -> ApiResult<QueueConfig> {
    for (const std::string& key : keys) config.tags.erase(key);
    return config;
  };
  CO_TRY_VOID(co_await change_config(service, queue, std::move(decide)));
  co_return api::UntagQueueOutput{};
}

Reply<api::ListQueueTagsResult> list_queue_tags(Service& service, const Context& context,
                                                api::ListQueueTagsRequest input) {
  CO_TRY(const std::shared_ptr<LiveQueue> queue, resolve_queue(service, context, input.queue_url));
  api::ListQueueTagsResult output;
  const auto config = queue->config();
  if (!config->tags.empty()) output.tags = config->tags;
  co_return output;
}

}  // namespace penstock::sqs
