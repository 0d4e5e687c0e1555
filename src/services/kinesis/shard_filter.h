// Which shards ListShards shows: ShardFilter as a value. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "services/kinesis/stream.h"

namespace penstock::kinesis {

struct ShardFilter {
  enum class Type : std::uint8_t {
    kAll,   // FROM_TRIM_HORIZON, AFTER_SHARD_ID, or no filter: what is kept.
    kOpen,  // AT_LATEST.
    kAt,    // AT_TRIM_HORIZON, AT_TIMESTAMP: open at that time.
    kFrom,  // FROM_TIMESTAMP: open at that time or later.
  };
  Type type = Type::kAll;
  Timestamp at;
  friend bool operator==(const ShardFilter&, const ShardFilter&) = default;
};

// nullopt for a type that the model does not know. A time before the trim horizon, and before the
// stream was made, is that.
std::optional<ShardFilter> make_filter(std::string_view type, std::optional<Timestamp> at,
                                       const StreamConfig& config, Timestamp now);
bool shows(const ShardFilter& filter, const ShardSpec& shard);

}  // namespace penstock::kinesis
