// Targets and enrichments of pipes: which ARN is of which kind, and what each is told.
#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "services/pipes/input_template.h"
#include "services/pipes/json_path.h"
#include "services/pipes/validate_parts.h"

namespace penstock::pipes {
namespace {

using protocol::ApiResult;

constexpr std::string_view kBadTarget = "Invalid target parameter provided for target.";
constexpr std::string_view kBadEnrichment = "Invalid pipe enrichment.";

// Services of targets that AWS has and this server has not.
bool is_absent_target(std::string_view service) {
  constexpr std::string_view kServices[] = {"batch",       "ecs",       "events",
                                            "execute-api", "inspector", "redshift",
                                            "sagemaker",   "sns",       "redshift-serverless",
                                            "states",      "timestream"};
  return std::find(std::begin(kServices), std::end(kServices), service) != std::end(kServices);
}

// function:<name>, with or without a version or alias.
bool is_function(const Arn& arn) {
  constexpr std::string_view kFunction = "function:";
  if (arn.service != "lambda" || !arn.resource.starts_with(kFunction)) return false;
  const std::string_view rest = std::string_view(arn.resource).substr(kFunction.size());
  return !rest.empty() && std::count(rest.begin(), rest.end(), ':') <= 1;
}

std::optional<TargetKind> kind_of(const Arn& arn) {
  const std::string_view resource = arn.resource;
  if (arn.service == "kinesis" && resource.starts_with("stream/") &&
      std::count(resource.begin(), resource.end(), '/') == 1) {
    return TargetKind::kKinesisStream;
  }
  if (arn.service == "firehose" && resource.starts_with("deliverystream/")) {
    return TargetKind::kFirehose;
  }
  if (is_function(arn)) return TargetKind::kLambda;
  if (arn.service == "sqs" && resource.find_first_of(":/") == std::string::npos) {
    return TargetKind::kSqsQueue;
  }
  if (arn.service == "logs" && resource.starts_with("log-group:")) return TargetKind::kLogGroup;
  return std::nullopt;
}

TargetBlock default_block(TargetKind kind) {
  switch (kind) {
    case TargetKind::kKinesisStream: return KinesisTarget{};
    case TargetKind::kFirehose: return FirehoseTarget{};
    case TargetKind::kLambda: return LambdaTarget{};
    case TargetKind::kSqsQueue: return SqsTarget{};
    case TargetKind::kLogGroup: return LogsTarget{};
  }
  return KinesisTarget{};
}

// The block that the request has for this kind of target; nullopt when it has none.
std::optional<TargetBlock> block_of(const api::PipeTargetParameters& p, TargetKind kind) {
  if (kind == TargetKind::kKinesisStream && p.kinesis_stream_parameters) {
    return KinesisTarget{p.kinesis_stream_parameters->partition_key};
  }
  if (kind == TargetKind::kLambda && p.lambda_function_parameters) {
    return LambdaTarget{p.lambda_function_parameters->invocation_type};
  }
  if (kind == TargetKind::kSqsQueue && p.sqs_queue_parameters) {
    return SqsTarget{p.sqs_queue_parameters->message_group_id,
                     p.sqs_queue_parameters->message_deduplication_id};
  }
  if (kind == TargetKind::kLogGroup && p.cloud_watch_logs_parameters) {
    return LogsTarget{p.cloud_watch_logs_parameters->log_stream_name,
                      p.cloud_watch_logs_parameters->timestamp};
  }
  return std::nullopt;
}

bool has_other_block(const api::PipeTargetParameters& p, TargetKind kind) {
  return p.step_function_state_machine_parameters || p.ecs_task_parameters ||
         p.batch_job_parameters || p.http_parameters || p.redshift_data_parameters ||
         p.sage_maker_pipeline_parameters || p.event_bridge_event_bus_parameters ||
         p.timestream_parameters ||
         (p.kinesis_stream_parameters && kind != TargetKind::kKinesisStream) ||
         (p.lambda_function_parameters && kind != TargetKind::kLambda) ||
         (p.sqs_queue_parameters && kind != TargetKind::kSqsQueue) ||
         (p.cloud_watch_logs_parameters && kind != TargetKind::kLogGroup);
}

ApiResult<void> check_template(const std::optional<std::string>& text) {
  if (!text || text->empty()) return {};
  const Result<InputTemplate> parsed = InputTemplate::parse(*text);
  if (!parsed) return refuse(parsed.error().message);
  return {};
}

// Absent: as it was. Empty: none any more.
ApiResult<void> apply_template(std::optional<std::string>& stored,
                               const std::optional<std::string>& given) {
  if (!given) return {};
  TRY_VOID(check_template(given));
  stored = given->empty() ? std::nullopt : given;
  return {};
}

ApiResult<void> check_path(std::string_view member, const std::optional<std::string>& value) {
  if (value && value->starts_with("$.") && !parse_json_path(*value)) {
    return refuse(fmt::format("The {} {} is not a valid json path.", member, *value));
  }
  return {};
}

ApiResult<void> check_block(const PipeConfig& config) {
  const TargetBlock& block = config.target_settings.block;
  if (const auto* kinesis = std::get_if<KinesisTarget>(&block)) {
    if (kinesis->partition_key.empty()) {
      return refuse("PartitionKey of KinesisStreamParameters must not be empty.");
    }
    return check_path("PartitionKey", kinesis->partition_key);
  }
  if (const auto* sqs = std::get_if<SqsTarget>(&block)) {
    TRY_VOID(check_path("MessageGroupId", sqs->message_group_id));
    return check_path("MessageDeduplicationId", sqs->message_deduplication_id);
  }
  if (const auto* logs = std::get_if<LogsTarget>(&block)) {
    return check_path("LogStreamName", logs->log_stream_name);
  }
  return {};
}

// The most records that one request to the target takes; the batch of its source is not larger.
std::int32_t batch_max(TargetKind kind) {
  switch (kind) {
    case TargetKind::kKinesisStream:
    case TargetKind::kFirehose: return static_cast<std::int32_t>(limits::kPipeTargetBatchMax);
    case TargetKind::kSqsQueue: return 10;
    case TargetKind::kLambda:
    case TargetKind::kLogGroup: return 10'000;
  }
  return 1;
}

}  // namespace

ApiResult<TargetKind> check_target(const Place& place, const std::string& target) {
  const std::optional<Arn> arn = parse_arn(target);
  if (!arn) return refuse(std::string(kBadTarget));
  if (is_absent_target(arn->service)) {
    return unsupported("A target of the service " + arn->service);
  }
  const std::optional<TargetKind> kind = kind_of(*arn);
  if (!kind) return refuse(std::string(kBadTarget));
  TRY_VOID(check_place(place, *arn));
  return *kind;
}

ApiResult<void> apply_target(PipeConfig& config, TargetKind kind,
                             const std::optional<api::PipeTargetParameters>& parameters) {
  const api::PipeTargetParameters none;
  const api::PipeTargetParameters& p = parameters ? *parameters : none;
  if (has_other_block(p, kind)) return refuse(std::string(kBadTarget));
  TargetSettings& settings = config.target_settings;
  if (std::optional<TargetBlock> block = block_of(p, kind)) {
    settings.block = std::move(*block);
    settings.block_named = true;
  } else if (kind != settings.kind()) {
    settings.block = default_block(kind);
    settings.block_named = false;
  }
  if (kind == TargetKind::kKinesisStream && !settings.block_named) {
    return refuse("Missing required parameter: TargetParameters.KinesisStreamParameters.");
  }
  TRY_VOID(apply_template(settings.input_template, p.input_template));
  return check_block(config);
}

ApiResult<void> apply_enrichment(PipeConfig& config, const std::optional<std::string>& enrichment,
                                 const std::optional<api::PipeEnrichmentParameters>& parameters) {
  if (enrichment && enrichment->empty()) {
    config.enrichment.reset();
  } else if (enrichment) {
    const std::optional<Arn> arn = parse_arn(*enrichment);
    if (!arn) return refuse(std::string(kBadEnrichment));
    if (arn->service == "states" || arn->service == "events" || arn->service == "execute-api") {
      return unsupported("An enrichment of the service " + arn->service);
    }
    if (!is_function(*arn)) return refuse(std::string(kBadEnrichment));
    TRY_VOID(check_place(config.place, *arn));
    if (!config.enrichment) config.enrichment.emplace();
    config.enrichment->arn = *enrichment;
  }
  if (!parameters) return {};
  // Of API destinations and API Gateway alone.
  if (parameters->http_parameters) return refuse(std::string(kBadEnrichment));
  if (!config.enrichment) return check_template(parameters->input_template);
  return apply_template(config.enrichment->input_template, parameters->input_template);
}

ApiResult<void> check_batch(const PipeConfig& config) {
  const std::int32_t max = batch_max(config.target_settings.kind());
  if (config.settings.batch_size <= max) return {};
  return refuse(
      fmt::format("The configured batch size {} is greater than the max supported batch size {} of "
                  "the target.",
                  config.settings.batch_size, max));
}

}  // namespace penstock::pipes
