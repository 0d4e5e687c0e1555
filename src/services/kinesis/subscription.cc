// From durable records to events. Where the next event begins is known here only: a client that
// hangs up continues from the number that the last event it saw told.
#include "services/kinesis/subscription.h"

#include <algorithm>

#include "async/executor.h"
#include "services/kinesis/errors.h"
#include "services/kinesis/kinesis.h"
#include "services/kinesis/reading.h"

namespace penstock::kinesis {
namespace {

using protocol::AnyShape;
using protocol::ApiError;
using protocol::ApiResult;

constexpr std::chrono::minutes kLife{5};
constexpr std::chrono::seconds kIdleInterval{5};
// One event, which is what a subscription holds in memory.
constexpr std::size_t kEventBytesMax = 1 << 20;
constexpr std::size_t kEventRecordsMax = 10'000;
constexpr std::int64_t kPacedBytesPerSecond = 2 << 20;

AnyShape as_event(api::SubscribeToShardEvent event) {
  api::SubscribeToShardEventStream stream;
  stream.subscribe_to_shard_event = std::move(event);
  return AnyShape::of(std::move(stream));
}

}  // namespace

std::shared_ptr<Subscription> Subscription::begin(Service& service, Place place) {
  if (!service.gate.enter()) return nullptr;
  return std::shared_ptr<Subscription>(new Subscription(service, std::move(place)));
}

Subscription::Subscription(Service& service, Place place)
    : service_(service),
      stream_(std::move(place.stream)),
      shard_(std::move(place.shard)),
      next_index_(place.next_index),
      deadline_(service.deps.clock.monotonic() + kLife),
      last_event_(service.deps.clock.monotonic()) {}

Subscription::~Subscription() { service_.gate.leave(); }

void Subscription::end(ApiError reason) {
  {
    const std::scoped_lock lock(mutex_);
    if (!reason_) reason_ = std::move(reason);
  }
  stop_.request_stop();
}

std::optional<ApiError> Subscription::reason() {
  const std::scoped_lock lock(mutex_);
  return reason_;
}

protocol::Reply<AnyShape> Subscription::next() {
  while (!ended_) {
    if (std::optional<ApiError> why = reason()) {
      ended_ = true;
      co_return std::unexpected(std::move(*why));
    }
    const auto now = service_.deps.clock.monotonic();
    if (stop_.stop_requested() || now >= deadline_) break;
    const std::uint64_t seen = service_.notifier.version(shard_->arrivals_key);
    ApiResult<std::optional<api::SubscribeToShardEvent>> event = co_await look(now);
    if (!event) {
      ended_ = true;
      co_return std::unexpected(std::move(event).error());
    }
    if (*event) {
      last_event_ = now;
      co_return as_event(std::move(**event));
    }
    co_await wait(seen, now);
  }
  ended_ = true;
  co_return AnyShape();
}

Task<ApiResult<std::optional<api::SubscribeToShardEvent>>> Subscription::look(
    std::chrono::microseconds now) {
  using Event = std::optional<api::SubscribeToShardEvent>;
  if (!stream_->takes_records()) {
    co_return std::unexpected(stream_not_found(stream_->place(), stream_->name()));
  }
  if (now < paced_until_) co_return Event();
  // The shards are looked at before the tip is: that of a closed shard is final.
  const ShardMapPtr shards = stream_->shards();
  const ShardEntry* const entry = shards->find(shard_->index);
  next_index_ = std::max(next_index_, shard_->horizon.load());
  const std::uint64_t tip = shard_->durable_next.load();
  if (entry != nullptr && next_index_ < tip) {
    CO_TRY(std::vector<StoredRecord> stored, co_await read_page(tip));
    if (!stored.empty()) co_return records_event(std::move(stored));
    next_index_ = tip;  // Expired, or numbers that were never used.
  }
  if (entry == nullptr || !entry->spec.is_open()) {
    ended_ = true;
    api::SubscribeToShardEvent last;
    last.child_shards = shown_children(*shards, shard_->index);
    co_return last;
  }
  if (now < last_event_ + kIdleInterval) co_return Event();
  co_return idle_event();
}

Task<Result<std::vector<StoredRecord>>> Subscription::read_page(std::uint64_t tip) {
  const ReadRange range{shard_->index, next_index_, tip, kEventRecordsMax, kEventBytesMax};
  // Taken after the tip: it knows the data keys of all records below.
  const std::shared_ptr<const StreamConfig> config = stream_->config();
  const std::int64_t horizon =
      (service_.deps.clock.now() - std::chrono::hours(config->retention_hours)).millis();
  const storage::Store* const store = &service_.deps.store;
  return run_blocking(service_.deps.runtime, [store, config, range, horizon] {
    return read_kept(*store, *config, range, horizon);
  });
}

api::SubscribeToShardEvent Subscription::records_event(std::vector<StoredRecord> stored) {
  const StoredRecord& last = stored.back();
  next_index_ = last.index + 1;
  last_seconds_ = last.arrival_millis / 1000;
  api::SubscribeToShardEvent event;
  event.millis_behind_latest = 0;
  if (next_index_ < shard_->durable_next.load()) {
    const std::int64_t behind = service_.deps.clock.now().millis() - last.arrival_millis;
    event.millis_behind_latest = std::max<std::int64_t>(behind, 0);
  }
  if (service_.options.throttle) {
    std::int64_t bytes = 0;
    for (const StoredRecord& record : stored) {
      bytes += static_cast<std::int64_t>(record.partition_key.size() + record.data.size());
    }
    paced_until_ = std::max(paced_until_, service_.deps.clock.monotonic()) +
                   std::chrono::microseconds(bytes * 1'000'000 / kPacedBytesPerSecond);
  }
  event.records = shown_records(*shard_, std::move(stored));
  event.continuation_sequence_number = event.records.back().sequence_number;
  return event;
}

// A number behind all that was sent and before all that is to come: the index of the last record
// with a later second.
api::SubscribeToShardEvent Subscription::idle_event() const {
  const std::int64_t seconds = std::max(service_.deps.clock.now().seconds(), last_seconds_ + 1);
  api::SubscribeToShardEvent event;
  event.continuation_sequence_number =
      format_sequence({shard_->created_seconds, shard_->index, next_index_ - 1, seconds});
  event.millis_behind_latest = 0;
  return event;
}

Task<void> Subscription::wait(std::uint64_t seen, std::chrono::microseconds now) {
  if (now < paced_until_) {
    co_await sleep_for(std::min(paced_until_, deadline_) - now, stop_.get_token());
    co_return;
  }
  const auto until = std::min(last_event_ + kIdleInterval, deadline_);
  co_await service_.notifier.wait_beyond(shard_->arrivals_key, seen, until - now,
                                         stop_.get_token());
}

}  // namespace penstock::kinesis
