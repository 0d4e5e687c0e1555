// PutRecord and PutRecordBatch: a record is durable before it is answered, and waits in the store
// until its batch is settled. Firehose looks at no record's content here.
#include <fmt/format.h>

#include "base/limits.h"
#include "services/firehose/direct_source.h"
#include "services/firehose/errors.h"
#include "services/firehose/firehose.h"
#include "services/firehose/operations.h"
#include "services/firehose/resolve.h"
#include "services/firehose/transform_contract.h"

namespace penstock::firehose {
namespace {

using protocol::ApiResult;

ApiResult<std::shared_ptr<LiveStream>> resolve_writable(Service& service, const Context& context,
                                                        const std::string& name) {
  TRY(std::shared_ptr<LiveStream> stream, resolve_stream(service, context, name));
  if (stream->source() == SourceKind::kKinesisStream) {
    return std::unexpected(invalid_argument(
        "This operation is not permitted on KinesisStreamAsSource delivery stream type."));
  }
  if (stream->direct.backlog_bytes.load() > limits::kFirehoseBacklogBytesMax) {
    return std::unexpected(throttled());
  }
  return stream;
}

// The number of the first record; they become durable together.
Reply<std::uint64_t> append(Service& service, std::shared_ptr<LiveStream> stream,
                            std::vector<api::Record> records) {
  const std::int64_t now = service.deps.clock.now().millis();
  DirectLog& log = stream->direct;
  std::uint64_t first = 0;
  std::uint64_t bytes = 0;
  std::optional<storage::Commit> commit;
  {
    const std::scoped_lock lock(log.mutex);
    if (log.closed) {
      co_return std::unexpected(stream_not_active(stream->place().account, stream->name()));
    }
    first = log.next_index;
    storage::Batch batch;
    for (const api::Record& record : records) {
      add_record(batch, stream->id(), log.next_index++, now, record.data.bytes);
      bytes += record.data.bytes.size();
    }
    commit = service.deps.store.submit(std::move(batch));
  }
  CO_TRY_VOID(co_await commit->durable());
  log.backlog_bytes += bytes;
  stream->counters.incoming_records += records.size();
  stream->counters.incoming_bytes += bytes;
  ++stream->counters.put_requests;
  log.publish(first + records.size());
  service.notifier.notify(direct_key(stream->id()));
  co_return first;
}

}  // namespace

Reply<api::PutRecordOutput> put_record(Service& service, const Context& context,
                                       api::PutRecordInput input) {
  CO_TRY(std::shared_ptr<LiveStream> stream,
         resolve_writable(service, context, input.delivery_stream_name));
  std::vector<api::Record> records;
  records.push_back(std::move(input.record));
  CO_TRY(const std::uint64_t index, co_await append(service, stream, std::move(records)));
  api::PutRecordOutput output;
  output.record_id = direct_record_id(stream->id(), index);
  output.encrypted = false;
  co_return output;
}

Reply<api::PutRecordBatchOutput> put_record_batch(Service& service, const Context& context,
                                                  api::PutRecordBatchInput input) {
  CO_TRY(std::shared_ptr<LiveStream> stream,
         resolve_writable(service, context, input.delivery_stream_name));
  std::size_t bytes = 0;
  for (const api::Record& record : input.records) bytes += record.data.bytes.size();
  if (bytes > limits::kFirehosePutBytesMax) {
    co_return std::unexpected(invalid_argument("Records size exceeds 4 MB limit"));
  }
  const std::size_t count = input.records.size();
  CO_TRY(const std::uint64_t first, co_await append(service, stream, std::move(input.records)));
  api::PutRecordBatchOutput output;
  output.encrypted = false;
  output.request_responses.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    output.request_responses[i].record_id = direct_record_id(stream->id(), first + i);
  }
  co_return output;
}

}  // namespace penstock::firehose
