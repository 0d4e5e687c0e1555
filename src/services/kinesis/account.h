// Settings of an account in a region: whether it has committed itself to a minimum of throughput,
// which is what opens warm throughput to it. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace penstock::kinesis {

struct AccountSettings {
  bool wanted = false;  // The newest request.
  std::optional<Timestamp> started;
  std::optional<Timestamp> ended;  // When it ends, or ended.

  bool is_committed(Timestamp now) const { return started && (!ended || now < *ended); }
  friend bool operator==(const AccountSettings&, const AccountSettings&) = default;
};

// A commitment lasts for a day at least.
inline constexpr std::chrono::hours kCommitment{24};

AccountSettings with_commitment(AccountSettings settings, bool enabled, Timestamp now);
// As DescribeAccountSettings says it.
std::string_view commitment_status(const AccountSettings& settings, Timestamp now);

}  // namespace penstock::kinesis
