// The bytes of a stored pipe. Only store.cc and its tests use them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "services/pipes/pipe.h"

namespace penstock::pipes {

std::string encode_pipe(const PipeConfig& config);
Result<PipeConfig> decode_pipe(std::string_view value);

}  // namespace penstock::pipes
