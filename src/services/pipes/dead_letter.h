// What the dead-letter queue of a pipe is told of records that were given up.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "stream/batch_info.h"
#include "stream/consumer.h"

namespace penstock::pipes {

// The body of the message. Pure.
std::string dead_letter(std::string_view pipe_arn, stream::Reason reason, Timestamp now,
                        const stream::BatchInfo& info);

// Where the records are. Requires at least one, and a stream as the source.
stream::BatchInfo batch_info_of(std::span<stream::Item* const> items, std::string_view stream_arn,
                                std::string_view shard, bool kinesis);

}  // namespace penstock::pipes
