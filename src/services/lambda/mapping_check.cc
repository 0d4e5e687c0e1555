// The rules that need nothing but the request. Texts are AWS's where they are known; those that
// are not are marked.
#include "services/lambda/mapping_check.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "base/limits.h"
#include "protocol/arn.h"
#include "services/lambda/errors.h"
#include "stream/event_pattern.h"

namespace penstock::lambda {
namespace {

using protocol::ApiResult;
using Source = Mapping::Source;

std::unexpected<protocol::ApiError> refuse_parameter(std::string message) {
  return std::unexpected(invalid_parameter(std::move(message)));
}

std::unexpected<protocol::ApiError> unsupported(std::string_view name) {
  return refuse_parameter(
      fmt::format("Unsupported {} parameter for given event source mapping type.", name));
}

std::unexpected<protocol::ApiError> null_member(std::string_view name) {
  return refuse_parameter(
      fmt::format("1 validation error detected: Value null at '{}' failed to satisfy constraint: "
                  "Member must not be null.",
                  name));
}

std::unexpected<protocol::ApiError> absent_here(std::string_view what) {
  return std::unexpected(not_supported(what));
}

bool is_stream_of_table(const protocol::Arn& arn) {
  const std::size_t slash = arn.resource.find("/stream/");
  return arn.resource.starts_with("table/") && slash != std::string::npos &&
         slash > std::string_view("table/").size() &&
         arn.resource.size() > slash + std::string_view("/stream/").size();
}

ApiResult<Source> source_of(const Place& place, const std::string& text) {
  const auto arn = protocol::parse_arn(text);
  if (!arn) return refuse_parameter("Unrecognized event source.");
  if (arn->service == "kafka") return absent_here("Amazon MSK as an event source");
  if (arn->service == "mq") return absent_here("Amazon MQ as an event source");
  if (arn->service == "rds") return absent_here("Amazon DocumentDB as an event source");
  Source source = Source::kKinesis;
  if (arn->service == "kinesis" && arn->resource.starts_with("stream/")) {
    if (arn->resource.find("/consumer/") != std::string::npos) {
      return absent_here("A stream consumer (enhanced fan-out) as an event source");
    }
  } else if (arn->service == "dynamodb" && is_stream_of_table(*arn)) {
    source = Source::kDynamodb;
  } else if (arn->service == "sqs" && arn->resource.find('/') == std::string::npos) {
    source = Source::kSqs;
  } else {
    return refuse_parameter("Unrecognized event source.");
  }
  if (arn->region != place.region || arn->account != place.account) {
    return absent_here("An event source of another account or region");
  }
  return source;
}

// Of other sources, which are refused; both requests have most of them.
template <typename Request>
ApiResult<void> check_foreign(const Request& input) {
  if (input.source_access_configurations && !input.source_access_configurations->empty()) {
    return unsupported("SourceAccessConfigurations");
  }
  if (input.amazon_managed_kafka_event_source_config) {
    return unsupported("AmazonManagedKafkaEventSourceConfig");
  }
  if (input.self_managed_kafka_event_source_config) {
    return unsupported("SelfManagedKafkaEventSourceConfig");
  }
  if (input.document_db_event_source_config) return unsupported("DocumentDBEventSourceConfig");
  if (input.logging_config) return unsupported("LoggingConfig");
  if (input.kms_key_arn && !input.kms_key_arn->empty()) return absent_here("KMSKeyArn");
  if (input.metrics_config && input.metrics_config->metrics &&
      !input.metrics_config->metrics->empty()) {
    return absent_here("MetricsConfig");
  }
  return {};
}

// Of Kinesis, `data` is decoded JSON, and of DynamoDB `dynamodb` is: a pattern that wants it to be
// something else could never match, and is refused.
bool pattern_fits(Source source, const std::string& pattern) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(pattern).get(root) != simdjson::SUCCESS) return false;
  const char* const name = source == Source::kKinesis ? "data" : "dynamodb";
  simdjson::dom::element member;
  if (source == Source::kSqs || root[name].get(member) != simdjson::SUCCESS) return true;
  return member.is_object();
}

