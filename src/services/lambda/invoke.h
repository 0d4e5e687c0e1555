// Invocations that do not come from a request: those of event source mappings.
#pragma once

#include <string>

#include "protocol/api_error.h"
#include "services/lambda/resolve.h"

namespace penstock::lambda {

struct MappedInvocation {
  std::string executed_version;
  InvokeOutcome outcome;
};

// At once, under the function's own concurrency. An error of the function is an outcome; throttling
// (429), a function that is gone (404) and the like are errors. `payload` is JSON.
protocol::Reply<MappedInvocation> invoke_mapped(Service& service, Target target,
                                                std::string payload, std::string request_id);

}  // namespace penstock::lambda
