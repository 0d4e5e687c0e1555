// The six types of ShardFilter come down to four questions about when a shard was open.
#include "services/kinesis/shard_filter.h"

#include <algorithm>

#include "base/check.h"

namespace penstock::kinesis {

std::optional<ShardFilter> make_filter(std::string_view type, std::optional<Timestamp> at,
                                       const StreamConfig& config, Timestamp now) {
  using Type = ShardFilter::Type;
  const Timestamp horizon =
      std::max(config.created, now - std::chrono::hours(config.retention_hours));
  if (type == "AFTER_SHARD_ID" || type == "FROM_TRIM_HORIZON") return ShardFilter{Type::kAll, {}};
  if (type == "AT_LATEST") return ShardFilter{Type::kOpen, {}};
  if (type == "AT_TRIM_HORIZON") return ShardFilter{Type::kAt, horizon};
  const Timestamp since = std::max(at.value_or(horizon), horizon);
  if (type == "AT_TIMESTAMP") return ShardFilter{Type::kAt, since};
  if (type == "FROM_TIMESTAMP") return ShardFilter{Type::kFrom, since};
  return std::nullopt;
}

bool shows(const ShardFilter& filter, const ShardSpec& shard) {
  const bool ends_later = shard.is_open() || *shard.closed >= filter.at;
  switch (filter.type) {
    case ShardFilter::Type::kAll: return true;
    case ShardFilter::Type::kOpen: return shard.is_open();
    case ShardFilter::Type::kAt: return shard.opened <= filter.at && ends_later;
    case ShardFilter::Type::kFrom: return ends_later;
  }
  CHECK(false);
}

}  // namespace penstock::kinesis
