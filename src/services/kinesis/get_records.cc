// GetRecords: a page of durable records from where the iterator points, and the iterator after it.
#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "services/kinesis/errors.h"
#include "services/kinesis/iterator.h"
#include "services/kinesis/kinesis.h"
#include "services/kinesis/operations.h"
#include "services/kinesis/reading.h"
#include "services/kinesis/resolve.h"

namespace penstock::kinesis {
namespace {

using protocol::ApiResult;

constexpr std::chrono::milliseconds kIteratorLife{300'000};

// Java's Date.toString(), in which AWS words it.
std::string java_date(Timestamp t) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const CivilTime c = civil_from(t);
  return fmt::format("{} {} {:02} {:02}:{:02}:{:02} UTC {}", kDays[c.day_of_week],
                     kMonths[c.month - 1], c.day, c.hour, c.minute, c.second, c.year);
}

ApiResult<ShardPosition> check_iterator(const std::string& token, Timestamp now) {
  const std::optional<ShardPosition> position = decode_iterator(token);
  if (!position) return std::unexpected(invalid_argument("Invalid ShardIterator."));
  if (position->issued < now - kIteratorLife) {
    return protocol::refuse(
        "ExpiredIteratorException",
        fmt::format(
            "Iterator expired. The iterator was created at time {} while right now it is {} "
            "which is further in the future than the tolerated delay of {} milliseconds.",
            java_date(position->issued), java_date(now), kIteratorLife.count()));
  }
  return *position;
}

ApiResult<std::shared_ptr<LiveStream>> stream_of(Service& service, const Context& context,
                                                 const ShardPosition& position,
                                                 const std::optional<std::string>& arn) {
  auto stream = service.streams.find_id(context.place(), position.stream_id);
  if (!stream || !stream->takes_records()) {
    return protocol::refuse("ResourceNotFoundException",
                            "The stream of the ShardIterator is not found.");
  }
  if (arn && *arn != stream->arn()) {
    return std::unexpected(invalid_argument("Invalid ShardIterator."));
  }
  return stream;
}

}  // namespace

Reply<api::GetRecordsOutput> get_records(Service& service, const Context& context,
                                         api::GetRecordsInput input) {
  const Timestamp now = service.deps.clock.now();
  CO_TRY(ShardPosition position, check_iterator(input.shard_iterator, now));
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         stream_of(service, context, position, input.stream_arn));
  // The shards are looked at before the tip is: that of a closed shard is final.
  const ShardMapPtr shards = stream->shards();
  const ShardEntry* const entry = shards->find(position.shard);
  if (entry == nullptr) {
    co_return std::unexpected(
        shard_not_found(stream->place(), stream->name(), shard_id(position.shard)));
  }
  LiveShard& shard = *entry->live;
  if (service.options.throttle) {
    const std::scoped_lock lock(shard.mutex);
    if (!shard.meter.take_read(service.deps.clock.monotonic())) {
      co_return std::unexpected(read_throttled(stream->place(), stream->name(), shard.id));
    }
  }

  api::GetRecordsOutput output;
  output.millis_behind_latest = 0;
  position.next_index = std::max(position.next_index, shard.horizon.load());
  const std::uint64_t tip = shard.durable_next.load();
  // At the tip there is nothing to look for: an idle reader does not touch the disk.
  if (position.next_index < tip) {
    const ReadRange range{
        shard.index, position.next_index, tip,
        static_cast<std::size_t>(input.limit.value_or(limits::kKinesisGetRecordsMax)),
        limits::kKinesisGetBytesMax};
    // Taken after the tip: it knows the data keys of all records below.
    const std::shared_ptr<const StreamConfig> config = stream->config();
    const std::int64_t horizon = (now - std::chrono::hours(config->retention_hours)).millis();
    const storage::Store* const store = &service.deps.store;
    Result<std::vector<StoredRecord>> read = co_await run_blocking(
        service.deps.runtime,
        [store, config, range, horizon] { return read_kept(*store, *config, range, horizon); });
    CO_TRY(std::vector<StoredRecord> stored, std::move(read));
    // Nothing up to the tip: expired, or numbers that were never used.
    position.next_index = stored.empty() ? tip : stored.back().index + 1;
    if (service.options.throttle) {
      const std::scoped_lock lock(shard.mutex);
      shard.meter.paid_read(bytes_of(stored));
    }
    if (!stored.empty()) {
      if (position.next_index < shard.durable_next.load()) {
        const std::int64_t behind = now.millis() - stored.back().arrival_millis;
        output.millis_behind_latest = std::max<std::int64_t>(behind, 0);
      }
      output.records = shown_records(shard, std::move(stored));
    }
  }
  if (!entry->spec.is_open() && position.next_index >= tip) {
    output.child_shards = shown_children(*shards, shard.index);
    co_return output;
  }
  position.issued = now;
  output.next_shard_iterator = encode_iterator(position);
  co_return output;
}

}  // namespace penstock::kinesis
