// What a function gets, and filters: docs, "Control which events Lambda sends to your function".
#include "services/lambda/mapping_event.h"

#include <simdjson.h>

#include "protocol/json_writer.h"
#include "stream/event_document.h"

namespace penstock::lambda {
namespace {

using protocol::JsonWriter;

stream::EventOrigin origin_of(const EventSource& source) {
  return {source.arn, source.region, source.role_arn};
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
  return stream::kinesis_document(origin_of(source), record, event_id, stream::KinesisForm::kNested,
                                  {});
}

std::string queue_event(const EventSource& source, const sqs::api::Message& message) {
  return stream::message_document(origin_of(source), message, {});
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
  return match(
      stream::kinesis_document(origin_of(source), record, event_id, stream::KinesisForm::kFlat,
                               is_json ? std::string_view(record.data.bytes) : ""),
      is_json ? Wants::kJson : Wants::kText);
}

bool MappingFilters::pass_stream(std::string_view event) const {
  return filters_.empty() || match(std::string(event), Wants::kNothing);
}

bool MappingFilters::pass(const EventSource& source, const sqs::api::Message& message) const {
  if (filters_.empty()) return true;
  const std::string body = message.body.value_or("");
  const bool is_json = is_document(body);
  return match(
      stream::message_document(origin_of(source), message, is_json ? std::string_view(body) : ""),
      is_json ? Wants::kJson : Wants::kText);
}

}  // namespace penstock::lambda
