// SubscribeToShard: who may subscribe, from where, and what becomes of the subscription before.
#include <fmt/format.h>

#include "services/kinesis/errors.h"
#include "services/kinesis/find_consumer.h"
#include "services/kinesis/kinesis.h"
#include "services/kinesis/operations.h"
#include "services/kinesis/start_position.h"
#include "services/kinesis/subscription.h"

namespace penstock::kinesis {
namespace {

using protocol::ApiError;

ApiError consumer_not_active(const LiveStream& stream, const LiveConsumer& consumer) {
  return {"ResourceInUseException",
          fmt::format("Consumer {} with creation timestamp {} under stream: {} , account {} is not "
                      "in ACTIVE status.",
                      consumer.name(), consumer.created_seconds(), stream.name(),
                      stream.place().account)};
}

// The words are recorded up to the colon.
ApiError subscribed_elsewhere(const LiveStream& stream, const LiveShard& shard,
                              const LiveConsumer& consumer) {
  return {"ResourceInUseException",
          fmt::format("Another active subscription exists for this consumer: {}:{}:{}:{}",
                      stream.place().account, stream.name(), shard.id, consumer.name())};
}

}  // namespace

Reply<api::SubscribeToShardOutput> subscribe_to_shard(Service& service, const Context& context,
                                                      api::SubscribeToShardInput input) {
  CO_TRY(const std::shared_ptr<LiveConsumer> consumer,
         find_consumer(service, context, {input.consumer_arn, std::nullopt, std::nullopt}));
  const std::shared_ptr<LiveStream> stream =
      service.streams.find_id(context.place(), consumer->stream_id());
  if (!stream || !stream->takes_records()) {
    const StreamName name = parse_consumer_arn(consumer->arn())->stream;
    co_return std::unexpected(stream_not_found(name.place, name.name));
  }
  if (consumer->status() != ConsumerStatus::kActive) {
    co_return std::unexpected(consumer_not_active(*stream, *consumer));
  }
  const ShardMapPtr shards = stream->shards();
  const ShardEntry* const entry = shards->find(input.shard_id);
  if (entry == nullptr) {
    co_return std::unexpected(shard_not_found(stream->place(), stream->name(), input.shard_id));
  }
  api::StartingPosition& from = input.starting_position;
  CO_TRY(const std::uint64_t next_index,
         co_await start_index(service, stream, *entry,
                              {"SubscribeToShard", std::move(from.type),
                               std::move(from.sequence_number), from.timestamp}));
  const std::shared_ptr<Subscription> subscription =
      Subscription::begin(service, {stream, entry->live, next_index});
  if (!subscription) {
    co_return std::unexpected(ApiError(Error{ErrorKind::kUnavailable, "the server stops"}));
  }
  const ApiError elsewhere = subscribed_elsewhere(*stream, *entry->live, *consumer);
  if (!consumer->subscribe(entry->live->index, service.deps.clock.monotonic(), subscription,
                           elsewhere)) {
    co_return std::unexpected(elsewhere);
  }
  // It may have been deregistered since it was looked at; then nobody else ends this.
  if (consumer->status() != ConsumerStatus::kActive) {
    subscription->end(consumer_not_found(*consumer));
  }
  api::SubscribeToShardOutput output;
  output.event_stream.source = subscription;
  co_return output;
}

}  // namespace penstock::kinesis
