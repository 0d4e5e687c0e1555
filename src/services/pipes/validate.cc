// The checks of pipe definitions, put together; and which parts of a pipe are carried out.
#include "services/pipes/validate.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/pipes/errors.h"
#include "services/pipes/validate_parts.h"

namespace penstock::pipes {
namespace {

using protocol::ApiResult;

// This server has no keys of its own to encrypt pipe data with.
ApiResult<void> refuse_keys(const std::optional<std::string>& key) {
  if (key && !key->empty()) return unsupported("KmsKeyIdentifier");
  return {};
}

bool logs(const PipeConfig& c) { return c.log && c.log->level != LogLevel::kOff; }

// Secrets, VPCs and log objects are with services that this server has not, or in forms that it
// does not write.
constexpr Feature kFeatures[] = {
    {"SelfManagedKafkaParameters.Credentials",
     [](const PipeConfig& c) { return c.kafka && c.kafka->credentials; }},
    {"SelfManagedKafkaParameters.ServerRootCaCertificate",
     [](const PipeConfig& c) { return c.kafka && c.kafka->server_root_ca_certificate; }},
    {"SelfManagedKafkaParameters.Vpc", [](const PipeConfig& c) { return c.kafka && c.kafka->vpc; }},
    {"LogConfiguration with S3LogDestination",
     [](const PipeConfig& c) { return logs(c) && c.log->s3; }},
};

ApiResult<PipeConfig> supported(ApiResult<PipeConfig> config) {
  if (!config) return config;
  if (const auto missing = unsupported_feature(*config)) return unsupported(*missing);
  return config;
}

}  // namespace

std::unexpected<protocol::ApiError> refuse(std::string message) {
  return std::unexpected(validation(std::move(message)));
}

std::unexpected<protocol::ApiError> unsupported(std::string_view what) {
  return refuse(fmt::format("{} is not supported by this server.", what));
}

ApiResult<void> check_place(const Place& place, const Arn& arn) {
  if (arn.region != place.region) return refuse("Creating cross-region pipe is not permitted.");
  if (arn.account != place.account) return refuse("Creating cross-account pipe is not permitted.");
  return {};
}

std::optional<std::string_view> unsupported_feature(const PipeConfig& config) {
  const Feature* const found =
      std::find_if(std::begin(kFeatures), std::end(kFeatures),
                   [&](const Feature& feature) { return feature.asked_for(config); });
  return found == std::end(kFeatures) ? std::nullopt : std::optional(found->name);
}

ApiResult<PipeConfig> read_create(const Place& place, const api::CreatePipeRequest& request) {
  TRY_VOID(refuse_keys(request.kms_key_identifier));
  PipeConfig config;
  config.place = place;
  config.name = request.name;
  config.description = request.description;
  config.wants_running = request.desired_state.value_or("RUNNING") == "RUNNING";
  config.source = request.source;
  TRY(config.source_kind, check_source(place, request.source));
  config.target = request.target;
  TRY(const TargetKind kind, check_target(place, request.target));
  TRY_VOID(apply_source(config, request.source_parameters));
  TRY_VOID(apply_enrichment(config, request.enrichment, request.enrichment_parameters));
  TRY_VOID(apply_target(config, kind, request.target_parameters));
  TRY_VOID(check_batch(config));
  if (request.log_configuration) {
    TRY(config.log, check_log(place, *request.log_configuration));
  }
  config.role_arn = request.role_arn;
  config.tags = request.tags.value_or(std::map<std::string, std::string>{});
  return config;
}

ApiResult<PipeConfig> read_update(PipeConfig config, const api::UpdatePipeRequest& request) {
  TRY_VOID(refuse_keys(request.kms_key_identifier));
  if (request.description) config.description = request.description;
  if (request.desired_state) config.wants_running = *request.desired_state == "RUNNING";
  config.role_arn = request.role_arn;
  TargetKind kind = config.target_settings.kind();
  if (request.target) {
    TRY(kind, check_target(config.place, *request.target));
    config.target = *request.target;
  }
  if (request.source_parameters) TRY_VOID(update_source(config, *request.source_parameters));
  TRY_VOID(apply_enrichment(config, request.enrichment, request.enrichment_parameters));
  TRY_VOID(apply_target(config, kind, request.target_parameters));
  TRY_VOID(check_batch(config));
  if (request.log_configuration) {
    TRY(config.log, check_log(config.place, *request.log_configuration));
  }
  return config;
}

ApiResult<PipeConfig> checked_create(const Place& place, const api::CreatePipeRequest& request) {
  return supported(read_create(place, request));
}

ApiResult<PipeConfig> checked_update(PipeConfig config, const api::UpdatePipeRequest& request) {
  return supported(read_update(std::move(config), request));
}

}  // namespace penstock::pipes
