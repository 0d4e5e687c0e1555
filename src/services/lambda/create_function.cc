// CreateFunction: check everything, keep the package durably, then commit the function that refers
// to it.
#include <fmt/format.h>

#include "services/lambda/code_source.h"
#include "services/lambda/configuration.h"
#include "services/lambda/errors.h"
#include "services/lambda/operations.h"
#include "services/lambda/resolve.h"
#include "services/lambda/store.h"
#include "services/lambda/versions.h"

namespace penstock::lambda {
namespace {

ConfigurationChange change_of(api::CreateFunctionRequest& input) {
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

protocol::ApiResult<void> check_kind(const api::CreateFunctionRequest& input) {
  if (input.package_type.value_or("Zip") != "Zip")
    return std::unexpected(not_supported("PackageType Image"));
  if (input.code_signing_config_arn) return std::unexpected(not_supported("CodeSigningConfigArn"));
  if (input.tenancy_config) return std::unexpected(not_supported("TenancyConfig"));
  if (input.publish_to) return std::unexpected(not_supported("PublishTo"));
  return {};
}

}  // namespace

Reply<api::FunctionConfiguration> create_function(Service& service, const Context& context,
                                                  api::CreateFunctionRequest input) {
  CO_TRY_VOID(check_kind(input));
  CO_TRY(const Target target, resolve_name(context, input.function_name));
  if (!target.qualifier.empty() || target.place.account != context.account) {
    co_return std::unexpected(
        invalid_parameter("The function name of CreateFunction takes no qualifier."));
  }
  const std::string arn = function_arn(target.place, target.name);
  if (service.functions.find(target.place, target.name) != nullptr) {
    co_return std::unexpected(conflict("Function already exist: " + target.name));
  }
  CodeSource source{input.code.zip_file,  input.code.s3_bucket,
                    input.code.s3_key,    input.code.s3_object_version,
                    input.code.image_uri, input.code.source_kms_key_arn};
  input.code = {};
  Function function{.place = target.place, .name = target.name};
  CO_TRY(function.latest, configure({}, change_of(input)));
  if (input.architectures && !input.architectures->empty()) {
    function.latest.architecture = input.architectures->front();
  }
  CO_TRY_VOID(check_architecture(function.latest.architecture, function.latest.runtime));
  CO_TRY_VOID(co_await check_role(service, function.latest.role, arn));
  CO_TRY(function.latest.code, co_await take_code(service, context, std::move(source)));
  function.tags = input.tags.value_or(std::map<std::string, std::string>{});
  function.latest.modified = service.deps.clock.now();
  function.latest.revision = service.deps.random.uuid();
  function.latest.serial = function.latest.revision;

  std::uint64_t published = 0;
  if (input.publish.value_or(false)) {
    Published first = publish(std::move(function), std::nullopt, service.deps.random.uuid(),
                              service.deps.clock.now());
    function = std::move(first.change.function);
    published = first.number;
  }
  auto turn = co_await service.turns.enter(hash_bytes(arn));
  if (service.functions.find(target.place, target.name) != nullptr) {
    co_return std::unexpected(conflict("Function already exist: " + target.name));
  }
  storage::Batch batch;
  put_function(batch, function);
  if (published != 0) put_version(batch, function, published);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  const auto created = std::make_shared<const Function>(std::move(function));
  service.functions.put(created);
  turn.leave();
  refresh_mappings(service, target.place, target.name);
  CO_TRY_VOID(co_await commit.durable());
  if (published != 0)
    co_return describe(*created, created->versions.at(published), true, Moment::kCreating);
  co_return describe(*created, created->latest, false, Moment::kCreating);
}

}  // namespace penstock::lambda
