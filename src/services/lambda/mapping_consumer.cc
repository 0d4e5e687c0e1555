// One batch, one invocation. Retries and bisecting are the stream reader's.
#include "services/lambda/mapping_consumer.h"

#include <fmt/format.h>

#include "gen/s3/client.h"
#include "gen/sqs/client.h"
#include "protocol/arn.h"
#include "protocol/json_writer.h"
#include "services/lambda/invoke.h"
#include "stream/batch_info.h"
#include "stream/batch_response.h"
#include "stream/event_document.h"

namespace penstock::lambda {
namespace {

using stream::Outcome;

// The last invocation that a record was part of.
struct LastCall {
  std::string request_id;
  std::string executed_version;
  std::string function_error;
  int status = 200;
};

struct MappedRecord final : stream::Shaped {
  std::string event;
  std::shared_ptr<const LastCall> last;
  std::int32_t calls = 0;
};

MappedRecord& mapped(const stream::Item& item) { return static_cast<MappedRecord&>(*item.shaped); }

std::vector<std::string_view> events_of(std::span<stream::Item* const> items) {
  std::vector<std::string_view> events;
  events.reserve(items.size());
  for (const stream::Item* item : items) events.push_back(mapped(*item).event);
  return events;
}

}  // namespace

FunctionConsumer::FunctionConsumer(Setting setting, std::string shard)
    : setting_(std::move(setting)),
      shard_(std::move(shard)),
      window_key_(mapping_windows(setting_.mapping->uuid).key(shard_)) {}

std::string FunctionConsumer::payload_of(std::span<stream::Item* const> items) const {
  if (!window_) return records_payload(events_of(items));
  return window_payload(events_of(items), {*window_, shard_, setting_.source.arn});
}

stream::Admission FunctionConsumer::admit(stream::Record& record) {
  auto shaped = std::make_unique<MappedRecord>();
  bool passes = true;
  if (setting_.mapping->source == Mapping::Source::kKinesis) {
    passes = setting_.filters->pass(setting_.source, record.kinesis(), record.event_id);
    if (passes) shaped->event = kinesis_event(setting_.source, record.kinesis(), record.event_id);
  } else {
    shaped->event = stream::dynamodb_document(setting_.source.arn, record.dynamodb());
    passes = setting_.filters->pass_stream(shaped->event);
  }
  if (!passes) return {.fate = stream::Fate::kFiltered};
  // What the function gets is kept; the raw record is not needed any longer.
  record.body = dynamodbstreams::api::Record{};
  const std::size_t bytes = shaped->event.size() + 1;
  return {.fate = stream::Fate::kPending, .shaped = std::move(shaped), .bytes = bytes};
}

Outcome FunctionConsumer::judge(const stream::Delivering& delivering,
                                const InvokeOutcome& outcome) const {
  if (!outcome.function_error.empty()) return Outcome::refused("the function failed");
  if (!setting_.mapping->partial_failures) return Outcome::delivered();
  std::vector<std::string> identifiers;
  for (const stream::Item* item : delivering.items) identifiers.push_back(item->record.sequence);
  const auto response =
      stream::read_batch_response(outcome.payload, identifiers, stream::Expected::kYes);
  using Kind = stream::BatchResponse::Kind;
  switch (response.kind) {
    case Kind::kDelivered: return Outcome::delivered();
    case Kind::kMalformed: return Outcome::refused(response.problem);
    // The lowest that failed, and all that is behind it, comes again.
    case Kind::kItemsFailed:
      return response.failed.front() == 0
                 ? Outcome::refused("the function reported failures")
                 : Outcome::failed_from(response.failed.front(), "the function reported failures");
  }
  return Outcome::delivered();
}

Task<Outcome> FunctionConsumer::deliver(stream::Delivering delivering) {
  Service& service = setting_.service;
  const Mapping& mapping = *setting_.mapping;
  if (!co_await enter_window(delivering.items.front()->record.created)) {
    co_return Outcome::fault("the final invocation of the window before has failed");
  }
  auto call = std::make_shared<LastCall>();
  call->request_id = service.deps.random.uuid();
  const auto invoked =
      co_await invoke_mapped(service, {mapping.place, mapping.function, mapping.qualifier},
                             payload_of(delivering.items), call->request_id);
  const bool too_large = !invoked && invoked.error().status == 413;
  if (!invoked && !too_large) {
    if (!delivering.stop.stop_requested()) setting_.result->set(kCallFailed);
    co_return Outcome::fault(invoked.error().code + ": " + invoked.error().message);
  }
  call->executed_version = invoked ? invoked->executed_version : std::string(kLatest);
  if (invoked) call->function_error = invoked->outcome.function_error;
  if (too_large) call->status = 413;
  for (const stream::Item* item : delivering.items) {
    MappedRecord& record = mapped(*item);
    record.last = call;
    ++record.calls;
  }
  Outcome outcome =
      too_large ? Outcome::refused(invoked.error().message) : judge(delivering, invoked->outcome);
  if (window_ && outcome.kind != Outcome::Kind::kAllFailed) {
    outcome = take_state(delivering, std::move(outcome), invoked->outcome.payload);
  }
  setting_.result->set(outcome.kind == Outcome::Kind::kAllFailed ? kCallFailed : "OK");
  co_return outcome;
}

std::string FunctionConsumer::failure_record(const stream::GivingUp& giving_up, Timestamp now,
                                             bool whole) const {
  const stream::Item& first = *giving_up.items.front();
  const stream::Item& last = *giving_up.items.back();
  const std::shared_ptr<const LastCall> call = mapped(first).last;
  const bool expired = giving_up.reason == stream::Reason::kRecordAgeExceeded;
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object().key("requestContext").begin_object();
  json.key("requestId").string(call ? call->request_id : setting_.service.deps.random.uuid());
  json.key("functionArn").string(setting_.mapping->function_arn());
  json.key("condition").string(stream::to_string(giving_up.reason));
  json.key("approximateInvokeCount").integer(expired ? mapped(first).calls : giving_up.attempts);
  json.end_object();
  if (!expired && call) {
    json.key("responseContext").begin_object();
    json.key("statusCode").integer(call->status);
    json.key("executedVersion").string(call->executed_version);
    // A function that reported failures did not fail itself.
    json.key("functionError");
    if (call->function_error.empty()) {
      json.null();
    } else {
      json.string(call->function_error);
    }
    json.end_object();
  }
  json.key("version").string("1.0").key("timestamp").string(format_iso8601_millis(now));
  const bool kinesis = setting_.mapping->source == Mapping::Source::kKinesis;
  stream::write_batch_info(json, {.stream = kinesis ? stream::BatchInfo::Stream::kKinesis
                                                    : stream::BatchInfo::Stream::kDynamoDb,
                                  .stream_arn = setting_.mapping->source_arn,
                                  .shard = shard_,
                                  .first_sequence = first.record.sequence,
                                  .last_sequence = last.record.sequence,
                                  .first_arrival = first.record.created,
                                  .last_arrival = last.record.created,
                                  .size = giving_up.items.size()});
  if (whole) json.key("payload").string(records_payload(events_of(giving_up.items)));
  json.end_object();
  return out;
}

Task<Status> FunctionConsumer::give_up(stream::GivingUp giving_up) {
  const std::string& destination = setting_.mapping->on_failure;
  if (destination.empty()) co_return Status();
  const Timestamp now = setting_.service.deps.clock.now();
  const bool bucket = destination.starts_with("arn:aws:s3:");
  std::string record = failure_record(giving_up, now, bucket);
  if (bucket) co_return co_await put_object(std::move(record), now);
  co_return co_await send_to_queue(std::move(record));
}

Task<Status> FunctionConsumer::send_to_queue(std::string message) {
  sqs::api::SendMessageRequest input;
  input.queue_url = queue_url(setting_.mapping->on_failure);
  input.message_body = std::move(message);
  const auto sent = co_await sqs::Client(*setting_.service.deps.sqs)
                        .send_message(setting_.context, std::move(input));
  if (sent) co_return Status();
  co_return fail(ErrorKind::kUnavailable, sent.error().code + ": " + sent.error().message);
}

// The key is documented: aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<UUID>.
Task<Status> FunctionConsumer::put_object(std::string message, Timestamp now) {
  const CivilTime t = civil_from(now);
  s3::api::PutObjectRequest input;
  input.bucket = protocol::parse_arn(setting_.mapping->on_failure)->resource;
  input.key =
      fmt::format("aws/lambda/{}/{}/{:04}/{:02}/{:02}/{:04}-{:02}-{:02}T{:02}.{:02}.{:02}-{}",
                  setting_.mapping->uuid, shard_, t.year, t.month, t.day, t.year, t.month, t.day,
                  t.hour, t.minute, t.second, setting_.service.deps.random.uuid());
  input.body = net::Body(std::move(message));
  const auto put =
      co_await s3::Client(*setting_.service.deps.s3).put_object(setting_.context, std::move(input));
  if (put) co_return Status();
  co_return fail(ErrorKind::kUnavailable, put.error().code + ": " + put.error().message);
}

}  // namespace penstock::lambda
