// What CreateEventSourceMapping and UpdateEventSourceMapping may ask for. A parameter is honoured,
// or refused by name: nothing is accepted and then ignored.
#pragma once

#include "protocol/api_error.h"
#include "services/lambda/mapping.h"

namespace penstock::lambda {

// All but place, uuid, function and qualifier.
protocol::ApiResult<Mapping> mapping_of(const Place& place, Timestamp now,
                                        const api::CreateEventSourceMappingRequest& input);

// `before` with what the request changes, but for its function.
protocol::ApiResult<Mapping> changed_mapping(Mapping before,
                                             const api::UpdateEventSourceMappingRequest& input);

}  // namespace penstock::lambda
