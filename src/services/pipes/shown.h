// A pipe's configuration as DescribePipe shows it: the inverse of validate.h. Pure.
#pragma once

#include <optional>

#include "gen/pipes/shapes.h"
#include "services/pipes/pipe.h"

namespace penstock::pipes {

api::PipeSourceParameters shown_source(const PipeConfig& config);
// nullopt when nothing was asked for.
std::optional<api::PipeTargetParameters> shown_target(const PipeConfig& config);
std::optional<api::PipeEnrichmentParameters> shown_enrichment(const PipeConfig& config);
std::optional<api::PipeLogConfiguration> shown_log(const PipeConfig& config);

}  // namespace penstock::pipes
