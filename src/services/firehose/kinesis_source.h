// One shard of the Kinesis stream that feeds a delivery stream.
#pragma once

#include <memory>
#include <vector>

#include "protocol/context.h"
#include "services/firehose/source.h"

namespace penstock::firehose {

struct Service;
class LiveStream;

std::unique_ptr<Source> make_kinesis_source(Service& service, LiveStream& stream,
                                            std::string shard);

// All shards of the source, also those that are closed.
protocol::Reply<std::vector<std::string>> list_source_shards(
    Service& service, std::shared_ptr<const StreamConfig> config);

// A call on behalf of `role_arn` in the region of the stream.
protocol::Context role_context(Service& service, const Place& place, const std::string& role_arn);

}  // namespace penstock::firehose
