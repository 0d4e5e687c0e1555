// UpdateFunctionCode and UpdateFunctionConfiguration: $LATEST becomes something else, at once.
#include "services/lambda/code_source.h"
#include "services/lambda/configuration.h"
#include "services/lambda/errors.h"
#include "services/lambda/operations.h"
#include "services/lambda/resolve.h"
#include "services/lambda/versions.h"

namespace penstock::lambda {
namespace {

ConfigurationChange change_of(api::UpdateFunctionConfigurationRequest& input) {
  return {
      .runtime = input.runtime,
      .handler = input.handler,
      .role = input.role,
      .description = input.description,
      .timeout = input.timeout,
      .memory_size = input.memory_size,
      .environment = std::move(input.environment),
      .ephemeral_storage = input.ephemeral_storage,
      .logging_config = std::move(input.logging_config),
      .vpc_config = std::move(input.vpc_config),
      .dead_letter_config = std::move(input.dead_letter_config),
      .tracing_config = std::move(input.tracing_config),
      .snap_start = std::move(input.snap_start),
      .kms_key_arn = std::move(input.kms_key_arn),
      .layers = std::move(input.layers),
      .file_systems = input.file_system_configs && !input.file_system_configs->empty(),
      .image = input.image_config.has_value(),
      .capacity_provider = input.capacity_provider_config.has_value(),
      .durable = input.durable_config.has_value(),
  };
}

protocol::ApiResult<void> check_revision(const Function& current,
                                         const std::optional<std::string>& wanted) {
  if (wanted && *wanted != current.latest.revision) {
    return std::unexpected(wrong_revision("GetFunction/GetAlias"));
  }
  return {};
}

void renew(FunctionVersion& latest, const std::string& revision, Timestamp now) {
  latest.revision = revision;
  latest.serial = revision;
  latest.modified = now;
}

}  // namespace

Reply<api::FunctionConfiguration> update_function_code(Service& service, const Context& context,
                                                       api::UpdateFunctionCodeRequest input) {
  if (input.publish_to) co_return std::unexpected(not_supported("PublishTo"));
  CO_TRY(const Target target, resolve_name(context, input.function_name));
  CO_TRY(const std::shared_ptr<const Function> before, find_function(service, target));
  CO_TRY_VOID(check_revision(*before, input.revision_id));
  std::string architecture = before->latest.architecture;
  if (input.architectures && !input.architectures->empty())
    architecture = input.architectures->front();
  CO_TRY_VOID(check_architecture(architecture, before->latest.runtime));
  CodeSource source{std::move(input.zip_file), input.s3_bucket, input.s3_key,
                    input.s3_object_version,   input.image_uri, input.source_kms_key_arn};
  CO_TRY(const Code code, co_await take_code(service, context, std::move(source)));
  if (input.dry_run.value_or(false)) {
    Function trial = *before;
    trial.latest.code = code;
    trial.latest.architecture = architecture;
    co_return describe(trial, trial.latest, false);
  }
  const std::string revision = service.deps.random.uuid();
  const std::string version_revision = service.deps.random.uuid();
  const Timestamp now = service.deps.clock.now();
  std::uint64_t published = 0;
  Decide decide = [&](const Function& current) -> protocol::ApiResult<Change> {
    TRY_VOID(check_revision(current, input.revision_id));
    Change change{.function = current};
    renew(change.function.latest, revision, now);
    change.function.latest.code = code;
    change.function.latest.architecture = architecture;
    if (!input.publish.value_or(false)) return change;
    Published version = publish(std::move(change.function), std::nullopt, version_revision, now);
    published = version.number;
    return std::move(version.change);
  };
  CO_TRY(const std::shared_ptr<const Function> after,
         co_await change_function(service, target, std::move(decide)));
  if (published != 0)
    co_return describe(*after, after->versions.at(published), true, Moment::kUpdating);
  co_return describe(*after, after->latest, false, Moment::kUpdating);
}

Reply<api::FunctionConfiguration> update_function_configuration(
    Service& service, const Context& context, api::UpdateFunctionConfigurationRequest input) {
  CO_TRY(const Target target, resolve_name(context, input.function_name));
  CO_TRY(const std::shared_ptr<const Function> before, find_function(service, target));
  const std::optional<std::string> wanted_revision = input.revision_id;
  CO_TRY_VOID(check_revision(*before, wanted_revision));
  if (input.role)
    CO_TRY_VOID(co_await check_role(service, *input.role, function_arn(target.place, target.name)));
  const ConfigurationChange wanted = change_of(input);
  const std::string revision = service.deps.random.uuid();
  const Timestamp now = service.deps.clock.now();
  Decide decide = [&](const Function& current) -> protocol::ApiResult<Change> {
    TRY_VOID(check_revision(current, wanted_revision));
    Change change{.function = current};
    TRY(change.function.latest, configure(current.latest, wanted));
    TRY_VOID(
        check_architecture(change.function.latest.architecture, change.function.latest.runtime));
    renew(change.function.latest, revision, now);
    return change;
  };
  CO_TRY(const std::shared_ptr<const Function> after,
         co_await change_function(service, target, std::move(decide)));
  co_return describe(*after, after->latest, false, Moment::kUpdating);
}

}  // namespace penstock::lambda