ApiResult<std::vector<std::string>> filters_of(Source source, const api::FilterCriteria& criteria) {
  std::vector<std::string> patterns;
  if (!criteria.filters) return patterns;
  // The wording of the quota is not known.
  if (criteria.filters->size() > limits::kLambdaMappingFilters) {
    return refuse_parameter(fmt::format("Maximum number of filters exceeded. The limit is {}.",
                                        limits::kLambdaMappingFilters));
  }
  for (const api::Filter& filter : *criteria.filters) {
    if (!filter.pattern || !pattern_fits(source, *filter.pattern) ||
        !stream::EventPattern::parse(*filter.pattern)) {
      return refuse_parameter("Invalid filter pattern definition.");
    }
    patterns.push_back(*filter.pattern);
  }
  return patterns;
}

ApiResult<std::string> destination_of(const Place& place, const api::DestinationConfig& config) {
  if (config.on_success && config.on_success->destination) return unsupported("DestinationConfig");
  const std::string arn =
      config.on_failure ? config.on_failure->destination.value_or("") : std::string();
  if (arn.empty()) return arn;
  const auto parsed = protocol::parse_arn(arn);
  if (parsed && parsed->service == "sns") return absent_here("An SNS topic as a destination");
  if (arn.starts_with("kafka://")) return absent_here("A Kafka topic as a destination");
  const bool bucket = parsed && parsed->service == "s3" && !parsed->resource.contains('/');
  const bool queue = parsed && parsed->service == "sqs" && !parsed->resource.ends_with(".fifo") &&
                     parsed->region == place.region && parsed->account == place.account;
  if (bucket || queue) return arn;
  return refuse_parameter(
      fmt::format("The provided destination config DestinationConfig(onSuccess=null, "
                  "onFailure=OnFailure(destination={})) is invalid.",
                  arn));
}

template <typename Request>
ApiResult<void> set_common(Mapping& mapping, const Request& input) {
  TRY_VOID(check_foreign(input));
  mapping.batch_size = input.batch_size.value_or(mapping.batch_size);
  mapping.window_seconds =
      input.maximum_batching_window_in_seconds.value_or(mapping.window_seconds);
  mapping.enabled = input.enabled.value_or(mapping.enabled);
  if (input.function_response_types) {
    mapping.partial_failures = !input.function_response_types->empty();
  }
  if (input.filter_criteria) {
    TRY(mapping.filters, filters_of(mapping.source, *input.filter_criteria));
  }
  return {};
}

template <typename Request>
ApiResult<void> set_queue(Mapping& mapping, const Request& input) {
  if (input.parallelization_factor) return unsupported("ParallelizationFactor");
  if (input.destination_config) return unsupported("DestinationConfig");
  if (input.maximum_record_age_in_seconds) return unsupported("MaximumRecordAgeInSeconds");
  if (input.bisect_batch_on_function_error) return unsupported("BisectBatchOnFunctionError");
  if (input.maximum_retry_attempts) return unsupported("MaximumRetryAttempts");
  if (input.tumbling_window_in_seconds) return unsupported("TumblingWindowInSeconds");
  if (input.provisioned_poller_config) return absent_here("ProvisionedPollerConfig");
  if (input.scaling_config) mapping.concurrency_max = input.scaling_config->maximum_concurrency;
  TRY_VOID(set_common(mapping, input));
  if (mapping.fifo() && mapping.window_seconds > 0) {
    return refuse_parameter("Batching window is not supported for FIFO queues");
  }
  if (mapping.fifo() && mapping.batch_size > 10) {
    return refuse_parameter("Maximum batch size must be between 1 and 10 inclusive");
  }
  if (mapping.batch_size > 10 && mapping.window_seconds == 0) {
    return refuse_parameter(
        "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater "
        "than 10");
  }
  return {};
}

