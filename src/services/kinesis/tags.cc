// Tags of streams and consumers: the older operations by name and the newer ones by ARN say the
// same.
#include <functional>
#include <utility>

#include "services/kinesis/change.h"
#include "services/kinesis/consumer_store.h"
#include "services/kinesis/errors.h"
#include "services/kinesis/find_consumer.h"
#include "services/kinesis/kinesis.h"
#include "services/kinesis/operations.h"
#include "services/kinesis/resolve.h"

namespace penstock::kinesis {
namespace {

Reply<std::monostate> add_tags(Service& service, std::shared_ptr<LiveStream> stream,
                               std::map<std::string, std::string> tags) {
  Decide decide = [tags = std::move(tags)](StreamConfig config) {
    return decided(with_tags(std::move(config), tags));
  };
  return change_stream(service, std::move(stream), Visible::kNot, std::move(decide));
}

Reply<std::monostate> remove_tags(Service& service, std::shared_ptr<LiveStream> stream,
                                  std::vector<std::string> keys) {
  Decide decide = [keys = std::move(keys)](StreamConfig config) {
    return decided(without_tags(std::move(config), keys));
  };
  return change_stream(service, std::move(stream), Visible::kNot, std::move(decide));
}

}  // namespace

Reply<api::AddTagsToStreamOutput> add_tags_to_stream(Service& service, const Context& context,
                                                     api::AddTagsToStreamInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.stream_name, input.stream_arn));
  CO_TRY_VOID(co_await add_tags(service, stream, std::move(input.tags)));
  co_return api::AddTagsToStreamOutput{};
}

Reply<api::RemoveTagsFromStreamOutput> remove_tags_from_stream(
    Service& service, const Context& context, api::RemoveTagsFromStreamInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.stream_name, input.stream_arn));
  CO_TRY_VOID(co_await remove_tags(service, stream, std::move(input.tag_keys)));
  co_return api::RemoveTagsFromStreamOutput{};
}

Reply<api::ListTagsForStreamOutput> list_tags_for_stream(Service& service, const Context& context,
                                                         api::ListTagsForStreamInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.stream_name, input.stream_arn));
  const std::shared_ptr<const StreamConfig> config = stream->config();
  const auto limit = static_cast<std::size_t>(input.limit.value_or(50));
  api::ListTagsForStreamOutput output;
  for (const auto& [key, value] : config->tags) {
    if (input.exclusive_start_tag_key && key <= *input.exclusive_start_tag_key) continue;
    if (output.tags.size() == limit) {
      output.has_more_tags = true;
      break;
    }
    output.tags.push_back({key, value});
  }
  co_return output;
}

Reply<api::TagResourceOutput> tag_resource(Service& service, const Context& context,
                                           api::TagResourceInput input) {
  if (is_consumer_arn(input.resource_arn)) {
    CO_TRY(const auto consumer, find_consumer(service, context, {.arn = input.resource_arn}));
    DecideConsumer decide = [tags = std::move(input.tags)](ConsumerConfig config) {
      return with_tags(std::move(config), tags);
    };
    CO_TRY_VOID(co_await change_consumer(service, consumer, std::move(decide)));
    co_return api::TagResourceOutput{};
  }
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, std::nullopt, input.resource_arn));
  CO_TRY_VOID(co_await add_tags(service, stream, std::move(input.tags)));
  co_return api::TagResourceOutput{};
}

Reply<api::UntagResourceOutput> untag_resource(Service& service, const Context& context,
                                               api::UntagResourceInput input) {
  if (is_consumer_arn(input.resource_arn)) {
    CO_TRY(const auto consumer, find_consumer(service, context, {.arn = input.resource_arn}));
    DecideConsumer decide = [keys = std::move(input.tag_keys)](ConsumerConfig config) {
      return without_tags(std::move(config), keys);
    };
    CO_TRY_VOID(co_await change_consumer(service, consumer, std::move(decide)));
    co_return api::UntagResourceOutput{};
  }
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, std::nullopt, input.resource_arn));
  CO_TRY_VOID(co_await remove_tags(service, stream, std::move(input.tag_keys)));
  co_return api::UntagResourceOutput{};
}

Reply<api::ListTagsForResourceOutput> list_tags_for_resource(Service& service,
                                                             const Context& context,
                                                             api::ListTagsForResourceInput input) {
  api::ListTagsForResourceOutput output;
  output.tags.emplace();
  if (is_consumer_arn(input.resource_arn)) {
    CO_TRY(const auto consumer, find_consumer(service, context, {.arn = input.resource_arn}));
    const auto config = consumer->config();
    for (const auto& [key, value] : config->tags) output.tags->push_back({key, value});
    co_return output;
  }
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, std::nullopt, input.resource_arn));
  const auto config = stream->config();
  for (const auto& [key, value] : config->tags) output.tags->push_back({key, value});
  co_return output;
}

}  // namespace penstock::kinesis
