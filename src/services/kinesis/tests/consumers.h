// Short forms of what tests of consumers and subscriptions do.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "services/kinesis/tests/harness.h"

namespace penstock::kinesis {

inline std::string arn_of(const Harness& h, std::string_view stream) {
  return stream_arn(h.context.place(), stream);
}

inline protocol::ApiResult<api::RegisterStreamConsumerOutput> register_consumer(
    Harness& h, std::string_view stream, std::string name,
    std::map<std::string, std::string> tags = {}) {
  api::RegisterStreamConsumerInput input;
  input.stream_arn = arn_of(h, stream);
  input.consumer_name = std::move(name);
  if (!tags.empty()) input.tags = std::move(tags);
  return h.run(register_stream_consumer(*h.service, h.context, std::move(input)));
}

inline std::string error_of(const auto& reply) {
  return reply ? "none" : reply.error().code + ": " + reply.error().message;
}

}  // namespace penstock::kinesis
