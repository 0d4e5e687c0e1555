// The two ways to learn of new records: being told, and asking again after a while.
#include "protocol/arrivals.h"

#include <algorithm>

#include "async/executor.h"
#include "async/notifier.h"

namespace penstock::protocol {

std::string arrivals_key(std::string_view stream_arn, std::string_view shard_id) {
  std::string key;
  key.reserve(stream_arn.size() + 1 + shard_id.size());
  key.append(stream_arn).append("/").append(shard_id);
  return key;
}

std::uint64_t LocalArrivals::version(std::string_view key) const { return notifier_.version(key); }

Task<bool> LocalArrivals::wait_beyond(std::string key, std::uint64_t seen,
                                      std::chrono::microseconds timeout, std::stop_token stop) {
  return notifier_.wait_beyond(std::move(key), seen, timeout, std::move(stop));
}

std::uint64_t PollingArrivals::version(std::string_view) const { return 0; }

Task<bool> PollingArrivals::wait_beyond(std::string, std::uint64_t,
                                        std::chrono::microseconds timeout, std::stop_token stop) {
  const bool asks_again = interval_ <= timeout;
  co_await sleep_for(std::min(interval_, timeout), stop);
  co_return asks_again && !stop.stop_requested();
}

}  // namespace penstock::protocol
