// Sources of pipes: which ARN is of which kind, and the parameter block of each kind.
#include <fmt/format.h>

#include <algorithm>

#include "services/pipes/validate_parts.h"
#include "stream/event_pattern.h"

namespace penstock::pipes {
namespace {

using protocol::ApiResult;

constexpr std::string_view kBadSource = "Invalid source parameter provided for source";
constexpr std::string_view kKafkaScheme = "smk://";

std::string_view block_of(SourceKind kind) {
  switch (kind) {
    case SourceKind::kDynamoDbStream: return "DynamoDBStreamParameters";
    case SourceKind::kKinesisStream: return "KinesisStreamParameters";
    case SourceKind::kSqsQueue: return "SqsQueueParameters";
    case SourceKind::kKafka: return "SelfManagedKafkaParameters";
  }
  return "";
}

// The brokers that AWS reads and this server does not.
bool is_broker(std::string_view service) { return service == "mq" || service == "kafka"; }

ApiResult<void> check_dead_letters(const Place& place, SourceSettings& settings,
                                   const std::optional<api::DeadLetterConfig>& config) {
  if (!config || !config->arn) return {};
  const std::optional<Arn> arn = parse_arn(*config->arn);
  if (arn && arn->service == "sns") return unsupported("DeadLetterConfig with an SNS topic");
  if (!arn || arn->service != "sqs" || arn->resource.find_first_of(":/") != std::string::npos) {
    return refuse("Invalid DeadLetterConfig provided for source");
  }
  // Documented: standard queues only.
  if (arn->resource.ends_with(".fifo")) {
    return refuse("Invalid DeadLetterConfig provided for source");
  }
  TRY_VOID(check_place(place, *arn));
  settings.dead_letter_arn = *config->arn;
  return {};
}

template <typename Parameters>
void apply_batching(SourceSettings& settings, const Parameters& p, std::int32_t batch_size) {
  settings.batch_size = p.batch_size.value_or(batch_size);
  settings.window_seconds = p.maximum_batching_window_in_seconds.value_or(0);
  settings.named.window = p.maximum_batching_window_in_seconds.has_value();
}

// The members that the stream sources share, at creation and at update.
template <typename Parameters>
ApiResult<SourceSettings> check_stream(const Place& place, const Parameters& p) {
  SourceSettings s;
  apply_batching(s, p, 100);
  s.record_age_seconds_max = p.maximum_record_age_in_seconds.value_or(-1);
  s.named.record_age = p.maximum_record_age_in_seconds.has_value();
  if (s.record_age_seconds_max != -1 && s.record_age_seconds_max < 60) {
    return refuse("MaximumRecordAgeInSeconds must be -1 or between 60 and 604800.");
  }
  s.retry_attempts_max = p.maximum_retry_attempts.value_or(-1);
  s.named.retry_attempts = p.maximum_retry_attempts.has_value();
  s.parallelization_factor = p.parallelization_factor.value_or(1);
  s.named.parallelization_factor = p.parallelization_factor.has_value();
  s.bisect = p.on_partial_batch_item_failure.has_value();
  TRY_VOID(check_dead_letters(place, s, p.dead_letter_config));
  return s;
}

std::optional<KafkaCredentials> kafka_credentials(
    const std::optional<api::SelfManagedKafkaAccessConfigurationCredentials>& credentials) {
  using Kind = KafkaCredentials::Kind;
  if (!credentials) return std::nullopt;
  if (credentials->basic_auth) return KafkaCredentials{Kind::kBasicAuth, *credentials->basic_auth};
  if (credentials->sasl_scram512_auth) {
    return KafkaCredentials{Kind::kSaslScram512Auth, *credentials->sasl_scram512_auth};
  }
  if (credentials->sasl_scram256_auth) {
    return KafkaCredentials{Kind::kSaslScram256Auth, *credentials->sasl_scram256_auth};
  }
  if (credentials->client_certificate_tls_auth) {
    return KafkaCredentials{Kind::kClientCertificateTlsAuth,
                            *credentials->client_certificate_tls_auth};
  }
  return std::nullopt;
}

// What UpdatePipe may change of a Kafka source, too.
template <typename Parameters>
void apply_kafka_access(KafkaSource& kafka, const Parameters& p) {
  kafka.credentials = kafka_credentials(p.credentials);
  kafka.server_root_ca_certificate = p.server_root_ca_certificate;
  kafka.vpc.reset();
  if (p.vpc) {
    kafka.vpc = KafkaVpc{p.vpc->subnets.value_or(std::vector<std::string>{}),
                         p.vpc->security_group.value_or(std::vector<std::string>{})};
  }
}

void apply_kafka(PipeConfig& config, const api::PipeSourceSelfManagedKafkaParameters& p) {
  config.settings = {};
  apply_batching(config.settings, p, 100);
  KafkaSource& kafka = config.kafka.emplace();
  kafka.topic = p.topic_name;
  kafka.more_bootstrap_servers =
      p.additional_bootstrap_servers.value_or(std::vector<std::string>{});
  kafka.consumer_group_id = p.consumer_group_id;
  apply_kafka_access(kafka, p);
  config.starting_position = p.starting_position.value_or("TRIM_HORIZON");
  config.settings.named.starting_position = p.starting_position.has_value();
}

ApiResult<void> apply_dynamodb(PipeConfig& config,
                               const api::PipeSourceDynamoDBStreamParameters& p) {
  TRY(config.settings, check_stream(config.place, p));
  config.starting_position = p.starting_position;
  return {};
}

ApiResult<void> apply_kinesis(PipeConfig& config, const api::PipeSourceKinesisStreamParameters& p) {
  TRY(config.settings, check_stream(config.place, p));
  config.starting_position = p.starting_position;
  config.starting_timestamp = p.starting_position_timestamp;
  if ((p.starting_position == "AT_TIMESTAMP") != p.starting_position_timestamp.has_value()) {
    return refuse(
        "StartingPositionTimestamp is required with, and only with, the StartingPosition "
        "AT_TIMESTAMP.");
  }
  return {};
}

// Documented: what a stream's records carry is matched as JSON, never as plain text.
std::string_view json_member(SourceKind kind) {
  switch (kind) {
    case SourceKind::kDynamoDbStream: return "dynamodb";
    case SourceKind::kKinesisStream: return "data";
    case SourceKind::kSqsQueue:
    case SourceKind::kKafka: return "";
  }
  return "";
}

ApiResult<std::optional<std::vector<std::string>>> check_filters(
    SourceKind kind, const api::FilterCriteria& criteria) {
  // An empty list removes the filter: such a pipe shows none.
  if (!criteria.filters || criteria.filters->empty()) return std::nullopt;
  std::vector<std::string> patterns;
  for (const api::Filter& filter : *criteria.filters) {
    const std::string pattern = filter.pattern.value_or("");
    const Result<stream::EventPattern> parsed = stream::EventPattern::parse(pattern);
    if (!parsed) return refuse("Invalid Event Pattern. Reason: " + parsed.error().message);
    if (const std::string_view member = json_member(kind);
        !member.empty() && parsed->takes_value_of(member)) {
      return refuse(fmt::format("Invalid Event Pattern. Reason: \"{}\" must be an object", member));
    }
    patterns.push_back(pattern);
  }
  return patterns;
}

// Blocks of other kinds of sources than the pipe's.
template <typename Parameters>
ApiResult<void> refuse_other_blocks(const Parameters& p, SourceKind kind) {
  if (p.active_mq_broker_parameters || p.rabbit_mq_broker_parameters ||
      p.managed_streaming_kafka_parameters ||
      (p.dynamo_db_stream_parameters && kind != SourceKind::kDynamoDbStream) ||
      (p.kinesis_stream_parameters && kind != SourceKind::kKinesisStream) ||
      (p.sqs_queue_parameters && kind != SourceKind::kSqsQueue) ||
      (p.self_managed_kafka_parameters && kind != SourceKind::kKafka)) {
    return refuse(std::string(kBadSource));
  }
  return {};
}

std::unexpected<protocol::ApiError> missing_block(SourceKind kind) {
  return refuse(fmt::format("Missing required parameter: SourceParameters.{}.", block_of(kind)));
}

}  // namespace

ApiResult<SourceKind> check_source(const Place& place, const std::string& source) {
  if (source.starts_with(kKafkaScheme)) return SourceKind::kKafka;
  const std::optional<Arn> arn = parse_arn(source);
  if (!arn) return refuse(std::string(kBadSource));
  if (is_broker(arn->service)) return unsupported("A source of the service " + arn->service);
  std::optional<SourceKind> kind;
  if (arn->service == "dynamodb" && arn->resource.starts_with("table/") &&
      arn->resource.find("/stream/") != std::string::npos) {
    kind = SourceKind::kDynamoDbStream;
  } else if (arn->service == "kinesis" && arn->resource.starts_with("stream/") &&
             std::count(arn->resource.begin(), arn->resource.end(), '/') == 1) {
    kind = SourceKind::kKinesisStream;
  } else if (arn->service == "sqs" && arn->resource.find_first_of(":/") == std::string::npos) {
    kind = SourceKind::kSqsQueue;
  }
  if (!kind) return refuse(std::string(kBadSource));
  TRY_VOID(check_place(place, *arn));
  return *kind;
}

ApiResult<void> apply_source(PipeConfig& config,
                             const std::optional<api::PipeSourceParameters>& parameters) {
  const api::PipeSourceParameters none;
  const api::PipeSourceParameters& p = parameters ? *parameters : none;
  TRY_VOID(refuse_other_blocks(p, config.source_kind));
  if (p.filter_criteria) {
    TRY(config.filters, check_filters(config.source_kind, *p.filter_criteria));
  }
  switch (config.source_kind) {
    case SourceKind::kDynamoDbStream:
      if (!p.dynamo_db_stream_parameters) return missing_block(config.source_kind);
      return apply_dynamodb(config, *p.dynamo_db_stream_parameters);
    case SourceKind::kKinesisStream:
      if (!p.kinesis_stream_parameters) return missing_block(config.source_kind);
      return apply_kinesis(config, *p.kinesis_stream_parameters);
    case SourceKind::kSqsQueue:
      apply_batching(config.settings,
                     p.sqs_queue_parameters.value_or(api::PipeSourceSqsQueueParameters{}), 10);
      return {};
    case SourceKind::kKafka:
      if (!p.self_managed_kafka_parameters) return missing_block(config.source_kind);
      apply_kafka(config, *p.self_managed_kafka_parameters);
      return {};
  }
  return {};
}

ApiResult<void> update_source(PipeConfig& config, const api::UpdatePipeSourceParameters& p) {
  TRY_VOID(refuse_other_blocks(p, config.source_kind));
  if (p.filter_criteria) {
    TRY(config.filters, check_filters(config.source_kind, *p.filter_criteria));
  }
  if (p.dynamo_db_stream_parameters) {
    TRY(config.settings, check_stream(config.place, *p.dynamo_db_stream_parameters));
  }
  if (p.kinesis_stream_parameters) {
    TRY(config.settings, check_stream(config.place, *p.kinesis_stream_parameters));
  }
  if (p.sqs_queue_parameters) apply_batching(config.settings, *p.sqs_queue_parameters, 10);
  if (p.self_managed_kafka_parameters) {
    apply_batching(config.settings, *p.self_managed_kafka_parameters, 100);
    apply_kafka_access(*config.kafka, *p.self_managed_kafka_parameters);
  }
  return {};
}

}  // namespace penstock::pipes
