// The rules of starting positions, with AWS's refusals.
#include "services/kinesis/start_position.h"

#include <fmt/format.h>

#include "async/executor.h"
#include "services/kinesis/errors.h"
#include "services/kinesis/kinesis.h"
#include "services/kinesis/store.h"

namespace penstock::kinesis {
namespace {

using protocol::ApiResult;

ApiResult<void> check_arguments(const StartAt& at, Timestamp now) {
  const std::string& type = at.type;
  const bool by_number = type == "AT_SEQUENCE_NUMBER" || type == "AFTER_SEQUENCE_NUMBER";
  if (type == "AT_TIMESTAMP") {
    if (!at.timestamp) {
      return std::unexpected(invalid_argument(
          "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current "
          "request has no timestamp parameter."));
    }
    if (*at.timestamp > now) {
      return std::unexpected(invalid_argument(fmt::format(
          "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
          "timestampInMillis: {}, currentTimestampInMillis: {}",
          at.timestamp->millis(), now.millis())));
    }
  }
  if (by_number == at.sequence_number.has_value()) return {};
  return std::unexpected(invalid_argument(fmt::format(
      "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
      "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request "
      "specified {} and {} StartingSequenceNumber.",
      type, by_number ? "no" : "also a")));
}

ApiResult<std::uint64_t> index_of(const LiveStream& stream, const ShardEntry& entry,
                                  const StartAt& at) {
  const std::string& text = *at.sequence_number;
  const LiveShard& shard = *entry.live;
  const auto where = [&](std::string_view why) {
    return invalid_argument(
        fmt::format("StartingSequenceNumber {} used in {} on shard {} in stream {} "
                    "under account {} is invalid{}",
                    text, at.operation, shard.id, stream.name(), stream.place().account, why));
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

// A number that a subscription told while nothing happened lies between records: it has the index
// of the last one and a later second. What comes at it or after it is the next record.
Result<bool> is_behind_its_record(const storage::Store& store, const StreamConfig& config,
                                  ReadRange range, std::int64_t seconds) {
  TRY(const std::vector<StoredRecord> found, read_records(store, config, range));
  return !found.empty() && found.front().index == range.first_index &&
         seconds > found.front().arrival_millis / 1000;
}

}  // namespace

protocol::Reply<std::uint64_t> start_index(Service& service, std::shared_ptr<LiveStream> stream,
                                           ShardEntry entry, StartAt at) {
  CO_TRY_VOID(check_arguments(at, service.deps.clock.now()));
  const LiveShard& shard = *entry.live;
  const storage::Store* const store = &service.deps.store;
  const std::uint64_t tip = shard.durable_next.load();
  const std::uint64_t horizon = shard.horizon.load();
  if (at.type == "LATEST") co_return tip;
  if (at.type == "TRIM_HORIZON") co_return horizon;
  const std::uint64_t id = stream->id();
  const std::uint32_t index = shard.index;
  if (at.type == "AT_TIMESTAMP") {
    const std::int64_t millis = at.timestamp->millis();
    Result<std::uint64_t> found = co_await run_blocking(service.deps.runtime, [=] {
      return first_index_since(*store, id, index, horizon, tip, millis);
    });
    CO_TRY(const std::uint64_t next, std::move(found));
    co_return next;
  }
  CO_TRY(const std::uint64_t named, index_of(*stream, entry, at));
  if (at.type == "AFTER_SEQUENCE_NUMBER") co_return named + 1;
  if (named >= tip) co_return named;
  const std::int64_t seconds = parse_sequence(*at.sequence_number)->record_seconds;
  CO_TRY(const bool behind,
         is_behind_its_record(*store, *stream->config(), {index, named, named + 1, 1, 0}, seconds));
  co_return named + (behind ? 1 : 0);
}

}  // namespace penstock::kinesis
