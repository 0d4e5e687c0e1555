// Slices, invocations and retries. Encoding and decoding happen on the blocking pool: a slice holds
// megabytes.
#include "services/firehose/transform.h"

#include <algorithm>

#include "base/limits.h"
#include "protocol/json_writer.h"
#include "services/firehose/firehose.h"
#include "services/firehose/kinesis_source.h"
#include "services/firehose/unmarshal.h"

namespace penstock::firehose {
namespace {

struct Slice {
  std::size_t first = 0, count = 0;
  std::vector<Transformed> verdicts;
  int attempts = 1;
  std::int64_t ended_millis = 0;
};

struct Job {
  Service& service;
  const TransformRequest& request;
  const LambdaProcessor& processor;
  std::stop_token stop;
  std::vector<Slice> slices;
  std::size_t next = 0;  // All workers run on one executor.
  bool stopped = false;

  std::span<const SourceRecord> records(const Slice& slice) const {
    return std::span(*request.records).subspan(slice.first, slice.count);
  }
};

std::vector<Slice> slices_of(const std::vector<SourceRecord>& records, std::uint64_t bytes_max) {
  std::vector<Slice> slices;
  std::uint64_t bytes = 0;
  std::size_t event = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::size_t size = records[i].data.size();
    const std::size_t encoded = event_bytes(records[i]);
    if (slices.empty() || bytes + size > bytes_max ||
        event + encoded > limits::kFirehoseEventBytesMax) {
      slices.push_back({.first = i});
      bytes = 0;
      event = 0;
    }
    ++slices.back().count;
    bytes += size;
    event += encoded;
  }
  return slices;
}

EventHeader header_of(const Job& job) {
  const LiveStream& stream = *job.request.stream;
  EventHeader header;
  header.invocation_id = job.service.deps.random.uuid();
  header.stream_arn = stream.arn();
  header.region = stream.place().region;
  header.stream = stream.id();
  if (stream.source() == SourceKind::kKinesisStream) {
    header.kinesis_arn = stream.config()->kinesis_arn;
    header.shard = job.request.shard;
  }
  return header;
}

// An invocation that did not give a usable reply.
Failure failure_of(const protocol::ApiResult<lambda::api::InvocationResponse>& reply) {
  if (!reply) return invoke_failure(reply.error().code, reply.error().message);
  return function_error();
}

Task<void> invoke_slice(Job& job, Slice& slice) {
  Service& service = job.service;
  const std::string& role =
      job.processor.role_arn.empty() ? job.request.settings->role_arn : job.processor.role_arn;
  const EventHeader header = header_of(job);
  const Job* const jobs = &job;
  const Slice* const mine = &slice;
  const EventHeader* const head = &header;
  const std::string event = co_await run_blocking(
      service.deps.runtime, [=] { return build_event(*head, jobs->records(*mine)); });
  for (int attempt = 1;; ++attempt) {
    lambda::api::InvocationRequest input;
    input.function_name = job.processor.arn;
    input.payload = Blob{event};
    ++job.request.stream->counters.invocations;
    protocol::ApiResult<lambda::api::InvocationResponse> reply =
        co_await service.deps.lambda.invoke(
            role_context(service, job.request.stream->place(), role), std::move(input));
    slice.attempts = attempt;
    slice.ended_millis = service.deps.clock.now().millis();
    if (reply && !reply->function_error) {
      const std::string response = reply->payload ? std::move(reply->payload->bytes) : "";
      const std::string* const text = &response;
      slice.verdicts = co_await run_blocking(
          service.deps.runtime, [=] { return judge_response(*head, jobs->records(*mine), *text); });
      co_return;
    }
    const Failure failure = failure_of(reply);
    ++job.request.stream->counters.failed_invocations;
    report(service, *job.request.stream, *job.request.settings,
           {failure.code, failure.message, job.processor.arn});
    if (attempt > job.processor.retries) {
      slice.verdicts.assign(slice.count, Transformed{Verdict::kFailed, {}, failure});
      co_return;
    }
    co_await sleep_for(retry_delay(service, attempt), job.stop);
    if (job.stop.stop_requested()) {
      job.stopped = true;
      co_return;
    }
  }
}

// The built-in transform ends its lines itself, unless a delimiter is appended anyway.
std::vector<Transformed> unmarshal(std::span<const SourceRecord> records, bool newline) {
  std::vector<Transformed> verdicts(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Status done = append_unmarshalled(verdicts[i].data, records[i].data);
    if (done) {
      verdicts[i].verdict = Verdict::kOk;
      if (newline) verdicts[i].data += '\n';
    } else {
      verdicts[i].failure = {"Lambda.ProcessingFailedStatus", done.error().message};
    }
  }
  return verdicts;
}

Task<void> unmarshal_slice(Job& job, Slice& slice) {
  const Job* const jobs = &job;
  const Slice* const mine = &slice;
  const bool newline = !job.request.settings->processing.delimiter.has_value();
  slice.verdicts = co_await run_blocking(job.service.deps.runtime,
                                         [=] { return unmarshal(jobs->records(*mine), newline); });
  slice.ended_millis = job.service.deps.clock.now().millis();
}

Task<void> work(Job& job) {
  while (job.next < job.slices.size() && !job.stopped) {
    Slice& slice = job.slices[job.next++];
    if (job.processor.built_in) {
      co_await unmarshal_slice(job, slice);
    } else {
      co_await invoke_slice(job, slice);
    }
    if (job.stop.stop_requested()) job.stopped = true;
  }
}

void add_delivered(TransformedBatch& batch, std::string_view data, const Settings& settings) {
  const std::size_t begin = batch.body.size();
  batch.body += data;
  if (settings.processing.delimiter) batch.body += *settings.processing.delimiter;
  batch.fates.push_back({Fate::kDelivered, 0, mark_of(std::string_view(batch.body).substr(begin))});
  ++batch.delivered;
}

TransformedBatch untouched(const TransformRequest& request) {
  TransformedBatch batch;
  std::size_t bytes = 0;
  const std::size_t delimiter = request.settings->processing.delimiter.value_or("").size();
  for (const SourceRecord& record : *request.records) bytes += record.data.size() + delimiter;
  batch.body.reserve(bytes);
  batch.fates.reserve(request.records->size());
  for (const SourceRecord& record : *request.records) {
    add_delivered(batch, record.data, *request.settings);
  }
  return batch;
}

TransformedBatch assemble(const Job& job) {
  TransformedBatch batch;
  batch.fates.reserve(job.request.records->size());
  for (const Slice& slice : job.slices) {
    for (std::size_t i = 0; i < slice.count; ++i) {
      const Transformed& one = slice.verdicts[i];
      switch (one.verdict) {
        case Verdict::kOk: add_delivered(batch, one.data, *job.request.settings); break;
        case Verdict::kDropped:
          batch.fates.push_back({Fate::kDropped, 0, {}});
          ++batch.dropped;
          break;
        case Verdict::kFailed:
          batch.fates.push_back({Fate::kFailed, 0, {}});
          batch.failed.push_back(
              {slice.first + i, one.failure, slice.attempts, slice.ended_millis});
          break;
      }
    }
  }
  return batch;
}

}  // namespace

