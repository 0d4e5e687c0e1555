// The dead-letter message, member for member as AWS's pipes write it.
#include "services/pipes/dead_letter.h"

#include "protocol/json_writer.h"

namespace penstock::pipes {

std::string dead_letter(std::string_view pipe_arn, stream::Reason reason, Timestamp now,
                        const stream::BatchInfo& info) {
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object().key("context").begin_object();
  json.key("partnerResourceArn").string(pipe_arn);
  json.key("condition").string(stream::to_string(reason)).end_object();
  json.key("version").string("1.0");
  json.key("timestamp").string(stream::format_instant(now));
  stream::write_batch_info(json, info);
  json.end_object();
  return out;
}

stream::BatchInfo batch_info_of(std::span<stream::Item* const> items, std::string_view stream_arn,
                                std::string_view shard, bool kinesis) {
  const stream::Record& first = items.front()->record;
  const stream::Record& last = items.back()->record;
  stream::BatchInfo info;
  info.stream =
      kinesis ? stream::BatchInfo::Stream::kKinesis : stream::BatchInfo::Stream::kDynamoDb;
  info.stream_arn = stream_arn;
  info.shard = shard;
  info.first_sequence = first.sequence;
  info.last_sequence = last.sequence;
  info.first_arrival = first.created;
  info.last_arrival = last.created;
  info.size = items.size();
  return info;
}

}  // namespace penstock::pipes
