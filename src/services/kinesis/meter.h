// ShardMeter: what one shard may take and give per second, as on AWS. Pure, and not thread-safe:
// the owner holds the shard's lock. Times are of a clock that never goes back.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace penstock::kinesis {

// So much per second, and at most a second's worth saved up. May be overdrawn: what was taken
// beyond it has to be waited for.
class Allowance {
 public:
  explicit Allowance(std::int64_t per_second)
      : per_second_(per_second), left_(per_second * kMicros) {}

  // Whether so much is left now.
  bool has(std::int64_t amount, std::chrono::microseconds now);
  void take(std::int64_t amount) { left_ -= amount * kMicros; }
  // As if nothing had been saved up before.
  void take_from_empty(std::int64_t amount) { left_ = -amount * kMicros; }

 private:
  static constexpr std::int64_t kMicros = 1'000'000;
  std::int64_t per_second_;
  std::int64_t left_;  // In millionths, so that the sum is exact.
  std::chrono::microseconds seen_{-1};
};

class ShardMeter {
 public:
  // 1 MiB and 1,000 records per second. A record larger than what a second allows is taken when
  // the second is whole, and is then paid off: 1 MiB per second on average. False: throttled.
  bool take_write(std::size_t bytes, std::chrono::microseconds now);
  // Five calls and 2 MiB per second. The bytes are known after the call only: see paid_read().
  bool take_read(std::chrono::microseconds now);
  // A page of 2 MiB or more is paid off in full before the next call: 10 MiB take five seconds.
  void paid_read(std::size_t bytes);
  // Five GetShardIterator calls per second.
  bool take_iterator(std::chrono::microseconds now);

 private:
  Allowance write_bytes_{1 << 20};
  Allowance write_records_{1000};
  Allowance read_bytes_{2 << 20};
  Allowance read_calls_{5};
  Allowance iterators_{5};
};

}  // namespace penstock::kinesis
