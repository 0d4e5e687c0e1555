// The event itself, and the view of it that filters and paths have when what is encoded is JSON.
#include "services/pipes/event.h"

#include <simdjson.h>

#include "stream/event_document.h"

namespace penstock::pipes {

bool is_json(const std::string& text) {
  thread_local simdjson::dom::parser parser;  // Its buffers are kept from record to record.
  return !text.empty() && parser.parse(simdjson::padded_string(text)).error() == simdjson::SUCCESS;
}

SourceRecord to_event(const dynamodbstreams::api::Record& record, std::string_view stream_arn) {
  SourceRecord event;
  event.event_id = record.event_id.value_or("");
  event.json = stream::dynamodb_document(stream_arn, record);
  return event;
}

SourceRecord to_event(const kinesis::api::Record& record, std::string_view stream_arn,
                      std::string_view region, std::string_view shard, std::string_view role_arn) {
  const stream::EventOrigin origin{stream_arn, region, role_arn};
  SourceRecord event;
  event.event_id = std::string(shard) + ":" + record.sequence_number;
  const auto document = [&](std::string_view data) {
    return stream::kinesis_document(origin, record, event.event_id, stream::KinesisForm::kFlat,
                                    data);
  };
  event.json = document({});
  event.payload_is_json = is_json(record.data.bytes);
  if (event.payload_is_json) event.view = document(record.data.bytes);
  return event;
}

SourceRecord to_event(const sqs::api::Message& message, std::string_view queue_arn,
                      std::string_view region) {
  const stream::EventOrigin origin{queue_arn, region, {}};
  SourceRecord event;
  event.event_id = message.message_id.value_or("");
  event.json = stream::message_document(origin, message, {});
  const std::string body = message.body.value_or("");
  event.payload_is_json = is_json(body);
  if (event.payload_is_json) event.view = stream::message_document(origin, message, body);
  return event;
}

}  // namespace penstock::pipes
