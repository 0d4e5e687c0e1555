// One shard of the Kinesis stream that feeds a delivery stream.
#pragma once

#include <memory>
#include <string>

#include "protocol/context.h"
#include "services/firehose/source.h"
#include "stream/lane_start.h"
#include "stream/source.h"
#include "stream/stats.h"

namespace penstock::firehose {

struct Service;
class LiveStream;

// What the lanes of one delivery stream read from.
struct KinesisFeed {
  KinesisFeed(Service& service, const StreamConfig& config);
  const std::unique_ptr<stream::Source> source;
  stream::ReaderStats stats;  // Of the follower.
};

// Reads where the position says until the lane seeks; `feed` is kept by it.
std::unique_ptr<Source> make_kinesis_source(Service& service, const LiveStream& stream,
                                            std::shared_ptr<KinesisFeed> feed,
                                            const stream::LaneStart& start);

// A call on behalf of `role_arn` in the region of the stream.
protocol::Context role_context(Service& service, const Place& place, const std::string& role_arn);

}  // namespace penstock::firehose
