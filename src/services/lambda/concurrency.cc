// The counting behind Concurrency.
#include "services/lambda/concurrency.h"

namespace penstock::lambda {

std::expected<Concurrency::Slot, Concurrency::Refusal> Concurrency::enter(
    const Function& function, std::int64_t reserved_sum) {
  const bool reserved = function.reserved.has_value();
  std::string key = reserved ? function_arn(function.place, function.name)
                             : function.place.account + '/' + function.place.region;
  const std::int64_t limit = reserved ? *function.reserved : account_max_ - reserved_sum;
  const std::scoped_lock lock(mutex_);
  std::int64_t& running = running_[key];
  if (running >= limit) {
    if (running == 0) running_.erase(key);
    return std::unexpected(reserved ? Refusal::kFunction : Refusal::kAccount);
  }
  ++running;
  return Slot(this, std::move(key));
}

void Concurrency::leave(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  const auto found = running_.find(key);
  if (found != running_.end() && --found->second == 0) running_.erase(found);
}

}  // namespace penstock::lambda
