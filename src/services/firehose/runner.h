// Starting what delivers: one lane for put records, or one per shard of the source.
#pragma once

#include <memory>

namespace penstock::firehose {

struct Service;
class LiveStream;

// The lanes belong to the stream's gate and end when it closes.
void start_lanes(Service& service, std::shared_ptr<LiveStream> stream);

}  // namespace penstock::firehose
