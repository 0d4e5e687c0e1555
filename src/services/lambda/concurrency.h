// How many invocations run at once: of one function against its reservation, of the rest against
// what the reservations leave of the account's limit. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "services/lambda/function.h"

namespace penstock::lambda {

class Concurrency {
 public:
  enum class Refusal : std::uint8_t { kFunction, kAccount };

  // Holds a place among the running until it is destroyed.
  class Slot {
   public:
    Slot() = default;
    Slot(Concurrency* owner, std::string key) : owner_(owner), key_(std::move(key)) {}
    Slot(Slot&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), key_(std::move(other.key_)) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (owner_ != nullptr) owner_->leave(key_);
    }

   private:
    Concurrency* owner_ = nullptr;
    std::string key_;
  };

  explicit Concurrency(std::int64_t account_max) : account_max_(account_max) {}

  // `reserved_sum` is that of all functions of the place.
  std::expected<Slot, Refusal> enter(const Function& function, std::int64_t reserved_sum);
  std::int64_t account_max() const { return account_max_; }

 private:
  void leave(const std::string& key);

  const std::int64_t account_max_;
  std::mutex mutex_;
  std::map<std::string, std::int64_t> running_;  // By function ARN, or by place for the unreserved.
};

}  // namespace penstock::lambda
