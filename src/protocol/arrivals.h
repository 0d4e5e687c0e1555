// Arrivals: "wake me when there is something new at this place", which the AWS APIs do not offer.
//
//   const std::uint64_t seen = arrivals.version(key);    // Read before looking for records.
//   ... GetRecords; nothing there ...
//   co_await arrivals.wait_beyond(key, seen, 30s, stop);  // A new record, time-out or stop.
//
// The key of a Kinesis or DynamoDB stream shard is arrivals_key(stream ARN, shard id). The local
// service signals after its commit is durable (LocalArrivals over its Notifier); for a remote
// endpoint PollingArrivals says "maybe" once per interval. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>

#include "async/task.h"

namespace penstock {
class Notifier;
}

namespace penstock::protocol {

std::string arrivals_key(std::string_view stream_arn, std::string_view shard_id);

class Arrivals {
 public:
  virtual ~Arrivals() = default;
  virtual std::uint64_t version(std::string_view key) const = 0;
  // True when there may be something beyond `seen`; false on time-out or stop.
  virtual Task<bool> wait_beyond(std::string key, std::uint64_t seen,
                                 std::chrono::microseconds timeout, std::stop_token stop) = 0;
};

// What a service in this process signals. The notifier must outlive it.
class LocalArrivals final : public Arrivals {
 public:
  explicit LocalArrivals(Notifier& notifier) : notifier_(notifier) {}
  std::uint64_t version(std::string_view key) const override;
  Task<bool> wait_beyond(std::string key, std::uint64_t seen, std::chrono::microseconds timeout,
                         std::stop_token stop) override;

 private:
  Notifier& notifier_;
};

// For endpoints that cannot push: every wait ends after the interval with "maybe".
class PollingArrivals final : public Arrivals {
 public:
  explicit PollingArrivals(std::chrono::microseconds interval = std::chrono::seconds(1))
      : interval_(interval) {}
  std::uint64_t version(std::string_view key) const override;
  Task<bool> wait_beyond(std::string key, std::uint64_t seen, std::chrono::microseconds timeout,
                         std::stop_token stop) override;

 private:
  const std::chrono::microseconds interval_;
};

}  // namespace penstock::protocol
