// The batch info of dead-letter messages, in the order of the members that AWS's messages have.
#include "stream/batch_info.h"

#include "protocol/json_writer.h"

namespace penstock::stream {

std::string format_instant(Timestamp t) {
  return t.millis() % 1000 == 0 ? format_iso8601(t) : format_iso8601_millis(t);
}

void write_batch_info(protocol::JsonWriter& json, const BatchInfo& info) {
  const bool kinesis = info.stream == BatchInfo::Stream::kKinesis;
  json.key(kinesis ? "KinesisBatchInfo" : "DDBStreamBatchInfo").begin_object();
  json.key("shardId").string(info.shard);
  json.key("startSequenceNumber").string(info.first_sequence);
  json.key("endSequenceNumber").string(info.last_sequence);
  json.key("approximateArrivalOfFirstRecord").string(format_instant(info.first_arrival));
  json.key("approximateArrivalOfLastRecord").string(format_instant(info.last_arrival));
  json.key("batchSize").integer(static_cast<std::int64_t>(info.size));
  json.key("streamArn").string(info.stream_arn);
  json.end_object();
}

}  // namespace penstock::stream
