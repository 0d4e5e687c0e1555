// The error payloads that the platform, not the function, answers with. Pure; texts as recorded on
// AWS.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "services/lambda/engine.h"
#include "services/lambda/spawn.h"

namespace penstock::lambda {

InvokeOutcome platform_error(std::string_view type, std::string_view message);
InvokeOutcome timed_out(std::string_view request_id, std::uint32_t seconds);
InvokeOutcome exited(std::string_view request_id, ExitState state);
InvokeOutcome response_too_large();
InvokeOutcome no_entrypoint(std::string_view request_id, std::string_view message);
// Bubblewrap reports a signal that ended the runtime as exit status 128 + signal.
ExitState unwrap_exit(ExitState state);

}  // namespace penstock::lambda
