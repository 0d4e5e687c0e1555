// GetRecords: the records of a shard from an iterator on. What it returns is durable, and complete
// up to the last sequence number returned.
#include "services/dynamodb/change.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/iterator.h"
#include "services/dynamodb/keys.h"
#include "services/dynamodb/limits.h"
#include "services/dynamodb/operations.h"
#include "services/dynamodb/stream_reads.h"
#include "storage/key.h"

namespace penstock::dynamodb {
namespace {

struct RecordsPage {
  std::vector<streams_api::Record> records;
  std::uint64_t next = 0;  // The iterator after this page.
  bool at_end = false;     // The shard is closed, and nothing of it follows.
};

streams_api::Record show(const Stream& stream, std::uint64_t sequence, Change change) {
  streams_api::Record record;
  record.event_id = make_event_id(stream.number, sequence);
  record.event_name = std::string(event_name(change.kind));
  record.event_version = "1.1";
  record.event_source = "aws:dynamodb";
  record.aws_region = stream.place.region;
  if (change.by_service) {
    record.user_identity.emplace();
    record.user_identity->type = "Service";
    record.user_identity->principal_id = "dynamodb.amazonaws.com";
  }
  auto& dynamodb = record.dynamodb.emplace();
  // Whole seconds, as on AWS.
  dynamodb.approximate_creation_date_time = Timestamp::from_seconds(change.created.seconds());
  dynamodb.size_bytes = static_cast<std::int64_t>(change_size(change));
  dynamodb.keys = std::move(change.keys);
  dynamodb.new_image = std::move(change.new_image);
  dynamodb.old_image = std::move(change.old_image);
  dynamodb.sequence_number = sequence_text(sequence);
  dynamodb.stream_view_type = stream.view_type;
  return record;
}

Result<RecordsPage> scan_records(Service& service, const Stream& stream, std::uint64_t from,
                                 std::size_t limit) {
  RecordsPage page{.records = {}, .next = from};
  std::size_t bytes = 0;
  Status status;
  TRY_VOID(service.deps.store.scan(
      storage::Family::kChanges, change_key(stream.number, from),
      storage::prefix_end(changes_prefix(stream.number)),
      [&](std::string_view key, std::string_view value) {
        const auto sequence = sequence_of(key);
        auto change = decode_change(value);
        if (!sequence || !change) {
          status = fail(ErrorKind::kCorrupt, "a stored stream record does not decode");
          return storage::Next::kStop;
        }
        const std::size_t size = change_size(*change);
        if (!page.records.empty() &&
            (page.records.size() >= limit || bytes + size > kPageBytesMax)) {
          return storage::Next::kStop;
        }
        bytes += size;
        page.records.push_back(show(stream, *sequence, std::move(*change)));
        page.next = *sequence + 1;
        return storage::Next::kContinue;
      }));
  if (!status) return std::unexpected(status.error());
  return page;
}

// The shard as it is durable after the records were read: a child's records are durable only after
// the end of its parent is, so that records beyond that end are told apart from the shard's own.
Result<std::optional<std::uint64_t>> durable_end(Service& service, const Stream& stream,
                                                 std::string_view shard_id) {
  TRY(const auto stored, service.deps.store.get(storage::Family::kMeta, stream_key(stream)));
  if (!stored) return std::nullopt;  // Gone with its stream; the caller looks for that.
  TRY(const Stream durable, decode_stream(*stored));
  for (const StreamShard& shard : durable.shards) {
    if (shard.id == shard_id && shard.closed) return shard.last_sequence;
  }
  return std::nullopt;
}

Result<RecordsPage> read_records(Service& service, const Stream& stream, std::string_view shard_id,
                                 std::uint64_t from, std::size_t limit) {
  TRY(RecordsPage page, scan_records(service, stream, from, limit));
  TRY(const auto end, durable_end(service, stream, shard_id));
  if (!end) return page;
  while (!page.records.empty() && page.next > *end + 1) {
    page.records.pop_back();
    --page.next;  // Numbers have no gaps.
  }
  // Not when nothing more was found: records before the end may have become durable since.
  page.at_end = page.next > *end;
  return page;
}

}  // namespace

Reply<streams_api::GetRecordsOutput> get_records(Service& service, const Context& context,
                                                 streams_api::GetRecordsInput input) {
  const auto iterator = decode_iterator(input.shard_iterator);
  if (!iterator) co_return invalid("Invalid ShardIterator");
  CO_TRY(const StreamPtr live, look_up_stream(service, context, iterator->stream_arn));
  const Timestamp now = service.deps.clock.now();
  if (iterator->issued < now - kIteratorLife) {
    co_return protocol::refuse("ExpiredIteratorException", "Iterator expired");
  }
  // Of a shard that is no longer listed every record was trimmed.
  if (live->stream.find_shard(iterator->shard_id, now) == nullptr) co_return trimmed();
  if (iterator->next <= live->trimmed->load()) co_return trimmed();
  const auto limit =
      static_cast<std::size_t>(input.limit.value_or(static_cast<std::int32_t>(kRecordsMax)));
  const std::uint64_t from = iterator->next;
  CO_TRY(RecordsPage page,
         co_await run_blocking(service.deps.runtime, [&service, &live, &iterator, from, limit] {
           return read_records(service, live->stream, iterator->shard_id, from, limit);
         }));
  // Trimmed while it was read: what came back may have a gap at its beginning.
  if (from <= live->trimmed->load()) co_return trimmed();

  streams_api::GetRecordsOutput output;
  output.records = std::move(page.records);
  // The end is told only once DescribeStream shows it, with the child.
  const StreamPtr shown = service.registry.find_stream(iterator->stream_arn);
  const StreamShard* shard =
      shown != nullptr ? shown->stream.find_shard(iterator->shard_id, now) : nullptr;
  if (!page.at_end || (shard != nullptr && !shard->closed)) {
    output.next_shard_iterator = encode_iterator({.stream_arn = iterator->stream_arn,
                                                  .shard_id = iterator->shard_id,
                                                  .next = page.next,
                                                  .issued = now});
  }
  co_return output;
}

}  // namespace penstock::dynamodb
