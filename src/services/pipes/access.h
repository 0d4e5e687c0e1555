// Whether a pipe can do what it is for, as its role, when it begins.
#pragma once

#include <memory>
#include <string>

#include "services/pipes/pipes.h"

namespace penstock::pipes {

// Empty when the pipe may run; else the reason why not, as AWS words it. As on AWS the target is
// not tried: executions fail instead.
Task<std::string> problem_of(Dependencies& deps, std::shared_ptr<const PipeConfig> config);

}  // namespace penstock::pipes
