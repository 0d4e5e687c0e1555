// Tags of workgroups.
#include <fmt/core.h>

#include "services/athena/athena.h"
#include "services/athena/errors.h"
#include "services/athena/operations.h"
#include "services/athena/paging.h"

namespace penstock::athena {
namespace {

using protocol::ApiResult;
using protocol::Reply;

constexpr std::size_t kTagsMax = 50;

ApiResult<void> check_resource(Service& service, const protocol::Context& context,
                               const std::string& arn) {
  const std::string prefix =
      fmt::format("arn:aws:athena:{}:{}:workgroup/", context.region, context.account);
  if (!arn.starts_with(prefix)) {
    return std::unexpected(resource_not_found("Resource " + arn + " was not found", arn));
  }
  TRY(const auto group,
      service.records(context).workgroup(arn.substr(prefix.size()), service.deps.clock.now()));
  if (group) return {};
  return std::unexpected(resource_not_found("WorkGroup is not found.", arn));
}

}  // namespace

Reply<api::TagResourceOutput> tag_resource(Service& service, const protocol::Context& context,
                                           api::TagResourceInput input) {
  CO_TRY_VOID(check_resource(service, context, input.resource_arn));
  auto turn = co_await service.turns.enter(hash_bytes(input.resource_arn));
  const Records records = service.records(context);
  CO_TRY(std::vector<api::Tag> tags, records.tags(input.resource_arn));
  for (api::Tag& tag : input.tags) {
    std::erase_if(tags, [&](const api::Tag& other) { return other.key == tag.key; });
    tags.push_back(std::move(tag));
  }
  if (tags.size() > kTagsMax) {
    co_return std::unexpected(invalid_input(fmt::format("More than {} tags", kTagsMax)));
  }
  std::ranges::sort(tags, {}, &api::Tag::key);
  CO_TRY_VOID(co_await records.save_tags(input.resource_arn, std::move(tags)));
  co_return api::TagResourceOutput();
}

Reply<api::UntagResourceOutput> untag_resource(Service& service, const protocol::Context& context,
                                               api::UntagResourceInput input) {
  CO_TRY_VOID(check_resource(service, context, input.resource_arn));
  auto turn = co_await service.turns.enter(hash_bytes(input.resource_arn));
  const Records records = service.records(context);
  CO_TRY(std::vector<api::Tag> tags, records.tags(input.resource_arn));
  std::erase_if(tags, [&](const api::Tag& tag) {
    return std::ranges::find(input.tag_keys, tag.key.value_or("")) != input.tag_keys.end();
  });
  CO_TRY_VOID(co_await records.save_tags(input.resource_arn, std::move(tags)));
  co_return api::UntagResourceOutput();
}

Reply<api::ListTagsForResourceOutput> list_tags_for_resource(Service& service,
                                                             const protocol::Context& context,
                                                             api::ListTagsForResourceInput input) {
  CO_TRY_VOID(check_resource(service, context, input.resource_arn));
  CO_TRY(std::vector<api::Tag> tags, service.records(context).tags(input.resource_arn));
  api::ListTagsForResourceOutput output;
  CO_TRY(output.next_token, cut_page(tags, input.next_token, page_size(input.max_results, 75),
                                     [](const api::Tag& tag) { return tag.key.value_or(""); }));
  output.tags = std::move(tags);
  co_return output;
}

}  // namespace penstock::athena
