// The checks that validate.cc is made of, one file per part of a pipe. Internal to validate*.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gen/pipes/shapes.h"
#include "protocol/api_error.h"
#include "services/pipes/pipe.h"

namespace penstock::pipes {

std::unexpected<protocol::ApiError> refuse(std::string message);
// "<what> is not supported by this server."
std::unexpected<protocol::ApiError> unsupported(std::string_view what);

// Pipes, their sources, targets and dead-letter queues are in one account and region.
protocol::ApiResult<void> check_place(const Place& place, const Arn& arn);

// validate_source.cc: source, source_kind, and what belongs to them.
protocol::ApiResult<SourceKind> check_source(const Place& place, const std::string& source);
protocol::ApiResult<void> apply_source(PipeConfig& config,
                                       const std::optional<api::PipeSourceParameters>& parameters);
protocol::ApiResult<void> update_source(PipeConfig& config,
                                        const api::UpdatePipeSourceParameters& parameters);

// validate_target.cc: target, target_settings, enrichment.
protocol::ApiResult<TargetKind> check_target(const Place& place, const std::string& target);
// `kind` is that of the target as it is now. Absent parameters keep what is there, unless the kind
// has changed.
protocol::ApiResult<void> apply_target(PipeConfig& config, TargetKind kind,
                                       const std::optional<api::PipeTargetParameters>& parameters);
protocol::ApiResult<void> apply_enrichment(
    PipeConfig& config, const std::optional<std::string>& enrichment,
    const std::optional<api::PipeEnrichmentParameters>& parameters);
// What depends on both: the source's batch must fit into one request to the target.
protocol::ApiResult<void> check_batch(const PipeConfig& config);

// validate_log.cc
protocol::ApiResult<std::optional<LogSettings>> check_log(
    const Place& place, const api::PipeLogConfigurationParameters& parameters);

}  // namespace penstock::pipes
