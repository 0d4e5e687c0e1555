// The stored bytes of streams and producer watermarks. Format: docs/storage_format.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "services/kinesis/account.h"
#include "services/kinesis/shard_log.h"
#include "services/kinesis/stream.h"

namespace penstock::kinesis {

std::string encode_stream(const StreamConfig& config);
// nullopt for bytes that no version of penstock wrote.
std::optional<StreamConfig> decode_stream(std::string_view value);

std::string encode_watermarks(const Watermarks& watermarks);
// Requires: of a producer of `shard`.
std::optional<Watermarks> decode_watermarks(const ShardSpec& shard, std::string_view value);

std::string encode_account(const AccountSettings& settings);
std::optional<AccountSettings> decode_account(std::string_view value);

}  // namespace penstock::kinesis
