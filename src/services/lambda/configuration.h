// Between requests and FunctionVersion: checks what the model cannot, fills in defaults, shows the
// result.
#pragma once

#include <optional>
#include <string>

#include "gen/lambda/shapes.h"
#include "protocol/api_error.h"
#include "services/lambda/function.h"

namespace penstock::lambda {

// The members that CreateFunction and UpdateFunctionConfiguration share, as one.
struct ConfigurationChange {
  std::optional<std::string> runtime, handler, role, description;
  std::optional<std::int32_t> timeout, memory_size;
  std::optional<api::Environment> environment;
  std::optional<api::EphemeralStorage> ephemeral_storage;
  std::optional<api::LoggingConfig> logging_config;
  std::optional<api::VpcConfig> vpc_config;
  std::optional<api::DeadLetterConfig> dead_letter_config;
  std::optional<api::TracingConfig> tracing_config;
  std::optional<api::SnapStart> snap_start;
  std::optional<std::string> kms_key_arn;
  std::optional<std::vector<std::string>> layers;
  bool file_systems = false, image = false, capacity_provider = false, durable = false;
};

// The version with the change applied, or AWS's refusal. What this server does not do is refused by
// name.
protocol::ApiResult<FunctionVersion> configure(FunctionVersion version,
                                               const ConfigurationChange& change);
protocol::ApiResult<void> check_architecture(const std::string& architecture,
                                             const std::string& runtime);

// How far the answer is from being settled: creation and updates answer as AWS does while it works
// on them.
enum class Moment { kSettled, kCreating, kUpdating, kListed };
api::FunctionConfiguration describe(const Function& function, const FunctionVersion& version,
                                    bool qualified_arn, Moment moment = Moment::kSettled);

}  // namespace penstock::lambda
