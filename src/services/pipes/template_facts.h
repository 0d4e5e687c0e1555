// What the placeholders of a pipe's templates stand for.
#pragma once

#include "services/pipes/input_template.h"
#include "services/pipes/pipe.h"

namespace penstock::pipes {

// of_source: the events come from the source itself, not from the enrichment; then some of their
// fields are encoded. The ingestion time and what depends on the event are left to whoever renders.
TemplateFacts template_facts(const PipeConfig& config, bool of_source);

}  // namespace penstock::pipes
