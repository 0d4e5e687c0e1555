// The key grammar of Firehose. Nothing else builds or reads these keys.
//
//   kMeta       60 account region name     delivery stream
//   kRecords    60 stream index            record that was put
//   kPositions  60 stream lane             how far a lane has come
//   kPositions  61 stream lane number      plan: a batch that was decided and is not settled
//   kPositions  62 stream number           ledger entry
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "services/firehose/records.h"

namespace penstock::firehose {

std::string stream_key(const Place& place, std::string_view name);
std::string streams_begin();
std::string streams_end();

std::string record_key(std::uint64_t stream, std::uint64_t index);
std::optional<std::uint64_t> parse_record_key(std::string_view key, std::uint64_t stream);
std::string records_end(std::uint64_t stream);

std::string position_key(std::uint64_t stream, std::string_view lane);
std::optional<std::string> parse_position_key(std::string_view key, std::uint64_t stream);
std::string plan_key(std::uint64_t stream, std::string_view lane, std::uint64_t number);
std::string ledger_key(std::uint64_t stream, std::uint64_t number);
std::optional<std::uint64_t> parse_ledger_key(std::string_view key, std::uint64_t stream);

// All keys of one kind that belong to a stream or lane begin with these.
std::string positions_prefix(std::uint64_t stream);
std::string plans_prefix(std::uint64_t stream);
std::string lane_plans_prefix(std::uint64_t stream, std::string_view lane);
std::string ledger_prefix(std::uint64_t stream);

}  // namespace penstock::firehose
