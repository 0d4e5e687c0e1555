// Tags of log groups, by ARN.
#include <mutex>
#include <variant>

#include "services/logs/errors.h"
#include "services/logs/logs.h"
#include "services/logs/operations.h"
#include "services/logs/resolve.h"
#include "services/logs/store.h"

namespace penstock::logs {
namespace {

constexpr std::size_t kTagsMax = 50;

protocol::ApiResult<std::shared_ptr<Group>> tagged(Service& service, const Context& context,
                                                   const std::string& arn) {
  const auto name = arn.starts_with("arn:") ? group_name_of(context.place(), arn) : std::nullopt;
  auto group = name ? service.groups.find(context.place(), *name) : nullptr;
  if (group == nullptr) {
    return protocol::refuse("ResourceNotFoundException", "The specified resource does not exist.");
  }
  return group;
}

// Requires the group's mutex; leaves it.
Reply<std::monostate> save(Service& service, std::shared_ptr<Group> group,
                           std::unique_lock<std::mutex> lock) {
  storage::Batch batch;
  put_group(batch, group->config);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  lock.unlock();
  CO_TRY_VOID(co_await commit.durable());
  co_return std::monostate{};
}

}  // namespace

Reply<api::TagResourceOutput> tag_resource(Service& service, const Context& context,
                                           api::TagResourceRequest input) {
  CO_TRY(const std::shared_ptr<Group> group, tagged(service, context, input.resource_arn));
  std::unique_lock lock(group->mutex);
  auto tags = group->config.tags;
  for (auto& [key, value] : input.tags) tags[key] = value;
  if (tags.size() > kTagsMax) {
    co_return protocol::refuse("TooManyTagsException",
                               "The resource can have no more than 50 tags.");
  }
  group->config.tags = std::move(tags);
  CO_TRY_VOID(co_await save(service, group, std::move(lock)));
  co_return api::TagResourceOutput{};
}

Reply<api::UntagResourceOutput> untag_resource(Service& service, const Context& context,
                                               api::UntagResourceRequest input) {
  CO_TRY(const std::shared_ptr<Group> group, tagged(service, context, input.resource_arn));
  std::unique_lock lock(group->mutex);
  for (const std::string& key : input.tag_keys) group->config.tags.erase(key);
  CO_TRY_VOID(co_await save(service, group, std::move(lock)));
  co_return api::UntagResourceOutput{};
}

Reply<api::ListTagsForResourceResponse> list_tags_for_resource(
    Service& service, const Context& context, api::ListTagsForResourceRequest input) {
  CO_TRY(const std::shared_ptr<Group> group, tagged(service, context, input.resource_arn));
  const std::scoped_lock lock(group->mutex);
  api::ListTagsForResourceResponse output;
  output.tags = group->config.tags;
  co_return output;
}

}  // namespace penstock::logs