template <typename Request>
ApiResult<void> set_stream(Mapping& mapping, const Request& input) {
  if (input.scaling_config) return unsupported("ScalingConfig");
  if (input.provisioned_poller_config) return unsupported("ProvisionedPollerConfig");
  TRY_VOID(set_common(mapping, input));
  mapping.parallelization = input.parallelization_factor.value_or(mapping.parallelization);
  mapping.age_seconds_max = input.maximum_record_age_in_seconds.value_or(mapping.age_seconds_max);
  mapping.retries_max = input.maximum_retry_attempts.value_or(mapping.retries_max);
  mapping.bisect = input.bisect_batch_on_function_error.value_or(mapping.bisect);
  mapping.tumbling_seconds = input.tumbling_window_in_seconds.value_or(mapping.tumbling_seconds);
  // Documented as a rule; the wording is not known.
  if (mapping.tumbling_seconds > 0 && mapping.parallelization > 1) {
    return refuse_parameter(
        "ParallelizationFactor must be 1 when TumblingWindowInSeconds is specified.");
  }
  if (input.destination_config) {
    TRY(mapping.on_failure, destination_of(mapping.place, *input.destination_config));
  }
  // The model lets -1 to 604800 pass; the wording of what it does not say is not known.
  if (mapping.age_seconds_max >= 0 && mapping.age_seconds_max < 60) {
    return refuse_parameter("MaximumRecordAgeInSeconds must be -1 or between 60 and 604800.");
  }
  return {};
}

ApiResult<void> set_start(Mapping& mapping, Timestamp now,
                          const api::CreateEventSourceMappingRequest& input) {
  if (!input.starting_position) return null_member("startingPosition");
  mapping.start = *input.starting_position;
  const bool at_time = mapping.start == "AT_TIMESTAMP";
  if (input.starting_position_timestamp && !at_time) {
    return refuse_parameter("Timestamp only valid with StartingPosition AT_TIMESTAMP");
  }
  if (!at_time) return {};
  if (mapping.source == Source::kDynamodb) {
    return refuse_parameter("Unsupported starting position for arn type: " + mapping.source_arn);
  }
  if (!input.starting_position_timestamp) return null_member("startingPositionTimestamp");
  if (input.starting_position_timestamp->micros < 0) {
    return refuse_parameter(
        "Received Exception while reading from provided stream. class java.lang.Long can not be "
        "converted to a Timestamp");
  }
  // Documented as a rule; the wording is not known.
  if (*input.starting_position_timestamp > now) {
    return refuse_parameter("StartingPositionTimestamp cannot be in the future.");
  }
  mapping.start_time = input.starting_position_timestamp;
  return {};
}

}  // namespace

protocol::ApiResult<Mapping> mapping_of(const Place& place, Timestamp now,
                                        const api::CreateEventSourceMappingRequest& input) {
  if (input.destination_config && input.destination_config->on_success) {
    return unsupported("DestinationConfig");
  }
  if (input.self_managed_event_source) {
    return absent_here("Self-managed Apache Kafka as an event source");
  }
  if (!input.event_source_arn) return refuse_parameter("Unrecognized event source.");
  Mapping mapping;
  mapping.place = place;
  mapping.modified = now;
  mapping.source_arn = *input.event_source_arn;
  TRY(mapping.source, source_of(place, mapping.source_arn));
  if (input.topics) return unsupported("Topics");
  if (input.queues) return unsupported("Queues");
  if (input.tags) mapping.tags = *input.tags;
  if (mapping.tags.size() > limits::kLambdaTags) {
    return refuse_parameter("Number of tags exceeds resource tag limit.");
  }
  if (mapping.source == Source::kSqs) {
    if (input.starting_position || input.starting_position_timestamp) {
      return refuse_parameter("StartingPosition is not valid for SQS event sources.");
    }
    mapping.batch_size = 10;
    TRY_VOID(set_queue(mapping, input));
    return mapping;
  }
  TRY_VOID(set_start(mapping, now, input));
  TRY_VOID(set_stream(mapping, input));
  return mapping;
}

protocol::ApiResult<Mapping> changed_mapping(Mapping before,
                                             const api::UpdateEventSourceMappingRequest& input) {
  if (input.destination_config && input.destination_config->on_success) {
    return unsupported("DestinationConfig");
  }
  if (before.of_stream()) {
    TRY_VOID(set_stream(before, input));
  } else {
    TRY_VOID(set_queue(before, input));
  }
  return before;
}

}  // namespace penstock::lambda
