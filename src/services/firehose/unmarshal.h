// The built-in transform: a DynamoDB stream record, as a pipe or Kinesis carries it, becomes one
// line of plain JSON.
//
//   {"eventName":"INSERT","dynamodb":{"NewImage":{"id":{"S":"a"},"n":{"N":"1"}},
//    "SequenceNumber":"42",…},…}
//   → {"id":"a","n":1,"eventName":"INSERT","sequenceNumber":"42"}
//
// The image is NewImage; when there is none (REMOVE, KEYS_ONLY) OldImage, else Keys. An attribute
// named eventName or sequenceNumber gives way to the added field. Pure and thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace penstock::firehose {

// Appends the document, without a newline. When it fails, `out` is as it was.
Status append_unmarshalled(std::string& out, std::string_view record);

}  // namespace penstock::firehose
