// CreateDeliveryStream: check everything, store the stream, begin to deliver.
//
// The stream is ACTIVE as soon as it is durable; a client that asks at once may see it so, where
// AWS shows CREATING for some seconds.
#include <fmt/format.h>

#include "base/limits.h"
#include "services/firehose/errors.h"
#include "services/firehose/firehose.h"
#include "services/firehose/operations.h"
#include "services/firehose/resolve.h"
#include "services/firehose/runner.h"
#include "services/firehose/tags.h"

namespace penstock::firehose {
namespace {

using protocol::ApiResult;

ApiResult<void> refuse_other_destinations(const api::CreateDeliveryStreamInput& input) {
  const std::pair<bool, std::string_view> others[] = {
      {input.redshift_destination_configuration.has_value(), "RedshiftDestinationConfiguration"},
      {input.elasticsearch_destination_configuration.has_value(),
       "ElasticsearchDestinationConfiguration"},
      {input.amazonopensearchservice_destination_configuration.has_value(),
       "AmazonopensearchserviceDestinationConfiguration"},
      {input.splunk_destination_configuration.has_value(), "SplunkDestinationConfiguration"},
      {input.http_endpoint_destination_configuration.has_value(),
       "HttpEndpointDestinationConfiguration"},
      {input.amazon_open_search_serverless_destination_configuration.has_value(),
       "AmazonOpenSearchServerlessDestinationConfiguration"},
      {input.snowflake_destination_configuration.has_value(), "SnowflakeDestinationConfiguration"},
      {input.iceberg_destination_configuration.has_value(), "IcebergDestinationConfiguration"},
  };
  std::size_t given = input.s3_destination_configuration.has_value() +
                      input.extended_s3_destination_configuration.has_value();
  for (const auto& [present, name] : others) given += present;
  if (given != 1) {
    return std::unexpected(
        invalid_argument("Exactly one destination configuration is supported for a Firehose"));
  }
  for (const auto& [present, name] : others) {
    if (present) return std::unexpected(unsupported(name));
  }
  return {};
}

ApiResult<void> check_source(const api::CreateDeliveryStreamInput& input) {
  const std::string type = input.delivery_stream_type.value_or("DirectPut");
  if (type != "DirectPut" && type != "KinesisStreamAsSource") {
    return std::unexpected(unsupported("The delivery stream type " + type));
  }
  if (input.msk_source_configuration) {
    return std::unexpected(unsupported("MSKSourceConfiguration"));
  }
  if (input.database_source_configuration) {
    return std::unexpected(unsupported("DatabaseSourceConfiguration"));
  }
  if (input.delivery_stream_encryption_configuration_input) {
    return std::unexpected(unsupported("DeliveryStreamEncryptionConfigurationInput"));
  }
  if (type == "DirectPut" && input.kinesis_stream_source_configuration) {
    return std::unexpected(invalid_argument(
        "KinesisSourceStreamConfig is only applicable for KinesisStreamAsSource stream type"));
  }
  if (type == "KinesisStreamAsSource" && !input.kinesis_stream_source_configuration) {
    return std::unexpected(invalid_argument(
        "KinesisSourceStreamConfig is required for KinesisStreamAsSource stream type"));
  }
  if (type == "KinesisStreamAsSource" && input.direct_put_source_configuration) {
    return std::unexpected(
        invalid_argument("DirectPutSourceConfig is only applicable for DirectPut stream type"));
  }
  return {};
}

ApiResult<StreamConfig> new_stream(Service& service, const Context& context,
                                   api::CreateDeliveryStreamInput input) {
  TRY_VOID(refuse_other_destinations(input));
  TRY_VOID(check_source(input));
  StreamConfig config;
  config.place = context.place();
  config.name = input.delivery_stream_name;
  if (input.kinesis_stream_source_configuration) {
    config.source = SourceKind::kKinesisStream;
    config.kinesis_arn = input.kinesis_stream_source_configuration->kinesis_stream_arn;
    config.kinesis_role = input.kinesis_stream_source_configuration->role_arn;
  }
  if (input.direct_put_source_configuration) {
    config.throughput_hint = input.direct_put_source_configuration->throughput_hint_in_m_bs;
  }
  if (input.tags) TRY_VOID(add_tags(config.tags, *input.tags));
  config.id = service.deps.random.next();
  config.created = service.deps.clock.now();
  auto destination = input.s3_destination_configuration
                         ? extended(std::move(*input.s3_destination_configuration))
                         : std::move(*input.extended_s3_destination_configuration);
  TRY(config.destination,
      make_destination(std::move(destination), config.created, service.deps.random));
  return config;
}

ApiResult<void> check_quota(Service& service, const Place& place) {
  const auto streams = service.streams.list(place);
  if (streams.size() < limits::kFirehoseStreamsMax) return {};
  std::string names;
  for (const auto& stream : streams) {
    if (!names.empty()) names += ", ";
    names += stream->name();
  }
  return protocol::refuse(
      "LimitExceededException",
      fmt::format("You have already consumed your firehose quota of {} hoses. Firehose names: [{}]",
                  limits::kFirehoseStreamsMax, names));
}

}  // namespace

Reply<api::CreateDeliveryStreamOutput> create_delivery_stream(
    Service& service, const Context& context, api::CreateDeliveryStreamInput input) {
  CO_TRY(StreamConfig config, new_stream(service, context, std::move(input)));
  CO_TRY_VOID(co_await check_role(service, config.destination.role_arn));
  if (config.source == SourceKind::kKinesisStream) {
    CO_TRY_VOID(co_await check_role(service, config.kinesis_role));
  }
  auto turn = co_await service.turns.enter(turn_key(config.place, config.name));
  if (service.streams.find(config.place, config.name) != nullptr) {
    co_return std::unexpected(stream_exists(config.place.account, config.name));
  }
  CO_TRY_VOID(check_quota(service, config.place));
  CO_TRY(Settings settings,
         settings_of(config.destination, config.version, config.created, service.deps.random));
  storage::Batch batch;
  put_stream(batch, config);
  auto stream = std::make_shared<LiveStream>(std::move(config), std::move(settings));
  service.streams.insert(stream);
  const storage::Commit commit = service.deps.store.submit(std::move(batch));
  turn.leave();
  if (const Status durable = co_await commit.durable(); !durable) {
    service.streams.erase(*stream);
    co_return std::unexpected(durable.error());
  }
  stream->set_status(StreamStatus::kActive);
  start_lanes(service, stream);
  co_return api::CreateDeliveryStreamOutput{.delivery_stream_arn = stream->arn()};
}

}  // namespace penstock::firehose
