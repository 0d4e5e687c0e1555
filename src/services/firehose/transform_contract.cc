// Events, replies and error lines, as documented in "data transformation" of the developer guide
// and as captured from the service.
#include "services/firehose/transform_contract.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <unordered_map>

#include "base/bytes.h"
#include "base/limits.h"
#include "protocol/json_writer.h"

namespace penstock::firehose {
namespace {

using protocol::JsonWriter;

Failure json_failure() {
  return {"Lambda.JsonProcessingException",
          "There was an error parsing returned records from the Lambda function. Ensure that the "
          "returned records follow the status model required by Kinesis Data Firehose."};
}
Failure duplicated_id() {
  return {"Lambda.DuplicatedRecordId",
          "Multiple records were returned with the same record ID. Ensure that the Lambda function "
          "returns unique record IDs for each record."};
}
Failure missing_id() {
  return {"Lambda.MissingRecordId",
          "One or more record IDs were not returned. Ensure that the Lambda function returns all "
          "received record IDs."};
}
Failure bad_status() {
  return {"Lambda.FunctionError",
          "Check your function and make sure the output is in required format. In addition to "
          "that, make sure the processed records contain valid result status of Dropped, Ok, or "
          "ProcessingFailed"};
}
Failure processing_failed() {
  return {"Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record"};
}

Transformed failed(Failure failure) { return {Verdict::kFailed, {}, std::move(failure)}; }

std::string_view text_of(const simdjson::dom::object& object, std::string_view name) {
  std::string_view text;
  if (object[name].get(text) != simdjson::SUCCESS) return {};
  return text;
}

Transformed judge_record(const simdjson::dom::object& reply) {
  const std::string_view result = text_of(reply, "result");
  if (result == "Dropped") return {Verdict::kDropped, {}, {}};
  if (result == "ProcessingFailed") return failed(processing_failed());
  std::string_view data;
  if (result != "Ok" || reply["data"].get(data) != simdjson::SUCCESS) return failed(bad_status());
  std::optional<std::string> bytes = base64_decode(data);
  if (!bytes) return failed(bad_status());
  return {Verdict::kOk, std::move(*bytes), {}};
}

// Finds records by id. Replies mostly keep the order, so the next one is tried first.
class Finder {
 public:
  Finder(const EventHeader& header, std::span<const SourceRecord> records) {
    ids_.reserve(records.size());
    for (const SourceRecord& record : records) ids_.push_back(record_id(header, record));
  }
  std::optional<std::size_t> find(std::string_view id) {
    if (next_ < ids_.size() && ids_[next_] == id) return next_++;
    if (index_.empty()) {
      for (std::size_t i = 0; i < ids_.size(); ++i) index_.emplace(ids_[i], i);
    }
    const auto found = index_.find(id);
    if (found == index_.end()) return std::nullopt;
    next_ = found->second + 1;
    return found->second;
  }

