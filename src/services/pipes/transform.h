// From an event to the record that the target gets: filter, partition key, template. Pure; one
// Transform belongs to one lane (its parser is reused from record to record).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "services/pipes/event.h"
#include "services/pipes/pipe.h"

namespace penstock::pipes {

struct Outgoing {
  std::string data;
  std::string partition_key;
};

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
