// Records and messages as AWS's pollers hand them on: the documents that filters, templates,
// targets and functions get. Members in AWS's order, compact, values as in DynamoDB's own JSON.
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gen/dynamodbstreams/shapes.h"
#include "gen/kinesis/shapes.h"
#include "gen/sqs/shapes.h"

namespace penstock::stream {

// Where a record was read, and as whom.
struct EventOrigin {
  std::string_view arn;  // Of the stream or queue.
  std::string_view region;
  std::string_view role_arn;
};

std::string dynamodb_document(std::string_view stream_arn,
                              const dynamodbstreams::api::Record& record);

// A function gets the members of the record itself under "kinesis"; filters, and whatever a pipe
// hands on, see them beside those of the source.
enum class KinesisForm : std::uint8_t { kFlat, kNested };
// `data`: JSON text that stands for the record's data; empty: its base64.
std::string kinesis_document(const EventOrigin& origin, const kinesis::api::Record& record,
                             std::string_view event_id, KinesisForm form, std::string_view data);

// `body`: JSON text that stands for the body; empty: the body as a string.
std::string message_document(const EventOrigin& origin, const sqs::api::Message& message,
                             std::string_view body);

}  // namespace penstock::stream
