// Tags of functions and event source mappings, by ARN.
#include "base/limits.h"
#include "services/lambda/errors.h"
#include "services/lambda/mappings.h"
#include "services/lambda/operations.h"
#include "services/lambda/resolve.h"

namespace penstock::lambda {
namespace {

using Tags = std::map<std::string, std::string>;

protocol::ApiResult<void> add_tags(Tags& tags, const Tags& added) {
  for (const auto& [key, value] : added) tags[key] = value;
  if (tags.size() > limits::kLambdaTags) {
    return std::unexpected(invalid_parameter("Number of tags exceeds resource tag limit."));
  }
  return {};
}

protocol::ApiResult<Target> tagged(const Context& context, const std::string& arn) {
  const auto reference = parse_reference(arn);
  if (!reference || reference->account.empty() || reference->region.empty()) {
    return std::unexpected(
        not_supported("Tagging anything but functions and event source mappings"));
  }
  if (!reference->qualifier.empty()) {
    return std::unexpected(invalid_parameter(
        "Tags on function aliases and versions are not supported. Please specify a function ARN."));
  }
  return resolve_name(context, arn);
}

}  // namespace

Reply<api::TagResourceOutput> tag_resource(Service& service, const Context& context,
                                           api::TagResourceRequest input) {
  if (const auto uuid = mapping_uuid(context.place(), input.resource)) {
    CO_TRY_VOID(co_await change_mapping_tags(service, context.place(), *uuid, [&input](Tags& tags) {
      return add_tags(tags, input.tags);
    }));
    co_return api::TagResourceOutput{};
  }
  CO_TRY(const Target target, tagged(context, input.resource));
  Decide decide = [&input](const Function& current) -> protocol::ApiResult<Change> {
    Change change{.function = current};
    TRY_VOID(add_tags(change.function.tags, input.tags));
    return change;
  };
  CO_TRY_VOID(co_await change_function(service, target, std::move(decide)));
  co_return api::TagResourceOutput{};
}

Reply<api::UntagResourceOutput> untag_resource(Service& service, const Context& context,
                                               api::UntagResourceRequest input) {
  if (const auto uuid = mapping_uuid(context.place(), input.resource)) {
    CO_TRY_VOID(co_await change_mapping_tags(service, context.place(), *uuid,
                                             [&input](Tags& tags) -> protocol::ApiResult<void> {
                                               for (const std::string& key : input.tag_keys)
                                                 tags.erase(key);
                                               return {};
                                             }));
    co_return api::UntagResourceOutput{};
  }
  CO_TRY(const Target target, tagged(context, input.resource));
  Decide decide = [&input](const Function& current) -> protocol::ApiResult<Change> {
    Change change{.function = current};
    for (const std::string& key : input.tag_keys) change.function.tags.erase(key);
    return change;
  };
  CO_TRY_VOID(co_await change_function(service, target, std::move(decide)));
  co_return api::UntagResourceOutput{};
}

Reply<api::ListTagsResponse> list_tags(Service& service, const Context& context,
                                       api::ListTagsRequest input) {
  if (const auto uuid = mapping_uuid(context.place(), input.resource)) {
    const auto live = service.mappings.find(context.place(), *uuid);
    if (live == nullptr) {
      co_return std::unexpected(not_found("The resource you requested does not exist."));
    }
    api::ListTagsResponse output;
    output.tags = live->view().mapping->tags;
    co_return output;
  }
  CO_TRY(const Target target, tagged(context, input.resource));
  CO_TRY(const std::shared_ptr<const Function> function, find_function(service, target));
  api::ListTagsResponse output;
  output.tags = function->tags;
  co_return output;
}

}  // namespace penstock::lambda
