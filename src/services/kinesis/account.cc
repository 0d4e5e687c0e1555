// The commitment to a minimum throughput, as the documentation of On-demand Advantage describes it.
#include "services/kinesis/account.h"

#include <algorithm>

namespace penstock::kinesis {

AccountSettings with_commitment(AccountSettings settings, bool enabled, Timestamp now) {
  const bool committed = settings.is_committed(now);
  settings.wanted = enabled;
  if (enabled) {
    if (!committed) settings.started = now;
    settings.ended = std::nullopt;
  } else if (committed && !settings.ended) {
    settings.ended = std::max(now, *settings.started + kCommitment);
  }
  return settings;
}

std::string_view commitment_status(const AccountSettings& settings, Timestamp now) {
  if (!settings.is_committed(now)) return "DISABLED";
  return settings.ended ? "ENABLED_UNTIL_EARLIEST_ALLOWED_END" : "ENABLED";
}

}  // namespace penstock::kinesis
