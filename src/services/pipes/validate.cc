// The checks of pipe definitions. A member that AWS honours is honoured or refused by name: nothing
// is accepted and ignored.
#include "services/pipes/validate.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "services/pipes/errors.h"
#include "services/pipes/input_template.h"
#include "services/pipes/json_path.h"
#include "stream/event_pattern.h"

namespace penstock::pipes {
namespace {

using protocol::ApiResult;

std::unexpected<protocol::ApiError> refuse(std::string message) {
  return std::unexpected(validation(std::move(message)));
}

std::unexpected<protocol::ApiError> unsupported(std::string_view what) {
  return refuse(fmt::format("{} is not supported by this server.", what));
}

ApiResult<void> check_place(const Place& place, const ArnParts& arn) {
  if (arn.region != place.region) return refuse("Creating cross-region pipe is not permitted.");
  if (arn.account != place.account) return refuse("Creating cross-account pipe is not permitted.");
  return {};
}

ApiResult<SourceKind> check_source(const Place& place, const std::string& source) {
  const std::optional<ArnParts> arn = parse_arn(source);
  if (!arn) return unsupported("The source " + source);
  if (arn->service == "dynamodb" && arn->resource.starts_with("table/") &&
      arn->resource.find("/stream/") != std::string::npos) {
    TRY_VOID(check_place(place, *arn));
    return SourceKind::kDynamoDbStream;
  }
  if (arn->service == "kinesis" && arn->resource.starts_with("stream/")) {
    TRY_VOID(check_place(place, *arn));
    return SourceKind::kKinesisStream;
  }
  if (arn->service == "dynamodb" || arn->service == "kinesis") {
    return refuse("Invalid source parameter provided for source");
  }
  return unsupported("A source of the service " + arn->service);
}

ApiResult<void> check_target(const Place& place, const std::string& target) {
  const std::optional<ArnParts> arn = parse_arn(target);
  if (!arn) return refuse("Invalid target parameter provided for target.");
  if (arn->service != "kinesis") return unsupported("A target of the service " + arn->service);
  if (!arn->resource.starts_with("stream/")) {
    return refuse("Invalid target parameter provided for target.");
  }
  return check_place(place, *arn);
}

// The members that the stream sources share, at creation and at update.
template <typename Parameters>
ApiResult<SourceSettings> check_settings(const Parameters& p) {
  SourceSettings s;
  s.batch_size = p.batch_size.value_or(s.batch_size);
  if (s.batch_size > static_cast<std::int32_t>(limits::kPipeTargetBatchMax)) {
    return refuse(
        fmt::format("The configured batch size {} is greater than the max supported batch "
                    "size {} of the target.",
                    s.batch_size, limits::kPipeTargetBatchMax));
  }
  s.window_seconds = p.maximum_batching_window_in_seconds.value_or(s.window_seconds);
  s.record_age_seconds_max = p.maximum_record_age_in_seconds.value_or(s.record_age_seconds_max);
  if (s.record_age_seconds_max != -1 && s.record_age_seconds_max < 60) {
    return refuse("MaximumRecordAgeInSeconds must be -1 or between 60 and 604800.");
  }
  s.retry_attempts_max = p.maximum_retry_attempts.value_or(s.retry_attempts_max);
  // One batch of a shard at a time: that is what keeps the order and the exactly-once append.
  if (p.parallelization_factor.value_or(1) > 1) {
    return unsupported("ParallelizationFactor greater than 1");
  }
  s.bisect = p.on_partial_batch_item_failure.has_value();
  if (p.dead_letter_config && p.dead_letter_config->arn) return unsupported("DeadLetterConfig");
  return s;
}

ApiResult<std::optional<std::vector<std::string>>> check_filters(
    const std::optional<api::FilterCriteria>& criteria) {
  if (!criteria || !criteria->filters) return std::nullopt;
  std::vector<std::string> patterns;
  for (const api::Filter& filter : *criteria->filters) {
    const std::string pattern = filter.pattern.value_or("");
    const Result<stream::EventPattern> parsed = stream::EventPattern::parse(pattern);
    if (!parsed) return refuse("Invalid Event Pattern. Reason: " + parsed.error().message);
    patterns.push_back(pattern);
  }
  return patterns;
}

ApiResult<void> apply_target(PipeConfig& config,
                             const std::optional<api::PipeTargetParameters>& parameters) {
  if (!parameters || !parameters->kinesis_stream_parameters) {
    return refuse("Missing required parameter: TargetParameters.KinesisStreamParameters.");
  }
  const api::PipeTargetParameters& p = *parameters;
  if (p.lambda_function_parameters || p.step_function_state_machine_parameters ||
      p.ecs_task_parameters || p.batch_job_parameters || p.sqs_queue_parameters ||
      p.http_parameters || p.redshift_data_parameters || p.sage_maker_pipeline_parameters ||
      p.event_bridge_event_bus_parameters || p.cloud_watch_logs_parameters ||
      p.timestream_parameters) {
    return refuse("Invalid target parameter provided for target.");
  }
  const std::string& key = p.kinesis_stream_parameters->partition_key;
  if (key.empty()) {
    return refuse("PartitionKey of KinesisStreamParameters must not be empty.");
  }
  if (key.starts_with("$.") && !parse_json_path(key)) {
    return refuse(fmt::format("The PartitionKey {} is not a valid json path.", key));
  }
  config.partition_key = key;
  config.input_template = p.input_template;
  if (config.input_template && config.input_template->empty()) config.input_template.reset();
  if (config.input_template) {
    const Result<InputTemplate> parsed = InputTemplate::parse(*config.input_template);
    if (!parsed) return refuse(parsed.error().message);
  }
  return {};
}

template <typename Parameters>
ApiResult<void> refuse_other_sources(const Parameters& p, SourceKind kind) {
  const bool dynamodb = kind == SourceKind::kDynamoDbStream;
  if (p.sqs_queue_parameters || p.active_mq_broker_parameters || p.rabbit_mq_broker_parameters ||
      p.managed_streaming_kafka_parameters || p.self_managed_kafka_parameters ||
      (dynamodb ? p.kinesis_stream_parameters.has_value()
                : p.dynamo_db_stream_parameters.has_value())) {
    return refuse("Invalid source parameter provided for source");
  }
  return {};
}

ApiResult<void> apply_source(PipeConfig& config,
                             const std::optional<api::PipeSourceParameters>& parameters) {
  const bool dynamodb = config.source_kind == SourceKind::kDynamoDbStream;
  if (!parameters || (dynamodb ? !parameters->dynamo_db_stream_parameters.has_value()
                               : !parameters->kinesis_stream_parameters.has_value())) {
    return refuse(fmt::format("Missing required parameter: SourceParameters.{}.",
                              dynamodb ? "DynamoDBStreamParameters" : "KinesisStreamParameters"));
  }
  TRY_VOID(refuse_other_sources(*parameters, config.source_kind));
  TRY(config.filters, check_filters(parameters->filter_criteria));
  if (dynamodb) {
    TRY(config.settings, check_settings(*parameters->dynamo_db_stream_parameters));
    config.starting_position = parameters->dynamo_db_stream_parameters->starting_position;
    return {};
  }
  const api::PipeSourceKinesisStreamParameters& kinesis = *parameters->kinesis_stream_parameters;
  TRY(config.settings, check_settings(kinesis));
  config.starting_position = kinesis.starting_position;
  config.starting_timestamp = kinesis.starting_position_timestamp;
  if ((config.starting_position == "AT_TIMESTAMP") != config.starting_timestamp.has_value()) {
    return refuse(
        "StartingPositionTimestamp is required with, and only with, the StartingPosition "
        "AT_TIMESTAMP.");
  }
  return {};
}

// The parts of both requests that are refused when they would do something.
template <typename Request>
ApiResult<void> refuse_absent_features(const Request& request) {
  if (request.enrichment && !request.enrichment->empty()) return unsupported("Enrichment");
  if (request.enrichment_parameters && (request.enrichment_parameters->input_template ||
                                        request.enrichment_parameters->http_parameters)) {
    return unsupported("EnrichmentParameters");
  }
  if (request.kms_key_identifier && !request.kms_key_identifier->empty()) {
    return unsupported("KmsKeyIdentifier");
  }
  if (request.log_configuration && request.log_configuration->level != "OFF") {
    return unsupported("LogConfiguration with a Level other than OFF");
  }
  if (request.log_configuration) {
    const api::PipeLogConfigurationParameters& log = *request.log_configuration;
    if (log.cloudwatch_logs_log_destination || log.firehose_log_destination ||
        log.s3_log_destination || log.include_execution_data) {
      return unsupported("LogConfiguration with a destination");
    }
  }
  return {};
}

}  // namespace

ApiResult<PipeConfig> checked_create(const Place& place, const api::CreatePipeRequest& request) {
  TRY_VOID(refuse_absent_features(request));
  PipeConfig config;
  config.place = place;
  config.name = request.name;
  config.description = request.description;
  config.wants_running = request.desired_state.value_or("RUNNING") == "RUNNING";
  config.source = request.source;
  TRY(config.source_kind, check_source(place, request.source));
  config.target = request.target;
  TRY_VOID(check_target(place, request.target));
  TRY_VOID(apply_source(config, request.source_parameters));
  TRY_VOID(apply_target(config, request.target_parameters));
  config.role_arn = request.role_arn;
  config.tags = request.tags.value_or(std::map<std::string, std::string>{});
  return config;
}

ApiResult<PipeConfig> checked_update(PipeConfig config, const api::UpdatePipeRequest& request) {
  TRY_VOID(refuse_absent_features(request));
  if (request.description) config.description = request.description;
  if (request.desired_state) config.wants_running = *request.desired_state == "RUNNING";
  config.role_arn = request.role_arn;
  if (request.target) {
    TRY_VOID(check_target(config.place, *request.target));
    config.target = *request.target;
  }
  if (request.target_parameters) TRY_VOID(apply_target(config, request.target_parameters));
  if (!request.source_parameters) return config;
  const api::UpdatePipeSourceParameters& source = *request.source_parameters;
  TRY_VOID(refuse_other_sources(source, config.source_kind));
  TRY(config.filters, check_filters(source.filter_criteria));
  // The block of the stream may be left out; given, it replaces the stored one as a whole.
  if (source.dynamo_db_stream_parameters) {
    TRY(config.settings, check_settings(*source.dynamo_db_stream_parameters));
  } else if (source.kinesis_stream_parameters) {
    TRY(config.settings, check_settings(*source.kinesis_stream_parameters));
  }
  return config;
}

namespace {

template <typename Parameters>
Parameters stream_parameters(const PipeConfig& config) {
  Parameters p;
  p.batch_size = config.settings.batch_size;
  p.maximum_batching_window_in_seconds = config.settings.window_seconds;
  p.maximum_record_age_in_seconds = config.settings.record_age_seconds_max;
  p.maximum_retry_attempts = config.settings.retry_attempts_max;
  p.parallelization_factor = config.settings.parallelization_factor;
  if (config.settings.bisect) p.on_partial_batch_item_failure = "AUTOMATIC_BISECT";
  p.starting_position = config.starting_position;
  return p;
}

}  // namespace

api::PipeSourceParameters source_parameters(const PipeConfig& config) {
  api::PipeSourceParameters p;
  if (config.source_kind == SourceKind::kDynamoDbStream) {
    p.dynamo_db_stream_parameters =
        stream_parameters<api::PipeSourceDynamoDBStreamParameters>(config);
  } else {
    p.kinesis_stream_parameters = stream_parameters<api::PipeSourceKinesisStreamParameters>(config);
    p.kinesis_stream_parameters->starting_position_timestamp = config.starting_timestamp;
  }
  if (config.filters) {
    p.filter_criteria.emplace().filters.emplace();
    for (const std::string& filter : *config.filters) {
      p.filter_criteria->filters->push_back({filter});
    }
  }
  return p;
}

api::PipeTargetParameters target_parameters(const PipeConfig& config) {
  api::PipeTargetParameters p;
  p.input_template = config.input_template;
  p.kinesis_stream_parameters = api::PipeTargetKinesisStreamParameters{config.partition_key};
  return p;
}

}  // namespace penstock::pipes