Task<TransformedBatch> transform(Service& service, TransformRequest request, std::stop_token stop) {
  const TransformRequest* const asked = &request;
  if (!request.settings->processing.lambda) {
    co_return co_await run_blocking(service.deps.runtime, [=] { return untouched(*asked); });
  }
  const LambdaProcessor& processor = *request.settings->processing.lambda;
  Job job{service, request, processor, stop, slices_of(*request.records, processor.buffer_bytes)};
  Gate gate;
  const std::size_t workers = std::min(job.slices.size(), limits::kFirehoseInvocations);
  for (std::size_t i = 0; i < workers; ++i) gate.spawn(Executor::current(), work(job));
  co_await gate.closed();
  if (job.stopped) co_return TransformedBatch{.stopped = true};
  const Job* const jobs = &job;
  co_return co_await run_blocking(service.deps.runtime, [=] { return assemble(*jobs); });
}

void report(Service& service, const LiveStream& stream, const Settings& settings,
            const DeliveryError& error) {
  if (!settings.logs_errors || !service.deps.log_sink) return;
  std::string message;
  protocol::JsonWriter json(message);
  json.begin_object().key("deliveryStreamARN").string(stream.arn());
  json.key("destination").string("arn:aws:s3:::" + settings.bucket);
  json.key("deliveryStreamVersionId").string(settings.version);
  json.key("message").string(error.message);
  json.key("errorCode").string(error.code);
  if (!error.processor.empty()) json.key("processor").string(error.processor);
  json.end_object();
  service.deps.log_sink({stream.place().account, stream.place().region, settings.log_group,
                         settings.log_stream, service.deps.clock.now(), std::move(message)});
}

std::chrono::milliseconds retry_delay(const Service& service, int failures) {
  std::chrono::milliseconds delay = service.options.retry_first;
  for (int i = 1; i < failures && delay < service.options.retry_max; ++i) delay *= 2;
  return std::min(delay, service.options.retry_max);
}

}  // namespace penstock::firehose
