// Changing a stream's configuration: one change at a time, decided on the newest state, durable
// before the reply.
#pragma once

#include <functional>
#include <memory>
#include <variant>

#include "async/task.h"
#include "protocol/api_error.h"
#include "services/kinesis/live.h"
#include "services/kinesis/live_consumers.h"

namespace penstock::kinesis {

struct Service;

using Decide = std::function<protocol::ApiResult<StreamConfig>(StreamConfig)>;
// A decision of the domain as an operation's.
protocol::ApiResult<StreamConfig> decided(Result<StreamConfig> config);

enum class Visible : bool {
  kAsUpdating,  // Requires ACTIVE; the stream is UPDATING until the change is durable.
  kNot,         // Tags: in any state but DELETING, and without a trace in the state.
};

protocol::Reply<std::monostate> change_stream(Service& service, std::shared_ptr<LiveStream> stream,
                                              Visible visible, Decide decide);

// The same for changes of the shards: those that the decision closes take no more records, and
// those that it opens take theirs, from one moment on. What the parents know of producers goes to
// the children. All of it is one batch.
protocol::Reply<std::monostate> reshard(Service& service, std::shared_ptr<LiveStream> stream,
                                        Decide decide);
// Forgets the shards that have been closed for longer than records are kept.
Task<Status> forget_expired_shards(Service& service, std::shared_ptr<LiveStream> stream);

// Changes what is stored about a consumer.
using DecideConsumer = std::function<Result<ConsumerConfig>(ConsumerConfig)>;
protocol::Reply<std::monostate> change_consumer(Service& service,
                                                std::shared_ptr<LiveConsumer> consumer,
                                                DecideConsumer decide);

// The turn of the control plane for the stream of that name.
std::uint64_t turn_key(const Place& place, std::string_view name);

}  // namespace penstock::kinesis
