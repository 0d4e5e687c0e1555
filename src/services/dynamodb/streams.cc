// ListStreams, DescribeStream, GetShardIterator: streams and their shards.
#include <algorithm>

#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/iterator.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/names.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/stream_reads.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

// The number of the newest durable record, or the end of what was trimmed.
Result<std::uint64_t> newest_durable(Service& service, const LiveStream& live) {
  const std::string prefix = changes_prefix(live.stream.number);
  std::uint64_t newest = live.trimmed->load();
  TRY_VOID(service.deps.store.scan(storage::Family::kChanges, prefix, storage::prefix_end(prefix),
                                   [&newest](std::string_view key, std::string_view) {
                                     newest = sequence_of(key).value_or(newest);
                                     return storage::Next::kStop;
                                   },
                                   {.reverse = true}));
  return newest;
}

ApiResult<std::uint64_t> first_wanted(Service& service, const LiveStream& live,
                                      const StreamShard& shard,
                                      const streams_api::GetShardIteratorInput& input) {
  const std::uint64_t trimmed_through = live.trimmed->load();
  const std::string& type = input.shard_iterator_type;
  const bool by_sequence = type == "AT_SEQUENCE_NUMBER" || type == "AFTER_SEQUENCE_NUMBER";
  if (!by_sequence) {
    if (input.sequence_number) {
      return invalid("SequenceNumber must not be specified when ShardIteratorType is " + type);
    }
    if (type == "TRIM_HORIZON") return std::max(shard.first_sequence, trimmed_through + 1);
    if (shard.closed) return shard.last_sequence + 1;
    TRY(const std::uint64_t newest, newest_durable(service, live));
    return newest + 1;
  }
  if (!input.sequence_number) {
    return invalid("SequenceNumber must be specified when ShardIteratorType is " + type);
  }
  const auto sequence = parse_sequence(*input.sequence_number);
  if (!sequence) return invalid("Invalid SequenceNumber: " + *input.sequence_number);
  const std::uint64_t next = type == "AT_SEQUENCE_NUMBER" ? *sequence : *sequence + 1;
  if (next <= trimmed_through) return trimmed();
  return std::max(next, shard.first_sequence);
}

std::vector<streams_api::KeySchemaElement> stream_key_schema(const KeySchema& keys) {
  std::vector<streams_api::KeySchemaElement> out;
  out.push_back({keys.hash.name, "HASH"});
  if (keys.range) out.push_back({keys.range->name, "RANGE"});
  return out;
}

streams_api::Shard describe_shard(const StreamShard& stored) {
  streams_api::Shard shard;
  shard.shard_id = stored.id;
  auto& range = shard.sequence_number_range.emplace();
  range.starting_sequence_number = sequence_text(stored.first_sequence);
  if (stored.closed) {
    range.ending_sequence_number =
        sequence_text(std::max(stored.first_sequence, stored.last_sequence));
  }
  if (!stored.parent.empty()) shard.parent_shard_id = stored.parent;
  return shard;
}

// One page of the shards that are asked for, oldest first. After a shard that is not there comes
// nothing, and it has no children.
void list_shards(const Stream& stream, const streams_api::DescribeStreamInput& input, Timestamp now,
                 streams_api::StreamDescription& out) {
  const auto limit =
      static_cast<std::size_t>(input.limit.value_or(static_cast<std::int32_t>(kShardsShownMax)));
  bool reached = !input.exclusive_start_shard_id;
  for (const StreamShard& shard : stream.shards) {
    if (!is_listed(shard, now)) continue;
    if (!reached) {
      reached = shard.id == *input.exclusive_start_shard_id;
      continue;
    }
    if (input.shard_filter && shard.parent != *input.shard_filter->shard_id) continue;
    if (out.shards->size() == limit) {
      out.last_evaluated_shard_id = out.shards->back().shard_id;
      return;
    }
    out.shards->push_back(describe_shard(shard));
  }
}

}  // namespace

bool is_stream_arn(std::string_view arn) {
  return arn.starts_with("arn:aws:dynamodb:") && arn.find(":table/") != std::string_view::npos &&
         arn.find("/stream/") != std::string_view::npos;
}

ApiResult<StreamPtr> look_up_stream(Service& service, const Context& context,
                                    const std::string& arn) {
  if (!is_stream_arn(arn)) return invalid("Invalid StreamArn: " + arn);
  StreamPtr live = service.registry.find_stream(arn);
  if (live == nullptr || live->stream.place != context.place()) return stream_not_found(arn);
  return live;
}

Reply<streams_api::ListStreamsOutput> list_streams(Service& service, const Context& context,
                                                   streams_api::ListStreamsInput input) {
  const auto limit = static_cast<std::size_t>(std::clamp(input.limit.value_or(100), 1, 100));
  const std::string after = input.exclusive_start_stream_arn.value_or("");
  if (!after.empty() && !is_stream_arn(after))
    co_return invalid("Invalid ExclusiveStartStreamArn: " + after);
  std::string table;
  if (input.table_name) {
    CO_TRY(table, resolve_table_name(context, *input.table_name));
  }
  streams_api::ListStreamsOutput output;
  output.streams.emplace();
  for (const StreamPtr& live : service.registry.streams(context.place(), table, after, limit)) {
    const Stream& stream = live->stream;
    output.streams->push_back({stream.arn(), stream.table, stream.label});
  }
  // A full page names its last stream even when nothing follows, as on AWS.
  if (output.streams->size() == limit)
    output.last_evaluated_stream_arn = output.streams->back().stream_arn;
  co_return output;
}

Reply<streams_api::DescribeStreamOutput> describe_stream(Service& service, const Context& context,
                                                         streams_api::DescribeStreamInput input) {
  CO_TRY(const StreamPtr live, look_up_stream(service, context, input.stream_arn));
  if (input.shard_filter && (!input.shard_filter->type || !input.shard_filter->shard_id)) {
    const std::string missing = input.shard_filter->type ? "shardId" : "type";
    co_return invalid("1 validation error detected: Value null at 'shardFilter." + missing +
                      "' failed to satisfy constraint: Member must not be null");
  }
  const Stream& stream = live->stream;
  streams_api::DescribeStreamOutput output;
  auto& description = output.stream_description.emplace();
  description.stream_arn = stream.arn();
  description.stream_label = stream.label;
  description.stream_status = stream.closed ? "DISABLED" : "ENABLED";
  description.stream_view_type = stream.view_type;
  description.creation_request_date_time = stream.created;
  description.table_name = stream.table;
  description.key_schema = stream_key_schema(stream.keys);
  description.shards.emplace();
  list_shards(stream, input, service.deps.clock.now(), description);
  co_return output;
}

Reply<streams_api::GetShardIteratorOutput> get_shard_iterator(
    Service& service, const Context& context, streams_api::GetShardIteratorInput input) {
  CO_TRY(const StreamPtr live, look_up_stream(service, context, input.stream_arn));
  const Timestamp now = service.deps.clock.now();
  const StreamShard* shard = live->stream.find_shard(input.shard_id, now);
  if (shard == nullptr) {
    co_return protocol::refuse("ResourceNotFoundException",
                               "Requested resource not found: Shard does not exist");
  }
  CO_TRY(const std::uint64_t next, first_wanted(service, *live, *shard, input));
  streams_api::GetShardIteratorOutput output;
  output.shard_iterator = encode_iterator(
      {.stream_arn = input.stream_arn, .shard_id = input.shard_id, .next = next, .issued = now});
  co_return output;
}

}  // namespace penstock::dynamodb
