// The documents that a pipe hands on: a record of the source as filter, template and target see it.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "stream/source.h"

namespace penstock::pipes {

struct SourceRecord {
  std::string event_id;
  std::string json;  // The event.
  std::string view;  // For filters and paths where it differs: Kinesis data, decoded. Else empty.
};

SourceRecord to_event(const dynamodbstreams::api::Record& record, std::string_view stream_arn);
SourceRecord to_event(const kinesis::api::Record& record, std::string_view stream_arn,
                      std::string_view region, std::string_view shard, std::string_view role_arn);

}  // namespace penstock::pipes
