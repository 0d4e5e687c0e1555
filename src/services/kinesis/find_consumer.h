// Which consumer a request means: by its ARN, or by its stream's ARN and its name, or by all three
// when they agree.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "protocol/api_error.h"
#include "protocol/context.h"
#include "services/kinesis/live_consumers.h"

namespace penstock::kinesis {

struct Service;

struct ConsumerRequest {
  std::optional<std::string> arn;
  std::optional<std::string> stream_arn;
  std::optional<std::string> name;
};
protocol::ApiResult<std::shared_ptr<LiveConsumer>> find_consumer(Service& service,
                                                                 const protocol::Context& context,
                                                                 const ConsumerRequest& request);

protocol::ApiError consumer_not_found(const LiveConsumer& consumer);

}  // namespace penstock::kinesis
