// The log of a pipe: which step is written at which level, and what its record looks like. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "services/pipes/pipe_parameters.h"
#include "services/pipes/target.h"

namespace penstock::pipes {

// The steps of an execution, as AWS names them.
enum class LogStep : std::uint8_t {
  kExecutionStarted,
  kExecutionSucceeded,
  kExecutionFailed,
  kExecutionPartiallyFailed,
  kExecutionThrottled,
  kExecutionTimeout,
  kEnrichmentStageEntered,
  kEnrichmentStageSucceeded,
  kEnrichmentStageFailed,
  kEnrichmentTransformationStarted,
  kEnrichmentTransformationSucceeded,
  kEnrichmentTransformationFailed,
  kEnrichmentInvocationStarted,
  kEnrichmentInvocationSucceeded,
  kEnrichmentInvocationFailed,
  kTargetStageEntered,
  kTargetStageSkipped,
  kTargetStageSucceeded,
  kTargetStageFailed,
  kTargetStagePartiallyFailed,
  kTargetTransformationStarted,
  kTargetTransformationSucceeded,
  kTargetTransformationFailed,
  kTargetInvocationStarted,
  kTargetInvocationSkipped,
  kTargetInvocationSucceeded,
  kTargetInvocationFailed,
  kTargetInvocationPartiallyFailed,
};
inline constexpr int kStepCount = 28;
std::string_view to_string(LogStep step);
LogLevel step_level(LogStep step);  // Written at this level and above it.

struct LogRecord {
  std::string pipe_arn;
  Timestamp at;
  std::string execution_id;
  LogStep step = LogStep::kExecutionStarted;
  // Execution data: only if the pipe's log includes it.
  std::optional<std::string> payload;
  std::optional<std::string> request;
  std::optional<std::string> response;
  // Failed steps.
  struct Trouble {
    std::string message;
    int status = 0;
    std::string service;
    std::string request_id;
    std::string exception;
    std::string resource_arn;
  };
  std::optional<Trouble> error;
};

// At most kPipeLogRecordBytes: what is too long is cut from the end of payload, then of awsRequest,
// then of awsResponse; truncatedFields says which.
std::string to_json(LogRecord record);

LogRecord::Trouble trouble_of(const CallFailure& failure, bool enrichment,
                              std::string_view resource_arn);

}  // namespace penstock::pipes
