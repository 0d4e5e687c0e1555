// The consumers as they live in memory: their states, and who of them subscribes to which shard.
// Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/api_error.h"
#include "services/kinesis/consumer.h"

namespace penstock::kinesis {

// A push that goes on. end() may be called from any thread, more than once; the first one counts.
class Subscriber {
 public:
  virtual ~Subscriber() = default;
  // The client gets this as the last event.
  virtual void end(protocol::ApiError reason) = 0;
};

class LiveConsumer {
 public:
  LiveConsumer(ConsumerConfig config, std::string stream_arn, ConsumerStatus status);

  const std::string& name() const { return name_; }
  const std::string& arn() const { return arn_; }
  const std::string& stream_arn() const { return stream_arn_; }
  std::uint64_t stream_id() const { return stream_id_; }
  std::int64_t created_seconds() const { return created_seconds_; }
  ConsumerStatus status() const { return status_.load(); }
  void set_status(ConsumerStatus status) { status_.store(status); }
  std::shared_ptr<const ConsumerConfig> config() const;
  void set_config(ConsumerConfig config);

  // The newest subscription to a shard takes over, which ends the one before with `taken_over`. Not
  // within five seconds of that one's beginning: false, and nothing changes.
  bool subscribe(std::uint32_t shard, std::chrono::microseconds now,
                 const std::shared_ptr<Subscriber>& subscriber,
                 const protocol::ApiError& taken_over);
  // Ends all of them.
  void end_subscriptions(const protocol::ApiError& reason);

 private:
  struct Subscription {
    std::chrono::microseconds since{0};
    std::weak_ptr<Subscriber> subscriber;
  };
  const std::uint64_t stream_id_;
  const std::string name_;
  const std::int64_t created_seconds_;
  const std::string stream_arn_;
  const std::string arn_;
  std::atomic<ConsumerStatus> status_;
  mutable std::mutex mutex_;
  std::shared_ptr<const ConsumerConfig> config_;         // Guarded by mutex_.
  std::map<std::uint32_t, Subscription> subscriptions_;  // By shard. Guarded by mutex_.
};

class Consumers {
 public:
  std::shared_ptr<LiveConsumer> find(std::uint64_t stream, std::string_view name) const;
  void insert(std::shared_ptr<LiveConsumer> consumer);
  void erase(const LiveConsumer& consumer);
  // In the order of their names.
  std::vector<std::shared_ptr<LiveConsumer>> list(std::uint64_t stream) const;
  // Those of a stream that goes.
  std::vector<std::shared_ptr<LiveConsumer>> take(std::uint64_t stream);

 private:
  using ByName = std::map<std::string, std::shared_ptr<LiveConsumer>, std::less<>>;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, ByName> consumers_;  // By stream. Guarded by mutex_.
};

}  // namespace penstock::kinesis
