// The documents that a pipe hands on: a record of the source as filter, template and target see it.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "gen/sqs/shapes.h"
#include "stream/source.h"

namespace penstock::pipes {

struct SourceRecord {
  std::string event_id;
  std::string json;  // The event.
  std::string view;  // For filters and paths where data or body is JSON: as that. Else empty.
  bool payload_is_json = true;  // What the source carries in an encoded field is JSON.
};

bool is_json(const std::string& text);

SourceRecord to_event(const dynamodbstreams::api::Record& record, std::string_view stream_arn);
SourceRecord to_event(const kinesis::api::Record& record, std::string_view stream_arn,
                      std::string_view region, std::string_view shard, std::string_view role_arn);
SourceRecord to_event(const sqs::api::Message& message, std::string_view queue_arn,
                      std::string_view region);

}  // namespace penstock::pipes
