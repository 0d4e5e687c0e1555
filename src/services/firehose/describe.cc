// DescribeDeliveryStream and ListDeliveryStreams.
#include "services/firehose/describe.h"

#include "services/firehose/firehose.h"
#include "services/firehose/operations.h"
#include "services/firehose/resolve.h"

namespace penstock::firehose {

Reply<api::DescribeDeliveryStreamOutput> describe_delivery_stream(
    Service& service, const Context& context, api::DescribeDeliveryStreamInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_stream(service, context, input.delivery_stream_name));
  const std::shared_ptr<const StreamConfig> config = stream->config();
  api::DescribeDeliveryStreamOutput output;
  api::DeliveryStreamDescription& description = output.delivery_stream_description;
  description.delivery_stream_name = config->name;
  description.delivery_stream_arn = stream->arn();
  description.delivery_stream_status = to_string(stream->status());
  description.delivery_stream_encryption_configuration.emplace().status = "DISABLED";
  description.delivery_stream_type = to_string(config->source);
  description.version_id = std::to_string(config->version);
  description.create_timestamp = config->created;
  description.last_update_timestamp = config->changed;
  if (config->source == SourceKind::kKinesisStream) {
    auto& source = description.source.emplace().kinesis_stream_source_description.emplace();
    source.kinesis_stream_arn = config->kinesis_arn;
    source.role_arn = config->kinesis_role;
    source.delivery_start_timestamp = config->created;
  } else if (config->throughput_hint) {
    description.source.emplace().direct_put_source_description.emplace().throughput_hint_in_m_bs =
        config->throughput_hint;
  }
  if (!input.exclusive_start_destination_id ||
      *input.exclusive_start_destination_id < kDestinationId) {
    api::DestinationDescription& destination = description.destinations.emplace_back();
    destination.destination_id = kDestinationId;
    destination.s3_destination_description = legacy_view(config->destination);
    destination.extended_s3_destination_description = config->destination;
  }
  co_return output;
}

Reply<api::ListDeliveryStreamsOutput> list_delivery_streams(Service& service,
                                                            const Context& context,
                                                            api::ListDeliveryStreamsInput input) {
  const auto limit = static_cast<std::size_t>(input.limit.value_or(10));
  api::ListDeliveryStreamsOutput output;
  for (const auto& stream : service.streams.list(context.place())) {
    if (stream->status() == StreamStatus::kCreating) continue;
    if (input.exclusive_start_delivery_stream_name &&
        stream->name() <= *input.exclusive_start_delivery_stream_name) {
      continue;
    }
    if (input.delivery_stream_type && *input.delivery_stream_type != to_string(stream->source())) {
      continue;
    }
    if (output.delivery_stream_names.size() == limit) {
      output.has_more_delivery_streams = true;
      break;
    }
    output.delivery_stream_names.push_back(stream->name());
  }
  co_return output;
}

}  // namespace penstock::firehose
