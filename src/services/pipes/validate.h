// What CreatePipe and UpdatePipe accept: from a request to a configuration, or AWS's refusal. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "gen/pipes/shapes.h"
#include "protocol/api_error.h"
#include "services/pipes/pipe.h"

namespace penstock::pipes {

// Everything but id, state and times. A part that AWS has and the runtime does not carry out
// (kFeatures) is refused by its name: nothing is accepted and then ignored.
protocol::ApiResult<PipeConfig> checked_create(const Place& place,
                                               const api::CreatePipeRequest& request);
// The configuration after the update. What the request leaves out stays; a block that belongs to
// one service (DynamoDBStreamParameters, SqsQueueParameters, ...) replaces the stored one as a
// whole.
protocol::ApiResult<PipeConfig> checked_update(PipeConfig config,
                                               const api::UpdatePipeRequest& request);

// The same without the last check: all that can be modelled and stored.
protocol::ApiResult<PipeConfig> read_create(const Place& place,
                                            const api::CreatePipeRequest& request);
protocol::ApiResult<PipeConfig> read_update(PipeConfig config,
                                            const api::UpdatePipeRequest& request);

// A part of pipes that can be configured, and that the runtime does not carry out.
struct Feature {
  std::string_view name;  // As the refusal names it: "<name> is not supported by this server."
  bool (*asked_for)(const PipeConfig&);
};
// The first that is asked for.
std::optional<std::string_view> unsupported_feature(const PipeConfig& config);

}  // namespace penstock::pipes
