// GetShardIterator: a place in a shard as a token.
#include "services/kinesis/errors.h"
#include "services/kinesis/iterator.h"
#include "services/kinesis/kinesis.h"
#include "services/kinesis/operations.h"
#include "services/kinesis/resolve.h"
#include "services/kinesis/start_position.h"

namespace penstock::kinesis {
Reply<api::GetShardIteratorOutput> get_shard_iterator(Service& service, const Context& context,
                                                      api::GetShardIteratorInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_readable(service, context, input.stream_name, input.stream_arn));
  const ShardMapPtr shards = stream->shards();
  const ShardEntry* const entry = shards->find(input.shard_id);
  if (entry == nullptr) {
    co_return std::unexpected(shard_not_found(stream->place(), stream->name(), input.shard_id));
  }
  if (service.options.throttle) {
    const std::scoped_lock lock(entry->live->mutex);
    if (!entry->live->meter.take_iterator(service.deps.clock.monotonic())) {
      co_return std::unexpected(read_throttled(stream->place(), stream->name(), entry->live->id));
    }
  }
  CO_TRY(const std::uint64_t next,
         co_await start_index(service, stream, *entry,
                              {"GetShardIterator", std::move(input.shard_iterator_type),
                               std::move(input.starting_sequence_number), input.timestamp}));
  api::GetShardIteratorOutput output;
  output.shard_iterator =
      encode_iterator({service.deps.clock.now(), stream->id(), entry->spec.index, next});
  co_return output;
}

}  // namespace penstock::kinesis
