// From an event of the source to what the first stage of the pipe gets for it: the filter, then the
// enrichment's template or, without an enrichment, the target's parameters and template. Pure; one
// Transform belongs to one lane (its parser is reused from record to record).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "services/pipes/event.h"
#include "services/pipes/pipe.h"
#include "services/pipes/shaper.h"

namespace penstock::pipes {

class Transform {
 public:
  // Requires a configuration that validate.h accepted.
  explicit Transform(const PipeConfig& config);
  ~Transform();
  Transform(Transform&&) noexcept;

  // nullopt: filtered out. An error: the record cannot be sent as the pipe is configured.
  Result<std::optional<Outgoing>> apply(const SourceRecord& record, Timestamp now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::pipes
