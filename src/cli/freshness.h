// Freshness: how long after its write an order can be read in S3, measured from outside.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/session.h"

namespace penstock::cli {

class Freshness {
 public:
  void add(double seconds) {
    samples_.push_back(seconds);
    sorted_ = false;
  }
  // Nearest rank; 0 when there are no samples.
  double percentile(double share) const;
  std::size_t count() const { return samples_.size(); }

 private:
  mutable std::vector<double> samples_;
  mutable bool sorted_ = true;
};

// A thread that lists the bucket every 50 ms and reads the orders' ordered_at_ms in each new
// object: a sample is the time of that look less the time of the write. A delete carries the time
// of its order's last write, so deletes make the figures worse, never better.
class FreshnessWatch {
 public:
  FreshnessWatch(Session& session, std::string bucket, std::string prefix);
  ~FreshnessWatch();
  Freshness freshness() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace penstock::cli
