// The second half of a deletion, which outlives its request and may outlive the process.
#pragma once

#include <memory>

#include "async/task.h"

namespace penstock::firehose {

struct Service;
class LiveStream;

// Waits for the lanes to end, then erases the stream.
Task<void> finish_deletion(Service& service, std::shared_ptr<LiveStream> stream);

}  // namespace penstock::firehose
