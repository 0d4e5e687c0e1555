// LeaseShare: the shards that one worker holds, of those that several workers share. It renews
// them, takes its fair share, and tells a lane to stop when its shard is another worker's.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "stream/lane_start.h"
#include "stream/lease_plan.h"
#include "stream/leases.h"

namespace penstock::stream {

struct LeaseSetting {
  std::shared_ptr<LeaseTable> table;  // The same of all workers. Null: the reader is alone.
  std::string owner;                  // Another one for each worker.
  std::chrono::milliseconds duration{10'000};  // Not renewed for so long: anyone may take it.
};

// A lease as a lane holds it.
class LeaseClaim final : public Claim {
 public:
  // Stops when `stop` does, or when the lease is lost.
  LeaseClaim(std::shared_ptr<LeaseTable> table, Lease lease, std::stop_token stop);

  Task<Status> checkpoint(storage::Batch batch) override {
    return table_->checkpoint(lease_, std::move(batch));
  }
  const Lease& lease() const { return lease_; }
  std::stop_token stop_token() const { return stop_.get_token(); }
  void lose() { stop_.request_stop(); }

 private:
  struct Stop {
    std::stop_source source;
    void operator()() { source.request_stop(); }
  };
  const std::shared_ptr<LeaseTable> table_;
  const Lease lease_;
  std::stop_source stop_;
  std::stop_callback<Stop> ends_with_;
};

// Thread-safe, but for renew() and take(), which one coroutine calls in turn.
class LeaseShare {
 public:
  LeaseShare(LeaseSetting setting, const Clock& clock, std::string reader);

  // To be called three times in the duration at least. On an error what is held stays so, until it
  // was not renewed for the whole duration: then all is taken to be lost.
  Task<Status> renew();
  // Takes what is due of `wanted`, the shards that may be read. Requires renew() before.
  Task<Result<std::vector<std::shared_ptr<LeaseClaim>>>> take(std::vector<std::string> wanted,
                                                              std::stop_token stop);
  // True when this worker is to decide where the reader begins; begun() when that is done.
  Task<Result<bool>> may_begin();
  Task<void> begun();
  // The lane of the claim has ended.
  Task<void> release(std::shared_ptr<LeaseClaim> claim, bool finished);

 private:
  std::vector<Lease> held_leases();
  void drop(const std::vector<Lease>& renewed);

  const LeaseSetting setting_;
  const Clock& clock_;
  const std::string reader_;
  LeasePlan plan_;
  std::chrono::microseconds renewed_at_{0};
  std::optional<Lease> beginning_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<LeaseClaim>> held_;  // Guarded by mutex_.
};

}  // namespace penstock::stream
