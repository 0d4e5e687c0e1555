// The life of registered consumers: register, describe, list, deregister.
#include <fmt/format.h>

#include "services/kinesis/change.h"
#include "services/kinesis/consumer_store.h"
#include "services/kinesis/errors.h"
#include "services/kinesis/find_consumer.h"
#include "services/kinesis/iterator.h"
#include "services/kinesis/kinesis.h"
#include "services/kinesis/operations.h"
#include "services/kinesis/resolve.h"

namespace penstock::kinesis {
namespace {

using protocol::ApiResult;

constexpr std::size_t kConsumersPerStreamMax = 20;
constexpr std::size_t kConsumersCreatingMax = 5;
constexpr std::size_t kListConsumersDefault = 100;

api::Consumer shown(const LiveConsumer& consumer) {
  api::Consumer out;
  out.consumer_name = consumer.name();
  out.consumer_arn = consumer.arn();
  out.consumer_status = to_string(consumer.status());
  out.consumer_creation_timestamp = Timestamp::from_seconds(consumer.created_seconds());
  return out;
}

ApiResult<void> check_consumer_quota(const Service& service, const LiveStream& stream) {
  const auto present = service.consumers.list(stream.id());
  std::size_t creating = 0;
  for (const auto& consumer : present) {
    if (consumer->status() == ConsumerStatus::kCreating) ++creating;
  }
  // Documented limits; the wording is ours.
  if (creating >= kConsumersCreatingMax) {
    return protocol::refuse("LimitExceededException",
                            fmt::format("At most {} consumers may be in the state CREATING at a "
                                        "time.",
                                        kConsumersCreatingMax));
  }
  if (present.size() >= kConsumersPerStreamMax) {
    return protocol::refuse(
        "LimitExceededException",
        fmt::format("This request would exceed the limit of {} consumers of the stream {} under "
                    "account {}.",
                    kConsumersPerStreamMax, stream.name(), stream.place().account));
  }
  return {};
}

}  // namespace

Reply<api::RegisterStreamConsumerOutput> register_stream_consumer(
    Service& service, const Context& context, api::RegisterStreamConsumerInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, std::nullopt, input.stream_arn));
  ConsumerConfig config{
      stream->id(), std::move(input.consumer_name), service.deps.clock.now().seconds(), {}};
  if (input.tags) {
    Result<ConsumerConfig> tagged = with_tags(std::move(config), *input.tags);
    if (!tagged) co_return std::unexpected(refusal(tagged.error()));
    config = std::move(*tagged);
  }
  Turns::Turn turn = co_await service.turns.enter(turn_key(stream->place(), stream->name()));
  if (stream->status() != StreamStatus::kActive) {
    co_return std::unexpected(stream_not_active(stream->place(), stream->name(), stream->status()));
  }
  if (service.consumers.find(stream->id(), config.name)) {
    co_return protocol::refuse("ResourceInUseException",
                               fmt::format("Consumer {} under stream {} already exists for account "
                                           "{}.",
                                           config.name, stream->name(), stream->place().account));
  }
  CO_TRY_VOID(check_consumer_quota(service, *stream));
  storage::Batch batch;
  put_consumer(batch, config);
  const auto consumer =
      std::make_shared<LiveConsumer>(std::move(config), stream->arn(), ConsumerStatus::kCreating);
  service.consumers.insert(consumer);
  const storage::Commit submitted = service.deps.store.submit(std::move(batch));
  turn.leave();
  api::RegisterStreamConsumerOutput output{shown(*consumer)};
  if (const Status durable = co_await submitted.durable(); !durable) {
    service.consumers.erase(*consumer);
    co_return std::unexpected(protocol::ApiError(durable.error()));
  }
  consumer->set_status(ConsumerStatus::kActive);
  co_return output;
}

Reply<api::DescribeStreamConsumerOutput> describe_stream_consumer(
    Service& service, const Context& context, api::DescribeStreamConsumerInput input) {
  CO_TRY(
      const std::shared_ptr<LiveConsumer> consumer,
      find_consumer(service, context, {input.consumer_arn, input.stream_arn, input.consumer_name}));
  api::ConsumerDescription description;
  description.consumer_name = consumer->name();
  description.consumer_arn = consumer->arn();
  description.consumer_status = to_string(consumer->status());
  description.consumer_creation_timestamp = Timestamp::from_seconds(consumer->created_seconds());
  description.stream_arn = consumer->stream_arn();
  co_return api::DescribeStreamConsumerOutput{std::move(description)};
}

Reply<api::ListStreamConsumersOutput> list_stream_consumers(Service& service,
                                                            const Context& context,
                                                            api::ListStreamConsumersInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, std::nullopt, input.stream_arn));
  if (input.stream_creation_timestamp &&
      input.stream_creation_timestamp->seconds() != stream->config()->created.seconds()) {
    co_return std::unexpected(stream_not_found(stream->place(), stream->name()));
  }
  const Timestamp now = service.deps.clock.now();
  std::string after;
  if (input.next_token) {
    if (input.stream_creation_timestamp) {
      co_return std::unexpected(
          invalid_argument("NextToken and StreamCreationTimestamp cannot be provided together."));
    }
    CO_TRY(ListPosition position, check_list_token(*input.next_token, now));
    if (position.stream != stream->arn()) {
      co_return std::unexpected(invalid_argument("Invalid NextToken."));
    }
    after = std::move(position.after);
  }
  const auto limit = static_cast<std::size_t>(input.max_results.value_or(kListConsumersDefault));
  api::ListStreamConsumersOutput output;
  output.consumers.emplace();
  for (const auto& consumer : service.consumers.list(stream->id())) {
    if (consumer->name() <= after) continue;
    if (output.consumers->size() == limit) {
      output.next_token =
          encode_list_token({now, stream->arn(), output.consumers->back().consumer_name});
      break;
    }
    output.consumers->push_back(shown(*consumer));
  }
  co_return output;
}

Reply<api::DeregisterStreamConsumerOutput> deregister_stream_consumer(
    Service& service, const Context& context, api::DeregisterStreamConsumerInput input) {
  CO_TRY(
      const std::shared_ptr<LiveConsumer> consumer,
      find_consumer(service, context, {input.consumer_arn, input.stream_arn, input.consumer_name}));
  const std::optional<StreamName> stream = parse_stream_arn(consumer->stream_arn());
  Turns::Turn turn = co_await service.turns.enter(turn_key(stream->place, stream->name));
  // By now it may be another one, or none.
  if (service.consumers.find(consumer->stream_id(), consumer->name()) != consumer ||
      consumer->status() == ConsumerStatus::kDeleting) {
    co_return std::unexpected(consumer_not_found(*consumer));
  }
  consumer->set_status(ConsumerStatus::kDeleting);
  storage::Batch batch;
  erase_consumer(batch, *consumer->config());
  const storage::Commit submitted = service.deps.store.submit(std::move(batch));
  turn.leave();
  if (const Status durable = co_await submitted.durable(); !durable) {
    consumer->set_status(ConsumerStatus::kActive);
    co_return std::unexpected(protocol::ApiError(durable.error()));
  }
  service.consumers.erase(*consumer);
  consumer->end_subscriptions(consumer_not_found(*consumer));
  co_return api::DeregisterStreamConsumerOutput{};
}

}  // namespace penstock::kinesis
