// PutRecord and PutRecords: which shard gets each record, and AWS's limits on them.
//
// The decoder has refused what the model can express. One PutRecords is one batch of the store: its
// records become durable together, so no record of an answered request can fail by itself.
#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "services/kinesis/append.h"
#include "services/kinesis/errors.h"
#include "services/kinesis/kinesis.h"
#include "services/kinesis/operations.h"
#include "services/kinesis/resolve.h"
#include "services/kinesis/store.h"

namespace penstock::kinesis {
namespace {

using protocol::ApiResult;

ApiResult<HashValue> hash_key_of(const std::string& partition_key,
                                 const std::optional<std::string>& explicit_hash_key) {
  if (!explicit_hash_key) return hash_of_partition_key(partition_key);
  const std::optional<HashValue> hash = parse_hash_key(*explicit_hash_key);
  if (!hash) {
    return std::unexpected(invalid_argument(
        fmt::format("Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
                    "Specified value was {}",
                    *explicit_hash_key)));
  }
  return *hash;
}

// The limit that is the stream's own; the model's is higher.
ApiResult<void> check_data(const LiveStream& stream, const Blob& data, std::string_view path) {
  if (data.bytes.size() <= stream.record_bytes_max()) return {};
  return std::unexpected(validation(
      fmt::format("1 validation error detected: Value at '{}' failed to satisfy constraint: Member "
                  "must have length less than or equal to {}",
                  path, stream.record_bytes_max())));
}

// The new number is to be greater: what comes from the future, or from a shard younger than the
// one that takes the record, cannot be followed.
ApiResult<void> check_ordering(Service& service, const LiveStream& stream, HashValue hash,
                               const std::string& text) {
  const std::optional<SequenceNumber> sequence = parse_sequence(text);
  const ShardMapPtr shards = stream.writing();
  LiveShard& target = shards->owner(hash);
  bool possible = sequence && sequence->shard_seconds <= target.created_seconds &&
                  sequence->record_seconds <=
                      std::max(service.deps.clock.now().seconds(), sequence->shard_seconds);
  if (possible && sequence->shard == target.index) {
    const std::scoped_lock lock(target.mutex);
    possible = sequence->shard_seconds == target.created_seconds &&
               sequence->index < target.log.next_index();
  }
  if (possible) return {};
  return std::unexpected(invalid_argument(fmt::format(
      "ExclusiveMinimumSequenceNumber {} used in PutRecord on stream {} under account {} "
      "is invalid.",
      text, stream.name(), stream.place().account)));
}

constexpr std::string_view kThrottled = "ProvisionedThroughputExceededException";

// Recorded.
std::string write_throttled(const LiveStream& stream, const Placed& placed) {
  return fmt::format("Rate exceeded for shard {} in stream {} under account {}.",
                     shard_id(placed.number.shard), stream.name(), stream.place().account);
}

const protocol::Producer* producer_of(const Context& context) {
  return context.producer ? &*context.producer : nullptr;
}

}  // namespace

Reply<api::PutRecordOutput> put_record(Service& service, const Context& context,
                                       api::PutRecordInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_readable(service, context, input.stream_name, input.stream_arn));
  CO_TRY_VOID(check_data(*stream, input.data, "data"));
  CO_TRY(const HashValue hash, hash_key_of(input.partition_key, input.explicit_hash_key));
  if (input.sequence_number_for_ordering) {
    CO_TRY_VOID(check_ordering(service, *stream, hash, *input.sequence_number_for_ordering));
  }
  const std::shared_ptr<const StreamConfig> config = stream->config();
  std::vector<NewRecord> records;
  records.push_back({hash, input.partition_key.size() + input.data.bytes.size(),
                     encode_record(*config, input.partition_key, input.data.bytes)});
  CO_TRY(const std::vector<Placed> placed,
         co_await append(service, stream, std::move(records), producer_of(context)));
  if (placed[0].throttled) {
    co_return protocol::refuse(std::string(kThrottled), write_throttled(*stream, placed[0]));
  }
  api::PutRecordOutput output;
  output.shard_id = shard_id(placed[0].number.shard);
  output.sequence_number = format_sequence(placed[0].number);
  if (config->encrypts()) output.encryption_type = "KMS";
  co_return output;
}

Reply<api::PutRecordsOutput> put_records(Service& service, const Context& context,
                                         api::PutRecordsInput input) {
  CO_TRY(const std::shared_ptr<LiveStream> stream,
         resolve_readable(service, context, input.stream_name, input.stream_arn));
  std::size_t bytes = 0;
  std::vector<NewRecord> records;
  records.reserve(input.records.size());
  for (std::size_t i = 0; i < input.records.size(); ++i) {
    const api::PutRecordsRequestEntry& entry = input.records[i];
    const std::size_t size = entry.data.bytes.size() + entry.partition_key.size();
    bytes += size;
    if (entry.data.bytes.size() > stream->record_bytes_max()) {
      CO_TRY_VOID(check_data(*stream, entry.data, fmt::format("records.{}.member.data", i + 1)));
    }
    CO_TRY(const HashValue hash, hash_key_of(entry.partition_key, entry.explicit_hash_key));
    records.push_back({hash, size, {}});
  }
  if (bytes > limits::kKinesisPutBytesMax) {
    // The wording of the former limit, with today's number.
    co_return std::unexpected(invalid_argument("Records size exceeds 10 MB limit"));
  }
  const std::shared_ptr<const StreamConfig> config = stream->config();
  for (std::size_t i = 0; i < records.size(); ++i) {
    api::PutRecordsRequestEntry& entry = input.records[i];
    records[i].encoded = encode_record(*config, entry.partition_key, entry.data.bytes);
    entry.data.bytes = {};  // A full request is held once, not twice.
  }
  CO_TRY(const std::vector<Placed> placed,
         co_await append(service, stream, std::move(records), producer_of(context)));
  api::PutRecordsOutput output;
  output.failed_record_count = 0;
  output.records.resize(placed.size());
  for (std::size_t i = 0; i < placed.size(); ++i) {
    if (placed[i].throttled) {
      output.records[i].error_code = kThrottled;
      output.records[i].error_message = write_throttled(*stream, placed[i]);
      ++*output.failed_record_count;
      continue;
    }
    output.records[i].shard_id = shard_id(placed[i].number.shard);
    output.records[i].sequence_number = format_sequence(placed[i].number);
  }
  if (config->encrypts()) output.encryption_type = "KMS";
  co_return output;
}

}  // namespace penstock::kinesis
