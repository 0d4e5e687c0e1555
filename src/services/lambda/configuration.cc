// Checks in the order of AWS's members; defaults as CreateFunction answers them.
#include "services/lambda/configuration.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "services/lambda/errors.h"
#include "services/lambda/sandbox.h"

namespace penstock::lambda {
namespace {

using protocol::ApiResult;

constexpr std::int32_t kTimeoutMax = 900;
constexpr std::int32_t kMemoryMax = 10'240;
constexpr std::string_view kRuntimes =
    "nodejs16.x, nodejs18.x, nodejs20.x, nodejs22.x, nodejs24.x, python3.8, python3.9, python3.10, "
    "python3.11, "
    "python3.12, python3.13, python3.14, provided.al2, provided.al2023";

ApiResult<void> refuse_if(bool present, std::string_view what) {
  if (present) return std::unexpected(not_supported(what));
  return {};
}

ApiResult<void> check_absent(const ConfigurationChange& change) {
  const auto& vpc = change.vpc_config;
  TRY_VOID(refuse_if(vpc && ((vpc->subnet_ids && !vpc->subnet_ids->empty()) ||
                             (vpc->security_group_ids && !vpc->security_group_ids->empty()) ||
                             vpc->ipv6_allowed_for_dual_stack.value_or(false)),
                     "VpcConfig"));
  TRY_VOID(refuse_if(
      change.dead_letter_config && !change.dead_letter_config->target_arn.value_or("").empty(),
      "DeadLetterConfig"));
  TRY_VOID(refuse_if(!change.kms_key_arn.value_or("").empty(), "KMSKeyArn"));
  TRY_VOID(refuse_if(
      change.tracing_config && change.tracing_config->mode.value_or("PassThrough") != "PassThrough",
      "TracingConfig Active"));
  TRY_VOID(refuse_if(change.layers && !change.layers->empty(), "Layers"));
  TRY_VOID(refuse_if(change.file_systems, "FileSystemConfigs"));
  TRY_VOID(refuse_if(change.image, "ImageConfig"));
  TRY_VOID(refuse_if(change.snap_start && change.snap_start->apply_on.value_or("None") != "None",
                     "SnapStart"));
  TRY_VOID(refuse_if(change.capacity_provider, "CapacityProviderConfig"));
  TRY_VOID(refuse_if(change.durable, "DurableConfig"));
  if (change.logging_config) {
    const api::LoggingConfig& logging = *change.logging_config;
    TRY_VOID(refuse_if(logging.log_format.value_or("Text") != "Text", "LogFormat JSON"));
    TRY_VOID(refuse_if(logging.application_log_level || logging.system_log_level,
                       "Log levels (they need LogFormat JSON, which)"));
  }
  return {};
}

std::unexpected<protocol::ApiError> above(std::int32_t value, std::string_view member,
                                          std::int32_t max) {
  return std::unexpected(
      validation(fmt::format("1 validation error detected: Value '{}' at '{}' failed to satisfy "
                             "constraint: Member must have value less "
                             "than or equal to {}",
                             value, member, max)));
}

api::FunctionConfiguration describe_settled(const Function& function,
                                            const FunctionVersion& version) {
  api::FunctionConfiguration out;
  out.function_name = function.name;
  out.runtime = version.runtime;
  out.role = version.role;
  out.handler = version.handler;
  out.code_size = static_cast<std::int64_t>(version.code.size);
  out.description = version.description;
  out.timeout = static_cast<std::int32_t>(version.timeout_seconds);
  out.memory_size = static_cast<std::int32_t>(version.memory_mb);
  std::string modified = format_iso8601_millis(version.modified);
  modified.replace(modified.size() - 1, 1, "+0000");
  out.last_modified = std::move(modified);
  out.code_sha256 = base64_encode(version.code.sha256);
  out.version = version.version;
  if (version.environment) out.environment.emplace().variables = *version.environment;
  out.tracing_config.emplace().mode = "PassThrough";
  out.revision_id = version.revision;
  out.package_type = "Zip";
  out.architectures = std::vector<std::string>{version.architecture};
  out.ephemeral_storage.emplace().size = static_cast<std::int32_t>(version.tmp_mb);
  auto& snap_start = out.snap_start.emplace();
  snap_start.apply_on = "None";
  snap_start.optimization_status = "Off";
  out.runtime_version_config.emplace().runtime_version_arn = fmt::format(
      "arn:aws:lambda:{}::runtime:{}", function.place.region, to_hex(sha256(version.runtime)));
  auto& logging = out.logging_config.emplace();
  logging.log_format = "Text";
  logging.log_group = log_group_of(function, version);
  return out;
}

}  // namespace

ApiResult<void> check_architecture(const std::string& architecture, const std::string& runtime) {
#if defined(__aarch64__)
  constexpr std::string_view kMachine = "arm64";
#else
  constexpr std::string_view kMachine = "x86_64";
#endif
  if (architecture != kMachine && runtime_uses_address(runtime)) {
    return std::unexpected(not_supported(fmt::format(
        "Architecture {} with runtime {} (this machine is {})", architecture, runtime, kMachine)));
  }
  return {};
}

ApiResult<FunctionVersion> configure(FunctionVersion version, const ConfigurationChange& change) {
  TRY_VOID(check_absent(change));
  if (change.runtime) version.runtime = *change.runtime;
  if (change.handler) version.handler = *change.handler;
  if (version.runtime.empty() || version.handler.empty()) {
    return std::unexpected(
        invalid_parameter("Runtime and Handler are mandatory parameters for functions created with "
                          "deployment packages."));
  }
  if (!is_supported_runtime(version.runtime)) {
    return std::unexpected(
        invalid_parameter(fmt::format("Value {} at 'runtime' failed to satisfy constraint: Member "
                                      "must satisfy enum value set: [{}] or be a "
                                      "valid ARN",
                                      version.runtime, kRuntimes)));
  }
  if (change.role) version.role = *change.role;
  if (change.description) version.description = *change.description;
  if (change.timeout) {
    if (*change.timeout > kTimeoutMax) return above(*change.timeout, "timeout", kTimeoutMax);
    version.timeout_seconds = static_cast<std::uint32_t>(*change.timeout);
  }
  if (change.memory_size) {
    if (*change.memory_size > kMemoryMax)
      return above(*change.memory_size, "memorySize", kMemoryMax);
    version.memory_mb = static_cast<std::uint32_t>(*change.memory_size);
  }
  if (change.environment) {
    auto variables = change.environment->variables.value_or(std::map<std::string, std::string>{});
    if (const auto why = why_not_environment(variables))
      return std::unexpected(invalid_parameter(*why));
    version.environment.reset();
    if (!variables.empty()) version.environment = std::move(variables);
  }
  if (change.ephemeral_storage)
    version.tmp_mb = static_cast<std::uint32_t>(change.ephemeral_storage->size);
  if (change.logging_config) version.log_group = change.logging_config->log_group.value_or("");
  return version;
}

api::FunctionConfiguration describe(const Function& function, const FunctionVersion& version,
                                    bool qualified_arn, Moment moment) {
  api::FunctionConfiguration out = describe_settled(function, version);
  out.function_arn = function_arn(function.place, function.name,
                                  qualified_arn ? std::string_view(version.version) : "");
  switch (moment) {
    case Moment::kListed: break;
    case Moment::kCreating:
      out.state = "Pending";
      out.state_reason = "The function is being created.";
      out.state_reason_code = "Creating";
      break;
    case Moment::kUpdating:
      out.state = "Active";
      out.last_update_status = "InProgress";
      out.last_update_status_reason = "The function is being created.";
      out.last_update_status_reason_code = "Creating";
      break;
    case Moment::kSettled:
      out.state = "Active";
      out.last_update_status = "Successful";
      break;
  }
  return out;
}

}  // namespace penstock::lambda
