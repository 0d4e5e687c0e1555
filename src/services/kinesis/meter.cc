// The per-shard limits of Kinesis. Whether they are on, and what a refusal says, is decided by the
// operations.
#include "services/kinesis/meter.h"

#include <algorithm>

namespace penstock::kinesis {

bool Allowance::has(std::int64_t amount, std::chrono::microseconds now) {
  if (seen_.count() >= 0 && now > seen_) {
    // What is missing at most takes hours to come back: the product fits.
    const std::int64_t passed = std::min<std::int64_t>((now - seen_).count(), 3'600 * kMicros);
    left_ = std::min(per_second_ * kMicros, left_ + passed * per_second_);
  }
  seen_ = std::max(seen_, now);
  return left_ >= amount * kMicros;
}

bool ShardMeter::take_write(std::size_t bytes, std::chrono::microseconds now) {
  constexpr std::int64_t kSecond = 1 << 20;
  const auto amount = static_cast<std::int64_t>(bytes);
  if (!write_records_.has(1, now) || !write_bytes_.has(std::min(amount, kSecond), now)) {
    return false;
  }
  write_records_.take(1);
  write_bytes_.take(amount);
  return true;
}

bool ShardMeter::take_read(std::chrono::microseconds now) {
  if (!read_bytes_.has(0, now) || !read_calls_.has(1, now)) return false;
  read_calls_.take(1);
  return true;
}

void ShardMeter::paid_read(std::size_t bytes) {
  const auto amount = static_cast<std::int64_t>(bytes);
  if (bytes >= (2U << 20)) {
    read_bytes_.take_from_empty(amount);
  } else {
    read_bytes_.take(amount);
  }
}

bool ShardMeter::take_iterator(std::chrono::microseconds now) {
  if (!iterators_.has(1, now)) return false;
  iterators_.take(1);
  return true;
}

}  // namespace penstock::kinesis
