// One worker's dealings with the table of leases.
#include "stream/lease_share.h"

#include <algorithm>

#include "base/log.h"

namespace penstock::stream {
namespace {

// The lease under which it is decided where a reader begins. No shard has an empty id.
constexpr const char* kBeginning = "";

}  // namespace

LeaseClaim::LeaseClaim(std::shared_ptr<LeaseTable> table, Lease lease, std::stop_token stop)
    : table_(std::move(table)),
      lease_(std::move(lease)),
      ends_with_(std::move(stop), Stop{stop_}) {}

LeaseShare::LeaseShare(LeaseSetting setting, const Clock& clock, std::string reader)
    : setting_(std::move(setting)),
      clock_(clock),
      reader_(std::move(reader)),
      plan_(setting_.owner, setting_.duration),
      renewed_at_(clock.monotonic()) {}

std::vector<Lease> LeaseShare::held_leases() {
  std::vector<Lease> held;
  const std::scoped_lock lock(mutex_);
  for (const auto& [shard, claim] : held_) held.push_back(claim->lease());
  return held;
}

void LeaseShare::drop(const std::vector<Lease>& renewed) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(held_, [&](const auto& entry) {
    const bool kept = std::any_of(renewed.begin(), renewed.end(), [&](const Lease& lease) {
      return lease.shard == entry.first && lease.term == entry.second->lease().term;
    });
    if (kept) return false;
    log::info("stream", "a lease was lost",
              {{"reader", reader_}, {"worker", setting_.owner}, {"shard", entry.first}});
    entry.second->lose();
    return true;
  });
}

Task<Status> LeaseShare::renew() {
  std::vector<Lease> held = held_leases();
  const std::chrono::microseconds now = clock_.monotonic();
  if (!held.empty()) {
    auto renewed = co_await setting_.table->renew(held);
    if (!renewed) {
      if (now - renewed_at_ >= setting_.duration) drop({});
      co_return std::unexpected(std::move(renewed).error());
    }
    // What was taken or released meanwhile is not asked about.
    for (const Lease& lease : held_leases()) {
      const bool asked = std::any_of(held.begin(), held.end(), [&](const Lease& other) {
        return other.shard == lease.shard && other.term == lease.term;
      });
      if (!asked) renewed->push_back(lease);
    }
    drop(*renewed);
  }
  renewed_at_ = now;
  CO_TRY(const auto leases, co_await setting_.table->list());
  plan_.observe(leases, clock_.monotonic());
  co_return Status();
}

Task<Result<std::vector<std::shared_ptr<LeaseClaim>>>> LeaseShare::take(
    std::vector<std::string> wanted, std::stop_token stop) {
  std::map<std::string, Lease> held;
  for (Lease& lease : held_leases()) held.emplace(lease.shard, std::move(lease));
  std::vector<std::shared_ptr<LeaseClaim>> taken;
  for (const Lease& seen : plan_.to_take(wanted, held, clock_.monotonic())) {
    CO_TRY(auto lease, co_await setting_.table->take(seen, setting_.owner));
    if (!lease) continue;  // Another worker was quicker.
    log::info("stream", "a lease was taken",
              {{"reader", reader_},
               {"worker", setting_.owner},
               {"shard", lease->shard},
               {"from", seen.owner}});
    auto claim = std::make_shared<LeaseClaim>(setting_.table, std::move(*lease), stop);
    {
      const std::scoped_lock lock(mutex_);
      held_[claim->lease().shard] = claim;
    }
    taken.push_back(std::move(claim));
  }
  co_return taken;
}

Task<Result<bool>> LeaseShare::may_begin() {
  if (beginning_) co_return true;
  if (!plan_.available(kBeginning, clock_.monotonic())) co_return false;
  CO_TRY(beginning_, co_await setting_.table->take(plan_.seen(kBeginning), setting_.owner));
  co_return beginning_.has_value();
}

Task<void> LeaseShare::begun() {
  if (!beginning_) co_return;
  (void)co_await setting_.table->release(*std::exchange(beginning_, std::nullopt), true);
}

Task<void> LeaseShare::release(std::shared_ptr<LeaseClaim> claim, bool finished) {
  {
    const std::scoped_lock lock(mutex_);
    const auto found = held_.find(claim->lease().shard);
    if (found != held_.end() && found->second == claim) held_.erase(found);
  }
  // When it cannot be released it expires.
  (void)co_await setting_.table->release(claim->lease(), finished);
}

}  // namespace penstock::stream
