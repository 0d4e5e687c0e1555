// UpdateDestination: the version that the client saw must be the present one; success makes a new.
#include <fmt/format.h>

#include "services/firehose/describe.h"
#include "services/firehose/errors.h"
#include "services/firehose/firehose.h"
#include "services/firehose/operations.h"
#include "services/firehose/resolve.h"

namespace penstock::firehose {
namespace {

using protocol::ApiResult;

ApiResult<api::ExtendedS3DestinationUpdate> update_of(api::UpdateDestinationInput& input) {
  const std::pair<bool, std::string_view> others[] = {
      {input.redshift_destination_update.has_value(), "RedshiftDestinationUpdate"},
      {input.elasticsearch_destination_update.has_value(), "ElasticsearchDestinationUpdate"},
      {input.amazonopensearchservice_destination_update.has_value(),
       "AmazonopensearchserviceDestinationUpdate"},
      {input.splunk_destination_update.has_value(), "SplunkDestinationUpdate"},
      {input.http_endpoint_destination_update.has_value(), "HttpEndpointDestinationUpdate"},
      {input.amazon_open_search_serverless_destination_update.has_value(),
       "AmazonOpenSearchServerlessDestinationUpdate"},
      {input.snowflake_destination_update.has_value(), "SnowflakeDestinationUpdate"},
      {input.iceberg_destination_update.has_value(), "IcebergDestinationUpdate"},
  };
  std::size_t given =
      input.s3_destination_update.has_value() + input.extended_s3_destination_update.has_value();
  for (const auto& [present, name] : others) given += present;
  if (given != 1) {
    return std::unexpected(
        invalid_argument("Exactly one destination configuration is supported for a Firehose"));
  }
  for (const auto& [present, name] : others) {
    if (present) return std::unexpected(unsupported(name));
  }
  if (input.s3_destination_update) return extended(std::move(*input.s3_destination_update));
  return std::move(*input.extended_s3_destination_update);
}

ApiResult<void> check_version(const StreamConfig& config,
                              const api::UpdateDestinationInput& input) {
  const std::string current = std::to_string(config.version);
  if (input.current_delivery_stream_version_id != current) {
    return protocol::refuse(
        "ConcurrentModificationException",
        fmt::format("Cannot update firehose: {} since the current version id: {} and specified "
                    "version id: {} do not match",
                    config.name, current, input.current_delivery_stream_version_id));
  }
  if (input.destination_id != kDestinationId) {
    return std::unexpected(
        invalid_argument(fmt::format("Destination Id {} not found", input.destination_id)));
  }
  return {};
}

}  // namespace

Reply<api::UpdateDestinationOutput> update_destination(Service& service, const Context& context,
                                                       api::UpdateDestinationInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.delivery_stream_name));
  CO_TRY(api::ExtendedS3DestinationUpdate update, update_of(input));
  if (update.role_arn) CO_TRY_VOID(co_await check_role(service, *update.role_arn));

  auto turn = co_await service.turns.enter(turn_key(stream->place(), stream->name()));
  if (stream->status() != StreamStatus::kActive) {
    co_return std::unexpected(stream_not_active(context.account, stream->name()));
  }
  StreamConfig config = *stream->config();
  CO_TRY_VOID(check_version(config, input));
  const Timestamp now = service.deps.clock.now();
  CO_TRY(config.destination,
         updated(std::move(config.destination), std::move(update), now, service.deps.random));
  ++config.version;
  config.changed = now;
  CO_TRY(Settings settings,
         settings_of(config.destination, config.version, now, service.deps.random));
  storage::Batch batch;
  put_stream(batch, config);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  // Later changes build on this one; they become durable after it.
  stream->change(std::move(config), std::move(settings));
  turn.leave();
  CO_TRY_VOID(co_await commit.durable());
  co_return api::UpdateDestinationOutput{};
}

}  // namespace penstock::firehose