 private:
  std::vector<std::string> ids_;
  std::unordered_map<std::string_view, std::size_t> index_;
  std::size_t next_ = 0;
};

}  // namespace

Failure function_error() {
  return {"Lambda.FunctionError",
          "The Lambda function was successfully invoked but it returned an error result."};
}

Failure invoke_failure(std::string_view code, std::string_view message) {
  if (code == "ResourceNotFoundException") {
    return {"Lambda.ResourceNotFound",
            "The specified Lambda function does not exist. Use a different function that does "
            "exist."};
  }
  if (code == "AccessDeniedException" || code == "AccessDenied") {
    return {"Lambda.InvokeAccessDenied",
            "Access denied. Ensure that the access policy allows access to the Lambda function."};
  }
  if (code == "TooManyRequestsException") {
    return {"Lambda.InvokeLimitExceeded",
            "The Lambda concurrent execution limit is exceeded. Increase the concurrent execution "
            "limit."};
  }
  return {"Lambda.FunctionError", fmt::format("{}: {}", code, message)};
}

std::string kinesis_record_id(std::string_view sequence_number) {
  return std::string(sequence_number) + "000000";
}

std::string direct_record_id(std::uint64_t stream, std::uint64_t index) {
  return fmt::format("49{:020}{:020}000000", stream, index);
}

std::string record_id(const EventHeader& header, const SourceRecord& record) {
  if (!header.kinesis_arn.empty()) return kinesis_record_id(record.sequence_number);
  std::uint64_t index = 0;
  for (const char c : record.sequence_number) index = index * 10 + static_cast<unsigned>(c - '0');
  return direct_record_id(header.stream, index);
}

std::size_t event_bytes(const SourceRecord& record) {
  // The worst that quoting makes of a partition key: \u0000 for each byte.
  return record.data.size() / 3 * 4 + 4 + record.partition_key.size() * 6 + 420;
}

std::string build_event(const EventHeader& header, std::span<const SourceRecord> records) {
  std::size_t bytes = 512;
  for (const SourceRecord& record : records) bytes += record.data.size() / 3 * 4 + 400;
  std::string out;
  out.reserve(bytes);
  JsonWriter json(out);
  json.begin_object().key("invocationId").string(header.invocation_id);
  json.key("deliveryStreamArn").string(header.stream_arn);
  json.key("region").string(header.region);
  if (!header.kinesis_arn.empty()) json.key("sourceKinesisStreamArn").string(header.kinesis_arn);
  json.key("records").begin_array();
  for (const SourceRecord& record : records) {
    json.begin_object().key("recordId").string(record_id(header, record));
    json.key("approximateArrivalTimestamp").integer(record.arrival_millis);
    json.key("data").base64(record.data);
    if (!header.kinesis_arn.empty()) {
      json.key("kinesisRecordMetadata").begin_object();
      json.key("sequenceNumber").string(record.sequence_number);
      json.key("subsequenceNumber").integer(0);
      json.key("partitionKey").string(record.partition_key);
      json.key("shardId").string(header.shard);
      json.key("approximateArrivalTimestamp").integer(record.arrival_millis);
      json.end_object();
    }
    json.end_object();
  }
  json.end_array().end_object();
  return out;
}

std::vector<Transformed> judge_response(const EventHeader& header,
                                        std::span<const SourceRecord> records,
                                        std::string_view response) {
  // The outcome of one reply for all.
  const auto all = [&records](const Failure& failure) {
    return std::vector<Transformed>(records.size(), failed(failure));
  };
  if (response.size() > limits::kFirehoseResponseBytesMax) return all(function_error());
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  simdjson::dom::array replies;
  if (parser.parse(response.data(), response.size()).get(document) != simdjson::SUCCESS) {
    return all(json_failure());
  }
  if (!document.is_object()) return all(json_failure());
  if (document["records"].get(replies) != simdjson::SUCCESS) return all(bad_status());

  std::vector<Transformed> out(records.size(), failed(missing_id()));
  std::vector<bool> seen(records.size(), false);
  Finder finder(header, records);
  for (const simdjson::dom::element element : replies) {
    simdjson::dom::object reply;
    if (element.get(reply) != simdjson::SUCCESS) return all(json_failure());
    // An id that was not sent is nobody's: the record it should have been is missing.
    const std::optional<std::size_t> i = finder.find(text_of(reply, "recordId"));
    if (!i) continue;
    out[*i] = seen[*i] ? failed(duplicated_id()) : judge_record(reply);
    seen[*i] = true;
  }
  return out;
}

void append_error_line(std::string& out, const ErrorLine& line) {
  JsonWriter json(out);
  json.begin_object().key("attemptsMade").integer(line.attempts);
  json.key("arrivalTimestamp").integer(line.record->arrival_millis);
  json.key("errorCode").string(line.failure->code);
  json.key("errorMessage").string(line.failure->message);
  json.key("attemptEndingTimestamp").integer(line.ended_millis);
  json.key("rawData").base64(line.record->data);
  json.key("lambdaArn").string(line.lambda_arn);
  json.end_object();
  out += '\n';
}

std::string qualified_arn(std::string_view arn) {
  const auto colons = std::ranges::count(arn, ':');
  return std::string(arn) + (colons == 6 ? ":$LATEST" : "");
}

}  // namespace penstock::firehose
