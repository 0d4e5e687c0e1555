// Names and order of the members are recorded on AWS. Pipes and event source mappings have the same
// poller there: only the nesting of Kinesis records differs.
#include "stream/event_document.h"

#include <optional>

#include "protocol/attribute_value_json.h"
#include "protocol/json_writer.h"

namespace penstock::stream {
namespace {

using protocol::JsonWriter;

void write_text(JsonWriter& json, std::string_view name, const std::optional<std::string>& text) {
  if (text) json.key(name).string(*text);
}

void write_image(JsonWriter& json, std::string_view name,
                 const std::optional<AttributeMap>& image) {
  if (!image) return;
  std::string text;
  append_attribute_map(text, *image);
  json.key(name).raw(text);
}

void write_change(JsonWriter& json, const dynamodbstreams::api::StreamRecord& record) {
  json.key("dynamodb").begin_object();
  if (record.approximate_creation_date_time) {
    json.key("ApproximateCreationDateTime")
        .integer(record.approximate_creation_date_time->seconds());
  }
  write_image(json, "Keys", record.keys);
  write_image(json, "NewImage", record.new_image);
  write_image(json, "OldImage", record.old_image);
  write_text(json, "SequenceNumber", record.sequence_number);
  if (record.size_bytes) json.key("SizeBytes").integer(*record.size_bytes);
  write_text(json, "StreamViewType", record.stream_view_type);
  json.end_object();
}

void write_kinesis_record(JsonWriter& json, const kinesis::api::Record& record,
                          std::string_view data) {
  json.key("kinesisSchemaVersion").string("1.0");
  json.key("partitionKey").string(record.partition_key);
  json.key("sequenceNumber").string(record.sequence_number);
  json.key("data");
  if (data.empty()) {
    json.base64(record.data.bytes);
  } else {
    json.raw(data);
  }
  json.key("approximateArrivalTimestamp")
      .epoch_seconds(record.approximate_arrival_timestamp.value_or(Timestamp{}).micros);
}

void write_message_attribute(JsonWriter& json, const sqs::api::MessageAttributeValue& value) {
  json.begin_object();
  write_text(json, "stringValue", value.string_value);
  if (value.binary_value) json.key("binaryValue").base64(value.binary_value->bytes);
  json.key("stringListValues").begin_array().end_array();
  json.key("binaryListValues").begin_array().end_array();
  json.key("dataType").string(value.data_type).end_object();
}

}  // namespace

std::string dynamodb_document(std::string_view stream_arn,
                              const dynamodbstreams::api::Record& record) {
  std::string out;
  out.reserve(512);
  JsonWriter json(out);
  json.begin_object();
  write_text(json, "eventID", record.event_id);
  write_text(json, "eventName", record.event_name);
  write_text(json, "eventVersion", record.event_version);
  write_text(json, "eventSource", record.event_source);
  write_text(json, "awsRegion", record.aws_region);
  if (record.dynamodb) write_change(json, *record.dynamodb);
  if (record.user_identity) {
    json.key("userIdentity").begin_object();
    write_text(json, "type", record.user_identity->type);
    write_text(json, "principalId", record.user_identity->principal_id);
    json.end_object();
  }
  json.key("eventSourceARN").string(stream_arn).end_object();
  return out;
}

std::string kinesis_document(const EventOrigin& origin, const kinesis::api::Record& record,
                             std::string_view event_id, KinesisForm form, std::string_view data) {
  std::string out;
  out.reserve(512 + record.data.bytes.size() * 4 / 3);
  JsonWriter json(out);
  json.begin_object();
  if (form == KinesisForm::kNested) json.key("kinesis").begin_object();
  write_kinesis_record(json, record, data);
  if (form == KinesisForm::kNested) json.end_object();
  json.key("eventSource").string("aws:kinesis");
  json.key("eventVersion").string("1.0");
  json.key("eventID").string(event_id);
  json.key("eventName").string("aws:kinesis:record");
  json.key("invokeIdentityArn").string(origin.role_arn);
  json.key("awsRegion").string(origin.region);
  json.key("eventSourceARN").string(origin.arn).end_object();
  return out;
}

std::string message_document(const EventOrigin& origin, const sqs::api::Message& message,
                             std::string_view body) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_text(json, "messageId", message.message_id);
  write_text(json, "receiptHandle", message.receipt_handle);
  json.key("body");
  if (body.empty()) {
    json.string(message.body.value_or(""));
  } else {
    json.raw(body);
  }
  json.key("attributes").begin_object();
  if (message.attributes) {
    for (const auto& [name, value] : *message.attributes) json.key(name).string(value);
  }
  json.end_object().key("messageAttributes").begin_object();
  if (message.message_attributes) {
    for (const auto& [name, value] : *message.message_attributes) {
      write_message_attribute(json.key(name), value);
    }
  }
  json.end_object();
  write_text(json, "md5OfMessageAttributes", message.md5_of_message_attributes);
  write_text(json, "md5OfBody", message.md5_of_body);
  json.key("eventSource").string("aws:sqs");
  json.key("eventSourceARN").string(origin.arn);
  json.key("awsRegion").string(origin.region).end_object();
  return out;
}

}  // namespace penstock::stream
