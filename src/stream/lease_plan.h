// LeasePlan: which leases a worker should take now. Pure; one worker's view by its own clock.
//
// Each worker's fair share is the number of shards divided by the number of workers that live,
// rounded up. It takes shards that are nobody's or whose owner no longer renews, up to its share;
// when there are none and another worker has more than its share, it takes one of that worker's.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "stream/leases.h"

namespace penstock::stream {

class LeasePlan {
 public:
  LeasePlan(std::string owner, std::chrono::microseconds duration)
      : owner_(std::move(owner)), duration_(duration) {}

  // What the table holds now.
  void observe(const std::vector<Lease>& leases, std::chrono::microseconds now);
  // Of `wanted`, the shards that may be read: the leases to take, as they were seen. `held`: those
  // that this worker has, and knows to have.
  std::vector<Lease> to_take(const std::vector<std::string>& wanted,
                             const std::map<std::string, Lease>& held,
                             std::chrono::microseconds now) const;
  // Nobody's, or not renewed for the whole duration.
  bool available(const std::string& shard, std::chrono::microseconds now) const;
  // As seen, or the lease that there is not yet.
  Lease seen(const std::string& shard) const;

 private:
  struct Observed {
    Lease lease;
    std::chrono::microseconds since;  // When it was first seen like this.
  };

  const std::string owner_;
  const std::chrono::microseconds duration_;
  std::map<std::string, Observed> observed_;
};

}  // namespace penstock::stream
