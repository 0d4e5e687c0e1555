// Shard iterators of DynamoDB Streams: a position in a stream, as a text that clients keep. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace penstock::dynamodb {

struct ShardIterator {
  std::string stream_arn;
  std::string shard_id;
  std::uint64_t next = 1;  // The smallest sequence that may be returned.
  Timestamp issued;
};

// <stream ARN>|1|<base64>. AWS's own text is opaque, too.
std::string encode_iterator(const ShardIterator& iterator);
std::optional<ShardIterator> decode_iterator(std::string_view text);

}  // namespace penstock::dynamodb
