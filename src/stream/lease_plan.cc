// Fair shares.
#include "stream/lease_plan.h"

#include <algorithm>

namespace penstock::stream {

void LeasePlan::observe(const std::vector<Lease>& leases, std::chrono::microseconds now) {
  std::map<std::string, Observed> observed;
  for (const Lease& lease : leases) {
    const auto before = observed_.find(lease.shard);
    const bool unchanged = before != observed_.end() && before->second.lease == lease;
    observed.emplace(lease.shard, Observed{lease, unchanged ? before->second.since : now});
  }
  observed_.swap(observed);
}

Lease LeasePlan::seen(const std::string& shard) const {
  const auto found = observed_.find(shard);
  return found == observed_.end() ? Lease{.shard = shard} : found->second.lease;
}

bool LeasePlan::available(const std::string& shard, std::chrono::microseconds now) const {
  const auto found = observed_.find(shard);
  if (found == observed_.end() || found->second.lease.owner.empty()) return true;
  // Its own, of an earlier life: nobody else will use it.
  if (found->second.lease.owner == owner_) return true;
  return now - found->second.since >= duration_;
}

std::vector<Lease> LeasePlan::to_take(const std::vector<std::string>& wanted,
                                      const std::map<std::string, Lease>& held,
                                      std::chrono::microseconds now) const {
  std::vector<Lease> free;
  std::map<std::string, std::vector<Lease>> others;
  std::size_t mine = 0;
  for (const std::string& shard : wanted) {
    if (held.contains(shard)) {
      ++mine;
    } else if (available(shard, now)) {
      free.push_back(seen(shard));
    } else {
      Lease lease = seen(shard);
      others[lease.owner].push_back(std::move(lease));
    }
  }
  const std::size_t workers = others.size() + 1;
  const std::size_t share = (wanted.size() + workers - 1) / workers;
  if (mine >= share) return {};
  if (!free.empty()) {
    free.resize(std::min(free.size(), share - mine));
    return free;
  }
  const auto most = std::max_element(
      others.begin(), others.end(),
      [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  if (most == others.end() || most->second.size() <= share) return {};
  return {most->second.back()};
}

}  // namespace penstock::stream
