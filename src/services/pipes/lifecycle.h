// Transitions of a pipe: a request brings it into a passing state and answers; settle() brings it
// out.
#pragma once

#include <memory>
#include <string_view>

#include "services/pipes/pipes.h"

namespace penstock::pipes {

std::uint64_t turn_key(const Place& place, std::string_view name);

// Does what the pipe's passing state asks for: checks, starts or stops the runner, and stores the
// state that it ends in. Requires a passing state that nobody else is settling.
Task<void> settle(Service& service, std::shared_ptr<LivePipe> pipe);

// Starts settle() in the background.
void settle_later(Service& service, std::shared_ptr<LivePipe> pipe);

}  // namespace penstock::pipes
