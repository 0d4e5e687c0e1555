// Members in the order in which AWS has them (recorded). Filters: docs, "Control which events
// Lambda sends to your function".
#include "services/lambda/mapping_event.h"

#include <simdjson.h>

#include <optional>

#include "protocol/attribute_value_json.h"
#include "protocol/json_writer.h"

namespace penstock::lambda {
namespace {

using protocol::JsonWriter;

void write_text(JsonWriter& json, std::string_view name, const std::optional<std::string>& text) {
  if (text) json.key(name).string(*text);
}

template <typename Image>
void write_image(JsonWriter& json, std::string_view name, const std::optional<Image>& image) {
  if (!image) return;
  std::string text;
  append_attribute_map(text, *image);
  json.key(name).raw(text);
}

// `data`: JSON text that stands for the record's data; empty: its base64.
void write_kinesis_members(JsonWriter& json, const kinesis::api::Record& record,
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

void write_kinesis_source(JsonWriter& json, const EventSource& source, std::string_view event_id) {
  json.key("eventSource").string("aws:kinesis");
  json.key("eventVersion").string("1.0");
  json.key("eventID").string(event_id);
  json.key("eventName").string("aws:kinesis:record");
  json.key("invokeIdentityArn").string(source.role_arn);
  json.key("awsRegion").string(source.region);
  json.key("eventSourceARN").string(source.arn);
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
  write_text(json, "SequenceNumber", record.sequence_number);
  if (record.size_bytes) json.key("SizeBytes").integer(*record.size_bytes);
  write_text(json, "StreamViewType", record.stream_view_type);
  json.end_object();
}

void write_message_attribute(JsonWriter& json, const sqs::api::MessageAttributeValue& value) {
  json.begin_object();
  write_text(json, "stringValue", value.string_value);
  if (value.binary_value) json.key("binaryValue").base64(value.binary_value->bytes);
  json.key("stringListValues").begin_array().end_array();
  json.key("binaryListValues").begin_array().end_array();
  json.key("dataType").string(value.data_type).end_object();
}

// `body`: JSON text that stands for the body; empty: the body as a string.
std::string queue_document(const EventSource& source, const sqs::api::Message& message,
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
      json.key(name);
      write_message_attribute(json, value);
    }
  }
  json.end_object();
  write_text(json, "md5OfMessageAttributes", message.md5_of_message_attributes);
  write_text(json, "md5OfBody", message.md5_of_body);
  json.key("eventSource").string("aws:sqs");
  json.key("eventSourceARN").string(source.arn);
  json.key("awsRegion").string(source.region).end_object();
  return out;
}

// JSON in the sense of filters: an object or an array.
bool is_document(const std::string& text) {
  thread_local simdjson::dom::parser parser;  // Its buffers are kept from record to record.
  simdjson::dom::element root;
  return !text.empty() &&
         parser.parse(simdjson::padded_string(text)).get(root) == simdjson::SUCCESS &&
         (root.is_object() || root.is_array());
}

}  // namespace

std::string kinesis_event(const EventSource& source, const kinesis::api::Record& record,
                          std::string_view event_id) {
  std::string out;
  out.reserve(512 + record.data.bytes.size() * 4 / 3);
  JsonWriter json(out);
  json.begin_object().key("kinesis").begin_object();
  write_kinesis_members(json, record, {});
  json.end_object();
  write_kinesis_source(json, source, event_id);
  json.end_object();
  return out;
}

std::string dynamodb_event(const EventSource& source, const dynamodbstreams::api::Record& record) {
  std::string out;
  out.reserve(512);
  JsonWriter json(out);
  json.begin_object();
  write_text(json, "eventID", record.event_id);
  write_text(json, "eventName", record.event_name);
  write_text(json, "eventVersion", record.event_version);
  write_text(json, "eventSource", record.event_source);
  write_text(json, "awsRegion", record.aws_region);
  if (record.dynamodb) {
    json.key("dynamodb");
    write_stream_record(json, *record.dynamodb);
  }
  if (record.user_identity) {
    json.key("userIdentity").begin_object();
    write_text(json, "type", record.user_identity->type);
    write_text(json, "principalId", record.user_identity->principal_id);
    json.end_object();
  }
  json.key("eventSourceARN").string(source.arn).end_object();
  return out;
}

std::string queue_event(const EventSource& source, const sqs::api::Message& message) {
  return queue_document(source, message, {});
}

std::string records_payload(const std::vector<std::string_view>& events) {
  std::size_t bytes = 16;
  for (const std::string_view event : events) bytes += event.size() + 1;
  std::string out;
  out.reserve(bytes);
  JsonWriter json(out);
  json.begin_object().key("Records").begin_array();
  for (const std::string_view event : events) json.raw(event);
  json.end_array().end_object();
  return out;
}

Result<MappingFilters> MappingFilters::make(const Mapping& mapping) {
  MappingFilters made;
  const char* const member = mapping.source == Mapping::Source::kKinesis ? "data"
                             : mapping.source == Mapping::Source::kSqs   ? "body"
                                                                         : "";
  simdjson::dom::parser parser;
  for (const std::string& text : mapping.filters) {
    TRY(stream::EventPattern pattern, stream::EventPattern::parse(text));
    Filter filter{std::move(pattern)};
    simdjson::dom::element root, wanted;
    if (parser.parse(text).get(root) == simdjson::SUCCESS &&
        root[member].get(wanted) == simdjson::SUCCESS) {
      filter.wants = wanted.is_object() ? Wants::kJson : Wants::kText;
    }
    made.filters_.push_back(std::move(filter));
  }
  return made;
}

bool MappingFilters::match(const std::string& document, Wants body) const {
  thread_local simdjson::dom::parser parser;
  simdjson::dom::element event;
  if (parser.parse(simdjson::padded_string(document)).get(event) != simdjson::SUCCESS) return false;
  for (const Filter& filter : filters_) {
    // JSON against a pattern for text, or the other way round: dropped (documented).
    const bool comparable = filter.wants == Wants::kNothing || filter.wants == body;
    if (comparable && filter.pattern.matches(event)) return true;
  }
  return false;
}

bool MappingFilters::pass(const EventSource& source, const kinesis::api::Record& record,
                          std::string_view event_id) const {
  if (filters_.empty()) return true;
  const bool is_json = is_document(record.data.bytes);
  std::string document;
  JsonWriter json(document);
  json.begin_object();
  write_kinesis_members(json, record, is_json ? std::string_view(record.data.bytes) : "");
  write_kinesis_source(json, source, event_id);
  json.end_object();
  return match(document, is_json ? Wants::kJson : Wants::kText);
}

bool MappingFilters::pass_stream(std::string_view event) const {
  return filters_.empty() || match(std::string(event), Wants::kNothing);
}

bool MappingFilters::pass(const EventSource& source, const sqs::api::Message& message) const {
  if (filters_.empty()) return true;
  const std::string body = message.body.value_or("");
  const bool is_json = is_document(body);
  return match(queue_document(source, message, is_json ? std::string_view(body) : ""),
               is_json ? Wants::kJson : Wants::kText);
}

}  // namespace penstock::lambda
