// The queue that a request is about, and changes of its configuration.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/api_error.h"
#include "protocol/context.h"
#include "services/sqs/live.h"

namespace penstock::sqs {

struct Service;

// By URL, whatever host it names. A queue of another account must let the caller in for `action`
// by its policy; an empty action is one that only the owner may take.
protocol::ApiResult<std::shared_ptr<LiveQueue>> resolve_queue(Service& service,
                                                              const protocol::Context& context,
                                                              const std::string& url,
                                                              std::string_view action = {});

// Whether the policy of the queue lets a caller from another account do that.
bool lets_in(const Service& service, const protocol::Context& context, const LiveQueue& queue,
             std::string_view action);

// As the client addresses this server.
std::string queue_url(const protocol::Context& context, const LiveQueue& queue);

// Changes the configuration: one change at a time, decided on the newest state, durable before the
// reply.
using Decide = std::function<protocol::ApiResult<QueueConfig>(QueueConfig)>;
protocol::Reply<std::monostate> change_config(Service& service, std::shared_ptr<LiveQueue> queue,
                                              Decide decide);

// The turn of the control plane for queues of that name.
std::uint64_t turn_key(const Place& place, std::string_view name);

}  // namespace penstock::sqs
