// EventStream: the member of an operation's output through which the server pushes events, for as
// long as the operation likes.
//
// The operation returns at once with an EventSource; whoever sends the reply pulls events from it
// one by one, as fast as the client takes them, so that a slow client costs one event of memory.
#pragma once

#include <memory>

#include "async/task.h"
#include "protocol/shape.h"

namespace penstock::protocol {

class EventSource {
 public:
  virtual ~EventSource() = default;
  // The next event: a value of the stream's union with one member set; empty at the end. An error
  // is an event, too, and the last one. One call at a time, from any event loop.
  virtual Task<ApiResult<AnyShape>> next() = 0;
  // Nobody waits for more: a pending next() and all later ones give the end soon. From any thread.
  virtual void stop() = 0;
};

struct EventStream {
  std::shared_ptr<EventSource> source;
};

}  // namespace penstock::protocol
