// Records of the log. Their members and spelling are recorded from AWS for failed executions, and
// documented for the rest.
#include "services/pipes/pipe_log.h"

#include <fmt/format.h>

#include <vector>

#include "protocol/json_writer.h"
#include "services/pipes/pipe_limits.h"

namespace penstock::pipes {
namespace {

struct StepRow {
  std::string_view name;
  LogLevel level;
};

// In the order of LogStep. Documented: "Specifying log level".
constexpr StepRow kSteps[] = {
    {"ExecutionStarted", LogLevel::kInfo},
    {"ExecutionSucceeded", LogLevel::kInfo},
    {"ExecutionFailed", LogLevel::kError},
    {"ExecutionPartiallyFailed", LogLevel::kError},
    {"ExecutionThrottled", LogLevel::kError},
    {"ExecutionTimeout", LogLevel::kError},
    {"EnrichmentStageEntered", LogLevel::kInfo},
    {"EnrichmentStageSucceeded", LogLevel::kInfo},
    {"EnrichmentStageFailed", LogLevel::kError},
    {"EnrichmentTransformationStarted", LogLevel::kTrace},
    {"EnrichmentTransformationSucceeded", LogLevel::kTrace},
    {"EnrichmentTransformationFailed", LogLevel::kError},
    {"EnrichmentInvocationStarted", LogLevel::kTrace},
    {"EnrichmentInvocationSucceeded", LogLevel::kTrace},
    {"EnrichmentInvocationFailed", LogLevel::kError},
    {"TargetStageEntered", LogLevel::kInfo},
    {"TargetStageSkipped", LogLevel::kTrace},
    {"TargetStageSucceeded", LogLevel::kInfo},
    {"TargetStageFailed", LogLevel::kError},
    {"TargetStagePartiallyFailed", LogLevel::kError},
    {"TargetTransformationStarted", LogLevel::kTrace},
    {"TargetTransformationSucceeded", LogLevel::kTrace},
    {"TargetTransformationFailed", LogLevel::kError},
    {"TargetInvocationStarted", LogLevel::kTrace},
    {"TargetInvocationSkipped", LogLevel::kTrace},
    {"TargetInvocationSucceeded", LogLevel::kTrace},
    {"TargetInvocationFailed", LogLevel::kError},
    {"TargetInvocationPartiallyFailed", LogLevel::kError},
};
static_assert(std::size(kSteps) == kStepCount);

std::string_view log_level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kOff: return "OFF";
    case LogLevel::kError: return "ERROR";
    case LogLevel::kInfo: return "INFO";
    case LogLevel::kTrace: return "TRACE";
  }
  return "";
}

// How AWS names the services in the message of an error.
std::string_view service_name(std::string_view service) {
  if (service == "kinesis") return "Kinesis";
  if (service == "firehose") return "Firehose";
  if (service == "lambda") return "Lambda";
  if (service == "sqs") return "SQS";
  if (service == "logs") return "CloudWatchLogs";
  return service;
}

std::string write_record(const LogRecord& record, const std::vector<std::string_view>& truncated) {
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object();
  json.key("resourceArn").string(record.pipe_arn);
  json.key("timestamp").integer(record.at.millis());
  json.key("executionId").string(record.execution_id);
  json.key("messageType").string(to_string(record.step));
  json.key("logLevel").string(log_level_name(step_level(record.step)));
  if (record.payload) json.key("payload").string(*record.payload);
  if (record.request) json.key("awsRequest").string(*record.request);
  if (record.response) json.key("awsResponse").string(*record.response);
  if (!truncated.empty()) {
    json.key("truncatedFields").begin_array();
    for (const std::string_view name : truncated) json.string(name);
    json.end_array();
  }
  if (record.error) {
    const LogRecord::Trouble& error = *record.error;
    json.key("error").begin_object();
    json.key("message").string(error.message);
    json.key("httpStatusCode").integer(error.status);
    json.key("awsService").string(error.service);
    json.key("requestId").string(error.request_id);
    if (!error.exception.empty()) json.key("exceptionType").string(error.exception);
    if (!error.resource_arn.empty()) json.key("resourceArn").string(error.resource_arn);
    json.end_object();
  }
  json.end_object();
  return out;
}

// Cuts so much from the end of a text that its JSON form is at least `excess` bytes shorter, or
// all of it.
void cut(std::string& text, std::size_t excess) {
  std::size_t freed = 0;
  while (!text.empty() && freed < excess) {
    std::size_t begin = text.size() - 1;  // Of the last character.
    while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80) --begin;
    freed += protocol::json_quote(std::string_view(text).substr(begin)).size() - 2;
    text.resize(begin);
  }
}

}  // namespace

std::string_view to_string(LogStep step) { return kSteps[static_cast<std::size_t>(step)].name; }
LogLevel step_level(LogStep step) { return kSteps[static_cast<std::size_t>(step)].level; }

std::string to_json(LogRecord record) {
  std::string out = write_record(record, {});
  std::vector<std::string_view> truncated;
  const std::pair<std::string_view, std::optional<std::string>*> fields[] = {
      {"payload", &record.payload},
      {"awsRequest", &record.request},
      {"awsResponse", &record.response}};
  for (const auto& [name, field] : fields) {
    if (out.size() <= limits::kPipeLogRecordBytes) break;
    if (!*field) continue;
    truncated.push_back(name);
    const std::size_t with_names = write_record(record, truncated).size();
    cut(**field, with_names - limits::kPipeLogRecordBytes);
    out = write_record(record, truncated);
  }
  return out;
}

LogRecord::Trouble trouble_of(const CallFailure& failure, bool enrichment,
                              std::string_view resource_arn) {
  LogRecord::Trouble trouble;
  trouble.message = fmt::format("{} invocation failed with error from {}. {}",
                                enrichment ? "Enrichment" : "Target", service_name(failure.service),
                                failure.message);
  trouble.status = failure.status;
  trouble.service = failure.service;
  trouble.request_id = failure.request_id;
  trouble.exception = failure.code;
  trouble.resource_arn = resource_arn;
  return trouble;
}

}  // namespace penstock::pipes
