// Tags of functions, by ARN.
#include "services/lambda/errors.h"
#include "services/lambda/operations.h"
#include "services/lambda/resolve.h"

namespace penstock::lambda {
namespace {

constexpr std::size_t kTagsMax = 50;

protocol::ApiResult<Target> tagged(const Context& context, const std::string& arn) {
  const auto reference = parse_reference(arn);
  if (!reference || reference->account.empty() || reference->region.empty()) {
    return std::unexpected(not_supported("Tagging anything but functions"));
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
  CO_TRY(const Target target, tagged(context, input.resource));
  Decide decide = [&input](const Function& current) -> protocol::ApiResult<Change> {
    Change change{.function = current};
    for (const auto& [key, value] : input.tags) change.function.tags[key] = value;
    if (change.function.tags.size() > kTagsMax) {
      return std::unexpected(invalid_parameter("Number of tags exceeds resource tag limit."));
    }
    return change;
  };
  CO_TRY_VOID(co_await change_function(service, target, std::move(decide)));
  co_return api::TagResourceOutput{};
}

Reply<api::UntagResourceOutput> untag_resource(Service& service, const Context& context,
                                               api::UntagResourceRequest input) {
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
  CO_TRY(const Target target, tagged(context, input.resource));
  CO_TRY(const std::shared_ptr<const Function> function, find_function(service, target));
  api::ListTagsResponse output;
  output.tags = function->tags;
  co_return output;
}

}  // namespace penstock::lambda
