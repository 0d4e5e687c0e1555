// Parameter blocks as they were given, with the defaults that AWS fills in.
#include "services/pipes/shown.h"

#include "base/check.h"

namespace penstock::pipes {
namespace {

template <typename Parameters>
void show_batching(Parameters& p, const SourceSettings& settings) {
  p.batch_size = settings.batch_size;
  if (settings.named.window) p.maximum_batching_window_in_seconds = settings.window_seconds;
}

template <typename Parameters>
Parameters stream_parameters(const PipeConfig& config) {
  const SourceSettings& settings = config.settings;
  Parameters p;
  show_batching(p, settings);
  if (settings.named.record_age) p.maximum_record_age_in_seconds = settings.record_age_seconds_max;
  if (settings.named.retry_attempts) p.maximum_retry_attempts = settings.retry_attempts_max;
  if (settings.named.parallelization_factor) {
    p.parallelization_factor = settings.parallelization_factor;
  }
  if (settings.bisect) p.on_partial_batch_item_failure = "AUTOMATIC_BISECT";
  if (settings.dead_letter_arn) p.dead_letter_config.emplace().arn = settings.dead_letter_arn;
  p.starting_position = config.starting_position;
  return p;
}

api::SelfManagedKafkaAccessConfigurationCredentials shown_credentials(const KafkaCredentials& c) {
  api::SelfManagedKafkaAccessConfigurationCredentials shown;
  switch (c.kind) {
    case KafkaCredentials::Kind::kBasicAuth: shown.basic_auth = c.secret_arn; break;
    case KafkaCredentials::Kind::kSaslScram512Auth: shown.sasl_scram512_auth = c.secret_arn; break;
    case KafkaCredentials::Kind::kSaslScram256Auth: shown.sasl_scram256_auth = c.secret_arn; break;
    case KafkaCredentials::Kind::kClientCertificateTlsAuth:
      shown.client_certificate_tls_auth = c.secret_arn;
      break;
  }
  return shown;
}

api::PipeSourceSelfManagedKafkaParameters kafka_parameters(const PipeConfig& config) {
  CHECK(config.kafka.has_value());
  const KafkaSource& kafka = *config.kafka;
  api::PipeSourceSelfManagedKafkaParameters p;
  show_batching(p, config.settings);
  p.topic_name = kafka.topic;
  if (config.settings.named.starting_position) p.starting_position = config.starting_position;
  if (!kafka.more_bootstrap_servers.empty()) {
    p.additional_bootstrap_servers = kafka.more_bootstrap_servers;
  }
  p.consumer_group_id = kafka.consumer_group_id;
  if (kafka.credentials) p.credentials = shown_credentials(*kafka.credentials);
  p.server_root_ca_certificate = kafka.server_root_ca_certificate;
  if (kafka.vpc) {
    p.vpc.emplace();
    if (!kafka.vpc->subnets.empty()) p.vpc->subnets = kafka.vpc->subnets;
    if (!kafka.vpc->security_groups.empty()) p.vpc->security_group = kafka.vpc->security_groups;
  }
  return p;
}

struct ShowBlock {
  api::PipeTargetParameters& p;
  void operator()(const KinesisTarget& t) {
    p.kinesis_stream_parameters = api::PipeTargetKinesisStreamParameters{t.partition_key};
  }
  void operator()(const FirehoseTarget&) {}
  void operator()(const LambdaTarget& t) {
    p.lambda_function_parameters = api::PipeTargetLambdaFunctionParameters{t.invocation_type};
  }
  void operator()(const SqsTarget& t) {
    p.sqs_queue_parameters =
        api::PipeTargetSqsQueueParameters{t.message_group_id, t.message_deduplication_id};
  }
  void operator()(const LogsTarget& t) {
    p.cloud_watch_logs_parameters =
        api::PipeTargetCloudWatchLogsParameters{t.log_stream_name, t.timestamp};
  }
};

std::string level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kOff: return "OFF";
    case LogLevel::kError: return "ERROR";
    case LogLevel::kInfo: return "INFO";
    case LogLevel::kTrace: return "TRACE";
  }
  CHECK(false);
}

}  // namespace

api::PipeSourceParameters shown_source(const PipeConfig& config) {
  api::PipeSourceParameters p;
  switch (config.source_kind) {
    case SourceKind::kDynamoDbStream:
      p.dynamo_db_stream_parameters =
          stream_parameters<api::PipeSourceDynamoDBStreamParameters>(config);
      break;
    case SourceKind::kKinesisStream:
      p.kinesis_stream_parameters =
          stream_parameters<api::PipeSourceKinesisStreamParameters>(config);
      p.kinesis_stream_parameters->starting_position_timestamp = config.starting_timestamp;
      break;
    case SourceKind::kSqsQueue:
      show_batching(p.sqs_queue_parameters.emplace(), config.settings);
      break;
    case SourceKind::kKafka: p.self_managed_kafka_parameters = kafka_parameters(config); break;
  }
  if (config.filters) {
    p.filter_criteria.emplace().filters.emplace();
    for (const std::string& filter : *config.filters) {
      p.filter_criteria->filters->push_back({filter});
    }
  }
  return p;
}

std::optional<api::PipeTargetParameters> shown_target(const PipeConfig& config) {
  const TargetSettings& settings = config.target_settings;
  if (!settings.block_named && !settings.input_template) return std::nullopt;
  api::PipeTargetParameters p;
  p.input_template = settings.input_template;
  if (settings.block_named) std::visit(ShowBlock{p}, settings.block);
  return p;
}

std::optional<api::PipeEnrichmentParameters> shown_enrichment(const PipeConfig& config) {
  if (!config.enrichment || !config.enrichment->input_template) return std::nullopt;
  api::PipeEnrichmentParameters p;
  p.input_template = config.enrichment->input_template;
  return p;
}

std::optional<api::PipeLogConfiguration> shown_log(const PipeConfig& config) {
  if (!config.log) return std::nullopt;
  const LogSettings& log = *config.log;
  api::PipeLogConfiguration p;
  p.level = level_name(log.level);
  if (log.include_execution_data) p.include_execution_data = std::vector<std::string>{"ALL"};
  if (log.log_group_arn)
    p.cloudwatch_logs_log_destination.emplace().log_group_arn = log.log_group_arn;
  if (log.delivery_stream_arn) {
    p.firehose_log_destination.emplace().delivery_stream_arn = log.delivery_stream_arn;
  }
  if (log.s3) {
    p.s3_log_destination = api::S3LogDestination{log.s3->bucket_name, log.s3->prefix,
                                                 log.s3->bucket_owner, log.s3->output_format};
  }
  return p;
}

}  // namespace penstock::pipes
