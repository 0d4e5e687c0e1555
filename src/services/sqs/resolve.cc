// URLs to queues, and back.
#include "services/sqs/resolve.h"

#include <fmt/format.h>

#include "services/sqs/errors.h"
#include "services/sqs/sqs.h"
#include "services/sqs/store.h"
#include "services/sqs/traffic.h"

namespace penstock::sqs {

using protocol::ApiResult;
using protocol::Context;

ApiResult<std::shared_ptr<LiveQueue>> resolve_queue(Service& service, const Context& context,
                                                    const std::string& url,
                                                    std::string_view action) {
  if (url.empty()) return std::unexpected(missing_parameter("QueueUrl"));
  const auto address = parse_queue_url(url);
  if (!address) {
    return protocol::refuse("InvalidAddress",
                            fmt::format("The address {} is not valid for this endpoint.", url));
  }
  auto queue = service.queues.find({address->account, context.region}, address->name);
  if (!queue) return std::unexpected(queue_not_found());
  if (address->account != context.account &&
      (action.empty() || !lets_in(service, context, *queue, action))) {
    return protocol::refuse("AccessDeniedException",
                            fmt::format("Access to the resource {} is denied.", url));
  }
  return queue;
}

bool lets_in(const Service& service, const Context& context, const LiveQueue& queue,
             std::string_view action) {
  const auto config = queue.config();
  return service.deps.lets_in && !config->policy.empty() &&
         service.deps.lets_in(context, std::string(action), queue.arn, config->policy);
}

std::shared_ptr<const std::string> resource_policy(const Service& service, std::string_view arn) {
  const std::optional<QueueName> name = parse_queue_arn(arn);
  const auto queue = name ? service.queues.find(name->place, name->name) : nullptr;
  if (!queue) return nullptr;
  const auto config = queue->config();
  return {config, &config->policy};
}

std::string queue_url(const Context& context, const LiveQueue& queue) {
  return fmt::format("{}/{}/{}", context.endpoint(), queue.place.account, queue.name);
}

protocol::Reply<std::monostate> change_config(Service& service, std::shared_ptr<LiveQueue> queue,
                                              Decide decide) {
  const auto turn = co_await service.turns.enter(turn_key(queue->place, queue->name));
  // A queue that was deleted while this waited for its turn is not there any more.
  if (service.queues.find(queue->place, queue->name) != queue) {
    co_return std::unexpected(queue_not_found());
  }
  CO_TRY(QueueConfig changed, decide(*queue->config()));
  storage::Batch batch;
  put_queue(batch, changed);
  CO_TRY(const storage::Commit commit, submit(service.deps.store, std::move(batch)));
  queue->set_config(std::move(changed));
  CO_TRY_VOID(co_await commit.durable());
  // Long polls look again: the redrive policy or the retention may be another.
  service.notifier.notify(queue->arn);
  co_return std::monostate{};
}

std::uint64_t turn_key(const Place& place, std::string_view name) {
  return hash_bytes(name, hash_bytes(place.region, hash_bytes(place.account)));
}

}  // namespace penstock::sqs
