// Changing a stream's configuration: one change at a time, decided on the newest state, durable
// before the reply.
#pragma once

#include <functional>
#include <memory>
#include <variant>

#include "protocol/api_error.h"
#include "services/kinesis/live.h"

namespace penstock::kinesis {

struct Service;

using Decide = std::function<Result<StreamConfig>(StreamConfig)>;

enum class Visible : bool {
  kAsUpdating,  // Requires ACTIVE; the stream is UPDATING until the change is durable.
  kNot,         // Tags: in any state but DELETING, and without a trace in the state.
};

protocol::Reply<std::monostate> change_stream(Service& service, std::shared_ptr<LiveStream> stream,
                                              Visible visible, Decide decide);

// The turn of the control plane for the stream of that name.
std::uint64_t turn_key(const Place& place, std::string_view name);

}  // namespace penstock::kinesis
