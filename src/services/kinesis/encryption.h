// Which KMS keys there are, and when encryption may change. Pure.
#pragma once

#include <string>

#include "protocol/api_error.h"
#include "services/kinesis/stream.h"

namespace penstock::kinesis {

// Only the key that AWS manages for Kinesis exists: by its alias, or by the ARN of that.
protocol::ApiResult<void> check_key_id(const std::string& key_id, const Place& place);

// Records are sealed under `data_key` from then on, or are not sealed any more. Those that there
// are stay as they are, and readable.
protocol::ApiResult<StreamConfig> with_encryption(StreamConfig config, std::string key_id,
                                                  std::string data_key, Timestamp now);
protocol::ApiResult<StreamConfig> without_encryption(StreamConfig config, Timestamp now);

}  // namespace penstock::kinesis
