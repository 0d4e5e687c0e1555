// Records as the events that filters, templates and targets see: members in AWS's order, compact,
// strings and numbers as in DynamoDB's own JSON.
#include "services/pipes/event.h"

#include <simdjson.h>

#include "protocol/attribute_value_json.h"
#include "protocol/json_writer.h"

namespace penstock::pipes {
namespace {

using protocol::JsonWriter;

void write_image(JsonWriter& json, std::string_view name,
                 const std::optional<AttributeMap>& image) {
  if (!image) return;
  json.key(name);
  std::string text;
  append_attribute_map(text, *image);
  json.raw(text);
}

void write_optional(JsonWriter& json, std::string_view name,
                    const std::optional<std::string>& text) {
  if (text) json.key(name).string(*text);
}

void write_stream_record(JsonWriter& json, const dynamodbstreams::api::StreamRecord& record) {
  json.begin_object();
  if (record.approximate_creation_date_time) {
    json.key("ApproximateCreationDateTime")
        .integer(record.approximate_creation_date_time->seconds());
  }
  write_image(json, "Keys", record.keys);
  write_image(json, "NewImage", record.new_image);
  write_image(json, "OldImage", record.old_image);
  write_optional(json, "SequenceNumber", record.sequence_number);
  if (record.size_bytes) json.key("SizeBytes").integer(*record.size_bytes);
  write_optional(json, "StreamViewType", record.stream_view_type);
  json.end_object();
}

}  // namespace

SourceRecord to_event(const dynamodbstreams::api::Record& record, std::string_view stream_arn) {
  SourceRecord event;
  event.event_id = record.event_id.value_or("");
  event.json.reserve(512);
  JsonWriter json(event.json);
  json.begin_object();
  write_optional(json, "eventID", record.event_id);
  write_optional(json, "eventName", record.event_name);
  write_optional(json, "eventVersion", record.event_version);
  write_optional(json, "eventSource", record.event_source);
  write_optional(json, "awsRegion", record.aws_region);
  if (record.dynamodb) {
    json.key("dynamodb");
    write_stream_record(json, *record.dynamodb);
  }
  if (record.user_identity) {
    json.key("userIdentity").begin_object();
    write_optional(json, "type", record.user_identity->type);
    write_optional(json, "principalId", record.user_identity->principal_id);
    json.end_object();
  }
  json.key("eventSourceARN").string(stream_arn).end_object();
  return event;
}

namespace {

// data_json: what stands for `data` as JSON text; empty for the base64 of the record's data.
std::string kinesis_event(const kinesis::api::Record& record, const SourceRecord& event,
                          std::string_view stream_arn, std::string_view region,
                          std::string_view role_arn, std::string_view data_json) {
  std::string out;
  out.reserve(512 + record.data.bytes.size() * 4 / 3);
  JsonWriter json(out);
  json.begin_object();
  json.key("kinesisSchemaVersion").string("1.0");
  json.key("partitionKey").string(record.partition_key);
  json.key("sequenceNumber").string(record.sequence_number);
  json.key("data");
  if (data_json.empty()) {
    json.base64(record.data.bytes);
  } else {
    json.raw(data_json);
  }
  json.key("approximateArrivalTimestamp")
      .epoch_seconds(record.approximate_arrival_timestamp.value_or(Timestamp{}).micros);
  json.key("eventSource").string("aws:kinesis");
  json.key("eventVersion").string("1.0");
  json.key("eventID").string(event.event_id);
  json.key("eventName").string("aws:kinesis:record");
  json.key("invokeIdentityArn").string(role_arn);
  json.key("awsRegion").string(region);
  json.key("eventSourceARN").string(stream_arn);
  json.end_object();
  return out;
}

}  // namespace

SourceRecord to_event(const kinesis::api::Record& record, std::string_view stream_arn,
                      std::string_view region, std::string_view shard, std::string_view role_arn) {
  SourceRecord event;
  event.event_id = std::string(shard) + ":" + record.sequence_number;
  event.json = kinesis_event(record, event, stream_arn, region, role_arn, {});
  thread_local simdjson::dom::parser parser;  // Its buffers are kept from record to record.
  simdjson::dom::element document;
  const bool is_json =
      !record.data.bytes.empty() &&
      parser.parse(simdjson::padded_string(record.data.bytes)).get(document) == simdjson::SUCCESS;
  if (is_json) {
    event.view = kinesis_event(record, event, stream_arn, region, role_arn, record.data.bytes);
  }
  return event;
}

}  // namespace penstock::pipes
