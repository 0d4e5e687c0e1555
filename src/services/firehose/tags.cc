// TagDeliveryStream, UntagDeliveryStream, ListTagsForDeliveryStream. Tags do not change the
// version.
#include "services/firehose/tags.h"

#include <functional>

#include "base/limits.h"
#include "services/firehose/errors.h"
#include "services/firehose/firehose.h"
#include "services/firehose/operations.h"
#include "services/firehose/resolve.h"

namespace penstock::firehose {
namespace {

using protocol::ApiResult;
using Tags = std::map<std::string, std::string>;
using Decide = std::function<ApiResult<void>(Tags&)>;

Reply<void> change_tags(Service& service, std::shared_ptr<LiveStream> stream, Decide decide) {
  auto turn = co_await service.turns.enter(turn_key(stream->place(), stream->name()));
  if (stream->status() != StreamStatus::kActive) {
    co_return std::unexpected(stream_not_active(stream->place().account, stream->name()));
  }
  StreamConfig config = *stream->config();
  CO_TRY_VOID(decide(config.tags));
  storage::Batch batch;
  put_stream(batch, config);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  stream->change(std::move(config), Settings(*stream->settings()));
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return ApiResult<void>();
}

}  // namespace

ApiResult<void> add_tags(Tags& tags, const std::vector<api::Tag>& added) {
  for (const api::Tag& tag : added) {
    if (tag.key.starts_with("aws:")) {
      return std::unexpected(
          invalid_argument("aws: prefixed tag key names are not allowed for external use."));
    }
    tags[tag.key] = tag.value.value_or("");
  }
  if (tags.size() > limits::kFirehoseTagsMax) {
    return protocol::refuse("LimitExceededException",
                            "A delivery stream cannot have more than 50 tags.");
  }
  return {};
}

Reply<api::TagDeliveryStreamOutput> tag_delivery_stream(Service& service, const Context& context,
                                                        api::TagDeliveryStreamInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.delivery_stream_name));
  Decide decide = [added = std::move(input.tags)](Tags& tags) { return add_tags(tags, added); };
  CO_TRY_VOID(co_await change_tags(service, stream, std::move(decide)));
  co_return api::TagDeliveryStreamOutput{};
}

Reply<api::UntagDeliveryStreamOutput> untag_delivery_stream(Service& service,
                                                            const Context& context,
                                                            api::UntagDeliveryStreamInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.delivery_stream_name));
  Decide decide = [keys = std::move(input.tag_keys)](Tags& tags) -> ApiResult<void> {
    for (const std::string& key : keys) tags.erase(key);
    return {};
  };
  CO_TRY_VOID(co_await change_tags(service, stream, std::move(decide)));
  co_return api::UntagDeliveryStreamOutput{};
}

Reply<api::ListTagsForDeliveryStreamOutput> list_tags_for_delivery_stream(
    Service& service, const Context& context, api::ListTagsForDeliveryStreamInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.delivery_stream_name));
  const std::shared_ptr<const StreamConfig> config = stream->config();
  const auto limit = static_cast<std::size_t>(input.limit.value_or(50));
  api::ListTagsForDeliveryStreamOutput output;
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

}  // namespace penstock::firehose
