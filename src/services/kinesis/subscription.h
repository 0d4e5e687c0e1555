// Subscription: one SubscribeToShard. Records of a shard as events, pushed as soon as they are
// durable, for five minutes.
//
// It is an EventSource: whoever sends the reply pulls the next event when the client has taken the
// one before, so that it holds at most one page of records. While nothing happens it sleeps on the
// shard's notifier. It ends: after its time, with the shard (the last event names the children),
// when another subscription takes over, when consumer or stream are deleted, and when nobody
// listens any more.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>

#include "gen/kinesis/shapes.h"
#include "protocol/event_source.h"
#include "services/kinesis/live.h"
#include "services/kinesis/live_consumers.h"

namespace penstock::kinesis {

struct Service;

class Subscription final : public protocol::EventSource, public Subscriber {
 public:
  struct Place {
    std::shared_ptr<LiveStream> stream;
    std::shared_ptr<LiveShard> shard;
    std::uint64_t next_index = 0;
  };
  // Null when the service stops.
  static std::shared_ptr<Subscription> begin(Service& service, Place place);
  ~Subscription() override;

  protocol::Reply<protocol::AnyShape> next() override;
  void stop() override { stop_.request_stop(); }
  void end(protocol::ApiError reason) override;

 private:
  Subscription(Service& service, Place place);

  // What there is to say now; nothing to wait.
  Task<protocol::ApiResult<std::optional<api::SubscribeToShardEvent>>> look(
      std::chrono::microseconds now);
  Task<Result<std::vector<StoredRecord>>> read_page(std::uint64_t tip);
  api::SubscribeToShardEvent records_event(std::vector<StoredRecord> stored);
  api::SubscribeToShardEvent idle_event() const;
  // Waits for records, for what else is due, or for the end.
  Task<void> wait(std::uint64_t seen, std::chrono::microseconds now);
  std::optional<protocol::ApiError> reason();

  Service& service_;
  const std::shared_ptr<LiveStream> stream_;
  const std::shared_ptr<LiveShard> shard_;
  std::uint64_t next_index_;
  std::int64_t last_seconds_ = 0;  // Of the newest sequence number that was sent.
  const std::chrono::microseconds deadline_;
  std::chrono::microseconds last_event_;
  std::chrono::microseconds paced_until_{0};
  bool ended_ = false;
  std::stop_source stop_;
  std::mutex mutex_;
  std::optional<protocol::ApiError> reason_;  // Guarded by mutex_.
};

}  // namespace penstock::kinesis
