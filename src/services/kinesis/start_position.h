// Where reading a shard begins: from the five ways to say it to one, the first index to read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/api_error.h"
#include "services/kinesis/live.h"

namespace penstock::kinesis {

struct Service;

struct StartAt {
  std::string_view operation;  // For the words of refusals.
  std::string type;            // As the model has them: LATEST, TRIM_HORIZON …
  std::optional<std::string> sequence_number;
  std::optional<Timestamp> timestamp;
};

protocol::Reply<std::uint64_t> start_index(Service& service, std::shared_ptr<LiveStream> stream,
                                           ShardEntry entry, StartAt at);

}  // namespace penstock::kinesis
