// What CreatePipe and UpdatePipe accept: from a request to a configuration, or AWS's refusal. Pure.
#pragma once

#include "gen/pipes/shapes.h"
#include "protocol/api_error.h"
#include "services/pipes/pipe.h"

namespace penstock::pipes {

// Everything but id, state and times.
protocol::ApiResult<PipeConfig> checked_create(const Place& place,
                                               const api::CreatePipeRequest& request);
// The configuration after the update; each *Parameters object given replaces the stored one as a
// whole.
protocol::ApiResult<PipeConfig> checked_update(PipeConfig config,
                                               const api::UpdatePipeRequest& request);

// What DescribePipe shows of it.
api::PipeSourceParameters source_parameters(const PipeConfig& config);
api::PipeTargetParameters target_parameters(const PipeConfig& config);

}  // namespace penstock::pipes
