// Making, finding, listing, purging and deleting queues.
#include <fmt/format.h>

#include "base/bytes.h"
#include "base/cipher.h"
#include "base/limits.h"
#include "services/sqs/attributes.h"
#include "services/sqs/errors.h"
#include "services/sqs/operations.h"
#include "services/sqs/resolve.h"
#include "services/sqs/sqs.h"
#include "services/sqs/store.h"
#include "services/sqs/traffic.h"

namespace penstock::sqs {
namespace {

using protocol::ApiResult;

constexpr std::int32_t kPageMax = 1000;

ApiResult<QueueConfig> wanted_config(const Context& context, const std::string& name,
                                     const Attributes& attributes) {
  QueueConfig config;
  config.place = context.place();
  config.name = name;
  const auto fifo = attributes.find("FifoQueue");
  config.fifo = fifo != attributes.end() && to_lower(fifo->second) == "true";
  if (!is_queue_name(name, config.fifo)) {
    return std::unexpected(invalid_parameter(
        config.fifo ? "The name of a FIFO queue can only include alphanumeric characters, hyphens, "
                      "or underscores, must end with .fifo suffix and be 1 to 80 in length."
                    : "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 "
                      "in length"));
  }
  TRY_VOID(apply_attributes(config, attributes, Purpose::kCreate));
  return config;
}

// A queue that is there already answers to the same attributes; others it refuses.
ApiResult<void> check_same(const QueueConfig& existing, const QueueConfig& wanted,
                           const Attributes& given) {
  const auto different = first_difference(existing, wanted, given);
  if (!different) return {};
  return protocol::refuse("QueueNameExists",
                          fmt::format("A queue already exists with the same name and a different "
                                      "value for attribute {}",
                                      *different));
}

ApiResult<void> check_redrive(Service& service, const QueueConfig& config) {
  if (config.dead_letter_arn.empty()) return {};
  const auto named = parse_queue_arn(config.dead_letter_arn);
  // A dead-letter queue is of the same account and region.
  const auto target = named && named->place == config.place
                          ? service.queues.find_arn(config.dead_letter_arn)
                          : nullptr;
  const auto shown = target ? target->config() : nullptr;
  return check_redrive_target(config, shown.get());
}

struct Page {
  std::size_t size = kPageMax;
  std::string after;
  bool tells_more = false;  // Only who asks for pages is told that there is another.
};
ApiResult<Page> read_page(const std::optional<std::int32_t>& max_results,
                          const std::optional<std::string>& token) {
  Page page;
  if (max_results) {
    if (*max_results < 1 || *max_results > kPageMax) {
      return std::unexpected(invalid_parameter(
          "Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer "
          "between 1 and 1000."));
    }
    page.size = static_cast<std::size_t>(*max_results);
    page.tells_more = true;
  }
  if (token && !token->empty()) {
    const auto name = base64_decode(*token);
    if (!name || !max_results) {
      return std::unexpected(invalid_parameter("Invalid or expired next token."));
    }
    page.after = *name;
  }
  return page;
}

}  // namespace

Reply<api::CreateQueueResult> create_queue(Service& service, const Context& context,
                                           api::CreateQueueRequest input) {
  const Attributes attributes = input.attributes.value_or(Attributes{});
  CO_TRY(QueueConfig config, wanted_config(context, input.queue_name, attributes));
  if (input.tags) {
    if (input.tags->size() > limits::kSqsTags) {
      co_return std::unexpected(invalid_parameter("Too many tags added for queue."));
    }
    config.tags = std::move(*input.tags);
  }
  const auto turn = co_await service.turns.enter(turn_key(config.place, config.name));
  if (const auto existing = service.queues.find(config.place, config.name)) {
    CO_TRY_VOID(check_same(*existing->config(), config, attributes));
    co_return api::CreateQueueResult{queue_url(context, *existing)};
  }
  const Timestamp now = service.deps.clock.now();
  if (service.deleted.is_recent({config.place, config.name}, now)) {
    co_return protocol::refuse("QueueDeletedRecently",
                               "You must wait 60 seconds after deleting a queue before you can "
                               "create another with the same name.");
  }
  CO_TRY_VOID(check_redrive(service, config));
  config.id = service.deps.random.next();
  config.data_key = new_data_key();
  config.created = config.modified = now;
  storage::Batch batch;
  put_queue(batch, config);
  erase_deleted(batch, {config.place, config.name});
  CO_TRY(const storage::Commit commit, submit(service.deps.store, std::move(batch)));
  CO_TRY_VOID(co_await commit.durable());
  auto queue = std::make_shared<LiveQueue>(std::move(config), 1);
  service.queues.insert(queue);
  co_return api::CreateQueueResult{queue_url(context, *queue)};
}

Reply<api::DeleteQueueOutput> delete_queue(Service& service, const Context& context,
                                           api::DeleteQueueRequest input) {
  CO_TRY(const std::shared_ptr<LiveQueue> queue, resolve_queue(service, context, input.queue_url));
  const auto turn = co_await service.turns.enter(turn_key(queue->place, queue->name));
  const DeletedQueue deleted{{queue->place, queue->name}, service.deps.clock.now()};
  std::optional<storage::Commit> commit;
  {
    const std::scoped_lock lock(queue->mutex);
    if (queue->gone) co_return std::unexpected(queue_not_found());
    storage::Batch batch;
    erase_queue(batch, *queue->config());
    put_deleted(batch, deleted);
    CO_TRY(commit, submit(service.deps.store, std::move(batch)));
    queue->gone = true;
    queue->pending.clear();
    queue->backlog.clear();
  }
  service.queues.erase(*queue);
  service.deleted.add(deleted.name, deleted.at);
  CO_TRY_VOID(co_await commit->durable());
  service.notifier.forget(queue->arn);  // Long polls see that it is gone.
  co_return api::DeleteQueueOutput{};
}

Reply<api::GetQueueUrlResult> get_queue_url(Service& service, const Context& context,
                                            api::GetQueueUrlRequest input) {
  const std::string account = input.queue_owner_aws_account_id.value_or(context.account);
  const auto queue = service.queues.find({account, context.region}, input.queue_name);
  const bool allowed = queue != nullptr && (account == context.account ||
                                            lets_in(service, context, *queue, "GetQueueUrl"));
  // A queue of another account that is not for the caller is as if it were not there.
  if (!allowed) co_return std::unexpected(queue_not_found());
  co_return api::GetQueueUrlResult{queue_url(context, *queue)};
}

Reply<api::ListQueuesResult> list_queues(Service& service, const Context& context,
                                         api::ListQueuesRequest input) {
  CO_TRY(const Page page, read_page(input.max_results, input.next_token));
  auto queues = service.queues.list(context.place(), input.queue_name_prefix.value_or(""),
                                    page.after, page.size + 1);
  api::ListQueuesResult output;
  const bool more = queues.size() > page.size;
  if (more) queues.pop_back();
  if (more && page.tells_more) output.next_token = base64_encode(queues.back()->name);
  if (!queues.empty()) output.queue_urls.emplace();
  for (const auto& queue : queues) output.queue_urls->push_back(queue_url(context, *queue));
  co_return output;
}

Reply<api::ListDeadLetterSourceQueuesResult> list_dead_letter_source_queues(
    Service& service, const Context& context, api::ListDeadLetterSourceQueuesRequest input) {
  CO_TRY(const std::shared_ptr<LiveQueue> target,
         resolve_queue(service, context, input.queue_url, "ListDeadLetterSourceQueues"));
  CO_TRY(const Page page, read_page(input.max_results, input.next_token));
  api::ListDeadLetterSourceQueuesResult output;
  std::string last;
  for (const auto& queue : service.queues.list(target->place, "", page.after, limits::kSqsQueues)) {
    if (queue->config()->dead_letter_arn != target->arn) continue;
    if (output.queue_urls.size() == page.size) {
      if (page.tells_more) output.next_token = base64_encode(last);
      break;
    }
    last = queue->name;
    output.queue_urls.push_back(queue_url(context, *queue));
  }
  co_return output;
}

Reply<api::PurgeQueueOutput> purge_queue(Service& service, const Context& context,
                                         api::PurgeQueueRequest input) {
  CO_TRY(const std::shared_ptr<LiveQueue> queue,
         resolve_queue(service, context, input.queue_url, "PurgeQueue"));
  CO_TRY_VOID(co_await purge(service, queue));
  co_return api::PurgeQueueOutput{};
}

}  // namespace penstock::sqs
