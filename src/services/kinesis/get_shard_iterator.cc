// GetShardIterator: from the five ways to name a place in a shard to one: the first index to read.
#include <fmt/format.h>

#include <algorithm>

#include "services/kinesis/errors.h"
#include "services/kinesis/iterator.h"
#include "services/kinesis/kinesis.h"
#include "services/kinesis/operations.h"
#include "services/kinesis/resolve.h"

namespace penstock::kinesis {
namespace {

using protocol::ApiResult;

ApiResult<void> check_arguments(const api::GetShardIteratorInput& input, Timestamp now) {
  const std::string& type = input.shard_iterator_type;
  const bool by_number = type == "AT_SEQUENCE_NUMBER" || type == "AFTER_SEQUENCE_NUMBER";
  if (type == "AT_TIMESTAMP") {
    if (!input.timestamp) {
      return std::unexpected(invalid_argument(
          "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current "
          "request has no timestamp parameter."));
    }
    if (*input.timestamp > now) {
      return std::unexpected(invalid_argument(fmt::format(
          "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
          "timestampInMillis: {}, currentTimestampInMillis: {}",
          input.timestamp->millis(), now.millis())));
    }
  }
  if (by_number == input.starting_sequence_number.has_value()) return {};
  return std::unexpected(invalid_argument(fmt::format(
      "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
      "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request "
      "specified {} and {} StartingSequenceNumber.",
      type, by_number ? "no" : "also a")));
}

ApiResult<std::uint64_t> index_of(const LiveStream& stream, const ShardEntry& entry,
                                  const std::string& text) {
  const LiveShard& shard = *entry.live;
  const auto where = [&](std::string_view why) {
    return invalid_argument(
        fmt::format("StartingSequenceNumber {} used in GetShardIterator on shard {} in stream {} "
                    "under account {} is invalid{}",
                    text, shard.id, stream.name(), stream.place().account, why));
  };
  const std::optional<SequenceNumber> sequence = parse_sequence(text);
  if (!sequence) return std::unexpected(where("."));
  if (sequence->shard != shard.index) {
    return std::unexpected(invalid_argument(fmt::format(
        "Invalid StartingSequenceNumber. It encodes {}, while it was used in a call to a "
        "shard with {}",
        shard_id(sequence->shard), shard.id)));
  }
  if (sequence->shard_seconds != shard.created_seconds) {
    return std::unexpected(where(" because it did not come from this stream."));
  }
  const std::uint64_t tip = shard.durable_next.load();
  // The EndingSequenceNumber of a closed shard is the place after its last record.
  if (!entry.spec.is_open() && sequence->index == kSequenceIndexMax) return tip;
  // A number that was not handed out yet would make the reader miss records.
  if (sequence->index >= tip) return std::unexpected(where("."));
  return sequence->index;
}

}  // namespace

Reply<api::GetShardIteratorOutput> get_shard_iterator(Service& service, const Context& context,
                                                      api::GetShardIteratorInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_readable(service, context, input.stream_name, input.stream_arn));
  const ShardMapPtr shards = stream->shards();
  const ShardEntry* const entry = shards->find(input.shard_id);
  if (entry == nullptr) {
    co_return std::unexpected(shard_not_found(stream->place(), stream->name(), input.shard_id));
  }
  const LiveShard* const shard = entry->live.get();
  const Timestamp now = service.deps.clock.now();
  CO_TRY_VOID(check_arguments(input, now));

  const std::uint64_t tip = shard->durable_next.load();
  const std::uint64_t horizon = shard->horizon.load();
  std::uint64_t next = horizon;
  if (input.shard_iterator_type == "LATEST") {
    next = tip;
  } else if (input.shard_iterator_type == "AT_TIMESTAMP") {
    const std::int64_t millis = input.timestamp->millis();
    const storage::Store* const store = &service.deps.store;
    const std::uint64_t id = stream->id();
    const std::uint32_t index = shard->index;
    Result<std::uint64_t> found = co_await run_blocking(service.deps.runtime, [=] {
      return first_index_since(*store, id, index, horizon, tip, millis);
    });
    CO_TRY(next, std::move(found));
  } else if (input.starting_sequence_number) {
    CO_TRY(next, index_of(*stream, *entry, *input.starting_sequence_number));
    if (input.shard_iterator_type == "AFTER_SEQUENCE_NUMBER") ++next;
  }
  api::GetShardIteratorOutput output;
  output.shard_iterator = encode_iterator({now, stream->id(), shard->index, next});
  co_return output;
}

}  // namespace penstock::kinesis
