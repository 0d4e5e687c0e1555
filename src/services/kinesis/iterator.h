// Tokens: shard iterators and the page tokens of the lists. Opaque text for the client; inside, a
// position with its time of issue and a checksum, so that a mangled token is refused, not followed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "protocol/api_error.h"
#include "services/kinesis/shard_filter.h"

namespace penstock::kinesis {

struct ShardPosition {
  Timestamp issued;
  std::uint64_t stream_id = 0;
  std::uint32_t shard = 0;
  std::uint64_t next_index = 0;  // The first index that has not been read.
  friend bool operator==(const ShardPosition&, const ShardPosition&) = default;
};

std::string encode_iterator(const ShardPosition& position);
std::optional<ShardPosition> decode_iterator(std::string_view token);

// Where a list goes on: the stream it belongs to (empty for ListStreams) and the last name shown.
struct ListPosition {
  Timestamp issued;
  std::string stream;
  std::string after;
  ShardFilter filter = {};
  friend bool operator==(const ListPosition&, const ListPosition&) = default;
};

std::string encode_list_token(const ListPosition& position);
std::optional<ListPosition> decode_list_token(std::string_view token);

// The position, or AWS's refusal of a token that is none or is older than 300 seconds.
protocol::ApiResult<ListPosition> check_list_token(const std::string& token, Timestamp now);

}  // namespace penstock::kinesis
