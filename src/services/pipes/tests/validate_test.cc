// What CreatePipe and UpdatePipe make of a request: every block is read, shown again as it was
// given, stored and loaded; and what is refused.
#include "services/pipes/validate.h"

#include <gtest/gtest.h>

#include <functional>

#include "services/pipes/pipe_record.h"
#include "services/pipes/shown.h"
#include "storage/key.h"

namespace penstock::pipes {
namespace {

const Place kHere{"000000000000", "us-east-1"};
constexpr const char* kTableArn =
    "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2024-01-01T00:00:00.000";
constexpr const char* kKinesisArn = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
constexpr const char* kQueueArn = "arn:aws:sqs:us-east-1:000000000000:q";
constexpr const char* kFunctionArn = "arn:aws:lambda:us-east-1:000000000000:function:f";
constexpr const char* kGroupArn = "arn:aws:logs:us-east-1:000000000000:log-group:/g:*";
constexpr const char* kDeliveryArn = "arn:aws:firehose:us-east-1:000000000000:deliverystream/d";

api::CreatePipeRequest basic(std::string source, std::string target) {
  api::CreatePipeRequest request;
  request.name = "p";
  request.source = std::move(source);
  request.target = std::move(target);
  request.role_arn = "arn:aws:iam::000000000000:role/r";
  return request;
}

api::CreatePipeRequest from_table(std::string target) {
  auto request = basic(kTableArn, std::move(target));
  auto& block = request.source_parameters.emplace().dynamo_db_stream_parameters.emplace();
  block.starting_position = "LATEST";
  return request;
}

// Recorded (acceptance tests of the Terraform provider against AWS): a queue's defaults are shown,
// target parameters are absent when they were not given.
TEST(PipeParameters, OfAQueueAreFilledIn) {
  const auto config = read_create(kHere, basic(kQueueArn, kFunctionArn));
  ASSERT_TRUE(config.has_value()) << config.error().message;
  const auto shown = shown_source(*config);
  ASSERT_TRUE(shown.sqs_queue_parameters.has_value());
  EXPECT_EQ(shown.sqs_queue_parameters->batch_size, 10);
  EXPECT_FALSE(shown.filter_criteria.has_value());
  EXPECT_FALSE(shown_target(*config).has_value());
  EXPECT_FALSE(shown_enrichment(*config).has_value());
  EXPECT_FALSE(shown_log(*config).has_value());
}

api::CreatePipeRequest full_stream() {
  auto request = from_table(kQueueArn);
  auto& source = *request.source_parameters->dynamo_db_stream_parameters;
  source.batch_size = 10;
  source.maximum_batching_window_in_seconds = 0;
  source.maximum_record_age_in_seconds = -1;
  source.maximum_retry_attempts = 0;
  source.parallelization_factor = 10;
  source.on_partial_batch_item_failure = "AUTOMATIC_BISECT";
  source.dead_letter_config.emplace().arn = kQueueArn;
  request.source_parameters->filter_criteria.emplace().filters.emplace().push_back(
      {R"({"eventName":["INSERT"]})"});
  request.enrichment = std::string(kFunctionArn) + ":live";
  request.enrichment_parameters.emplace().input_template = R"({"a":<$.eventID>})";
  auto& target = request.target_parameters.emplace();
  target.input_template = "<$.eventID>";
  target.sqs_queue_parameters = api::PipeTargetSqsQueueParameters{"$.eventID", "d"};
  auto& log = request.log_configuration.emplace();
  log.level = "TRACE";
  log.include_execution_data = {"ALL"};
  log.cloudwatch_logs_log_destination.emplace().log_group_arn = kGroupArn;
  log.firehose_log_destination.emplace().delivery_stream_arn = kDeliveryArn;
  log.s3_log_destination = api::S3LogDestinationParameters{"bucket", "000000000000", "json", "x/"};
  request.description = "";
  request.tags = std::map<std::string, std::string>{{"a", "b"}};
  return request;
}

api::CreatePipeRequest full_kafka() {
  auto request = basic("smk://broker:9092", kGroupArn);
  auto& kafka = request.source_parameters.emplace().self_managed_kafka_parameters.emplace();
  kafka.topic_name = "topic";
  kafka.starting_position = "LATEST";
  kafka.additional_bootstrap_servers = {"b:1", "c:2"};
  kafka.batch_size = 10'000;
  kafka.maximum_batching_window_in_seconds = 300;
  kafka.consumer_group_id = "group";
  kafka.credentials.emplace().sasl_scram256_auth = "arn:aws:secretsmanager:us-east-1:0:secret:s";
  kafka.server_root_ca_certificate = "arn:aws:secretsmanager:us-east-1:0:secret:c";
  kafka.vpc.emplace().subnets = {"subnet-1"};
  kafka.vpc->security_group = {"sg-1"};
  auto& logs = request.target_parameters.emplace().cloud_watch_logs_parameters.emplace();
  logs.log_stream_name = "$.topic";
  logs.timestamp = "$.timestamp";
  return request;
}

api::CreatePipeRequest full_kinesis() {
  auto request = basic(kKinesisArn, kFunctionArn);
  auto& source = request.source_parameters.emplace().kinesis_stream_parameters.emplace();
  source.starting_position = "AT_TIMESTAMP";
  source.starting_position_timestamp = Timestamp{1'700'000'000'000'000};
  auto& lambda = request.target_parameters.emplace().lambda_function_parameters.emplace();
  lambda.invocation_type = "FIRE_AND_FORGET";
  return request;
}

TEST(PipeParameters, AreStoredAndShownAsGiven) {
  for (const auto& request : {full_stream(), full_kafka(), full_kinesis(),
                              basic(kQueueArn, kDeliveryArn), from_table(kFunctionArn)}) {
    SCOPED_TRACE(request.source + " " + request.target);
    const auto made = read_create(kHere, request);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    const std::string bytes = encode_pipe(*made);
    const auto config = decode_pipe(bytes);
    ASSERT_TRUE(config.has_value()) << config.error().message;
    EXPECT_EQ(encode_pipe(*config), bytes);
    EXPECT_EQ(config->settings, made->settings);
    EXPECT_EQ(config->kafka, made->kafka);
    EXPECT_EQ(config->enrichment, made->enrichment);
    EXPECT_EQ(config->target_settings, made->target_settings);
    EXPECT_EQ(config->log, made->log);
    // A record that is cut anywhere is refused, not guessed.
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(decode_pipe(std::string_view(bytes).substr(0, size)).has_value()) << size;
    }
  }
  const auto stream = shown_source(*read_create(kHere, full_stream())).dynamo_db_stream_parameters;
  EXPECT_EQ(stream->maximum_record_age_in_seconds, -1);
  EXPECT_EQ(stream->maximum_retry_attempts, 0);
  EXPECT_EQ(stream->dead_letter_config->arn, kQueueArn);
  const auto kafka = shown_source(*read_create(kHere, full_kafka())).self_managed_kafka_parameters;
  EXPECT_EQ(kafka->credentials->sasl_scram256_auth, "arn:aws:secretsmanager:us-east-1:0:secret:s");
  EXPECT_EQ(kafka->vpc->security_group->at(0), "sg-1");
  const auto log = shown_log(*read_create(kHere, full_stream()));
  EXPECT_EQ(log->level, "TRACE");
  EXPECT_EQ(log->s3_log_destination->prefix, "x/");
}

// Version 1, as it was written before pipes had other sources and targets than streams.
TEST(PipeRecord, OfTheFirstVersionStillLoads) {
  storage::ValueWriter w(1);
  w.u64(7).text("000000000000").text("us-east-1").text("old").boolean(false).text("");
  w.text(kTableArn).u64(0).u64(50).u64(3).u64(0xffff'ffff).u64(4).u64(1).boolean(true);
  w.text("LATEST").boolean(false).i64(0).boolean(true).u64(1).text("{\"a\":[1]}");
  w.text(kKinesisArn).text("$.eventID").boolean(true).text("<$.a>");
  w.text("arn:aws:iam::000000000000:role/r").u64(0).boolean(true).u64(1).text("why");
  w.i64(11).i64(12);
  const auto config = decode_pipe(w.take());
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->name, "old");
  EXPECT_EQ(config->settings.record_age_seconds_max, -1);
  EXPECT_EQ(config->settings.retry_attempts_max, 4);
  EXPECT_EQ(std::get<KinesisTarget>(config->target_settings.block).partition_key, "$.eventID");
  EXPECT_EQ(config->target_settings.input_template, "<$.a>");
  EXPECT_EQ(config->state, PipeState::kStopped);
  EXPECT_EQ(config->modified.micros, 12);
}

// Documented (UpdatePipe): what is left out stays; a service's own block is replaced as a whole; an
// empty list of filters, an empty template and an empty enrichment remove theirs.
TEST(PipeParameters, AreUpdatedAsDocumented) {
  PipeConfig config = *read_create(kHere, full_stream());
  api::UpdatePipeRequest update;
  update.name = "p";
  update.role_arn = config.role_arn;
  config = *read_update(std::move(config), update);
  EXPECT_EQ(encode_pipe(config), encode_pipe(*read_create(kHere, full_stream())));

  auto& source = update.source_parameters.emplace();
  source.dynamo_db_stream_parameters.emplace().maximum_retry_attempts = 3;
  source.dynamo_db_stream_parameters->batch_size = 5;
  update.target_parameters.emplace().input_template = "";
  config = *read_update(std::move(config), update);
  EXPECT_EQ(config.settings.retry_attempts_max, 3);
  EXPECT_FALSE(config.settings.bisect);
  EXPECT_FALSE(config.settings.dead_letter_arn.has_value());
  EXPECT_TRUE(config.filters.has_value());
  EXPECT_EQ(config.starting_position, "LATEST");
  EXPECT_FALSE(config.target_settings.input_template.has_value());
  EXPECT_EQ(std::get<SqsTarget>(config.target_settings.block).message_deduplication_id, "d");

  update = {};
  update.source_parameters.emplace().filter_criteria.emplace().filters.emplace();
  update.enrichment_parameters.emplace().input_template = "";
  update.target_parameters.emplace().sqs_queue_parameters.emplace().message_group_id = "g";
  config = *read_update(std::move(config), update);
  EXPECT_FALSE(config.filters.has_value());
  EXPECT_TRUE(config.enrichment.has_value());
  EXPECT_FALSE(config.enrichment->input_template.has_value());
  EXPECT_FALSE(
      std::get<SqsTarget>(config.target_settings.block).message_deduplication_id.has_value());
  EXPECT_EQ(config.settings.retry_attempts_max, 3);

  update = {};
  update.enrichment = "";
  update.target = kFunctionArn;
  config = *read_update(std::move(config), update);
  EXPECT_FALSE(config.enrichment.has_value());
  EXPECT_EQ(config.target_settings.kind(), TargetKind::kLambda);
  EXPECT_FALSE(shown_target(config).has_value());
  // A block of another target than the pipe's, and a target that must have a block.
  update = {};
  update.target_parameters.emplace().sqs_queue_parameters.emplace();
  EXPECT_EQ(read_update(config, update).error().message,
            "Invalid target parameter provided for target.");
  update = {};
  update.target = kKinesisArn;
  EXPECT_EQ(read_update(config, update).error().message,
            "Missing required parameter: TargetParameters.KinesisStreamParameters.");
}

struct Refusal {
  std::string_view name;
  std::function<void(api::CreatePipeRequest&)> change;
  std::string_view message;
};

void check_refusals(const std::vector<Refusal>& refusals, const api::CreatePipeRequest& good) {
  ASSERT_TRUE(read_create(kHere, good).has_value());
  for (const Refusal& refusal : refusals) {
    SCOPED_TRACE(refusal.name);
    api::CreatePipeRequest request = good;
    refusal.change(request);
    const auto made = checked_create(kHere, request);
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().code, "ValidationException");
    EXPECT_EQ(made.error().message, refusal.message);
  }
}

// The texts on parameters, regions, log destinations and formats are recorded from AWS.
TEST(PipeParameters, OfSourcesAreChecked) {
  constexpr std::string_view kBad = "Invalid source parameter provided for source";
  constexpr std::string_view kBadQueue = "Invalid DeadLetterConfig provided for source";
  auto source = [](const char* arn) {
    return [arn](api::CreatePipeRequest& r) {
      r.source = arn;
      r.source_parameters.reset();
    };
  };
  auto dead = [](const char* arn) {
    return [arn](api::CreatePipeRequest& r) {
      r.source_parameters->dynamo_db_stream_parameters->dead_letter_config.emplace().arn = arn;
    };
  };
  check_refusals(
      {
          {"bucket", source("arn:aws:s3:::bucket"), kBad},
          {"table", source("arn:aws:dynamodb:us-east-1:000000000000:table/t"), kBad},
          {"consumer", source("arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/c:1"),
           kBad},
          {"msk", source("arn:aws:kafka:us-east-1:000000000000:cluster/c/1"),
           "A source of the service kafka is not supported by this server."},
          {"region", source("arn:aws:sqs:eu-west-1:000000000000:q"),
           "Creating cross-region pipe is not permitted."},
          {"account", source("arn:aws:sqs:us-east-1:111111111111:q"),
           "Creating cross-account pipe is not permitted."},
          {"no block", source(kTableArn),
           "Missing required parameter: SourceParameters.DynamoDBStreamParameters."},
          {"no kinesis block", source(kKinesisArn),
           "Missing required parameter: SourceParameters.KinesisStreamParameters."},
          {"no kafka block", source("smk://h:1"),
           "Missing required parameter: SourceParameters.SelfManagedKafkaParameters."},
          {"other block", [](auto& r) { r.source_parameters->sqs_queue_parameters.emplace(); },
           kBad},
          {"topic", dead("arn:aws:sns:us-east-1:000000000000:t"),
           "DeadLetterConfig with an SNS topic is not supported by this server."},
          {"dead letters to a stream", dead(kKinesisArn), kBadQueue},
          {"dead letters to a fifo queue", dead("arn:aws:sqs:us-east-1:000000000000:q.fifo"),
           kBadQueue},
          {"dead letters elsewhere", dead("arn:aws:sqs:us-east-2:000000000000:q"),
           "Creating cross-region pipe is not permitted."},
          {"age",
           [](auto& r) {
             r.source_parameters->dynamo_db_stream_parameters->maximum_record_age_in_seconds = 59;
           },
           "MaximumRecordAgeInSeconds must be -1 or between 60 and 604800."},
          {"key", [](auto& r) { r.kms_key_identifier = "alias/k"; },
           "KmsKeyIdentifier is not supported by this server."},
      },
      full_stream());
}

TEST(PipeParameters, OfTargetsAreChecked) {
  constexpr std::string_view kBad = "Invalid target parameter provided for target.";
  constexpr std::string_view kBadEnrichment = "Invalid pipe enrichment.";
  auto target = [](const char* arn) {
    return [arn](api::CreatePipeRequest& r) { r.target = arn; };
  };
  auto enrichment = [](const char* arn) {
    return [arn](api::CreatePipeRequest& r) { r.enrichment = arn; };
  };
  auto batch = [](std::int32_t size, const char* arn) {
    return [size, arn](api::CreatePipeRequest& r) {
      r.target = arn;
      r.target_parameters.reset();
      r.source_parameters->dynamo_db_stream_parameters->batch_size = size;
    };
  };
  check_refusals(
      {
          {"bucket", target("arn:aws:s3:::bucket"), kBad},
          {"topic", target("arn:aws:sns:us-east-1:000000000000:t"),
           "A target of the service sns is not supported by this server."},
          {"region", target("arn:aws:sqs:eu-west-1:000000000000:q"),
           "Creating cross-region pipe is not permitted."},
          {"log stream", target("arn:aws:logs:us-east-1:000000000000:destination:d"), kBad},
          {"other block", target(kFunctionArn), kBad},
          {"ten at once", batch(11, kQueueArn),
           "The configured batch size 11 is greater than the max supported batch size 10 of the "
           "target."},
          {"five hundred at once", batch(501, kDeliveryArn),
           "The configured batch size 501 is greater than the max supported batch size 500 of the "
           "target."},
          {"template", [](auto& r) { r.target_parameters->input_template = "<aws.x>"; },
           "Invalid json path reference or predefined variable for placeholder"},
          {"enrichment template",
           [](auto& r) { r.enrichment_parameters->input_template = "<$.a[>"; },
           "Invalid json path reference or predefined variable for placeholder"},
          {"machine", enrichment("arn:aws:states:us-east-1:000000000000:stateMachine:m"),
           "An enrichment of the service states is not supported by this server."},
          {"queue", enrichment(kQueueArn), kBadEnrichment},
          {"http", [](auto& r) { r.enrichment_parameters->http_parameters.emplace(); },
           kBadEnrichment},
          {"group id",
           [](auto& r) { r.target_parameters->sqs_queue_parameters->message_group_id = "$.a["; },
           "The MessageGroupId $.a[ is not a valid json path."},
          {"no destination", [](auto& r) { r.log_configuration.emplace().level = "ERROR"; },
           "Must provide at least 1 log destination in LogConfiguration"},
          {"format",
           [](auto& r) { r.log_configuration->s3_log_destination->output_format = "w3c"; },
           "w3c and plain output formats are not supported by Pipes"},
      },
      full_stream());
}

// Whatever the runtime does not carry out is refused by its name; nothing is asked for in vain.
TEST(PipeParameters, WithoutARuntimeAreRefused) {
  for (const auto& request : {full_stream(), full_kafka(), full_kinesis()}) {
    const auto made = read_create(kHere, request);
    ASSERT_TRUE(made.has_value());
    const auto checked = checked_create(kHere, request);
    const auto feature = unsupported_feature(*made);
    EXPECT_EQ(checked.has_value(), !feature.has_value());
    if (!checked) {
      EXPECT_EQ(checked.error().message,
                std::string(*feature) + " is not supported by this server.");
    }
  }
  // Nothing is written when the level is OFF, wherever to.
  auto request = from_table(kKinesisArn);
  request.target_parameters.emplace().kinesis_stream_parameters.emplace().partition_key = "k";
  auto& log = request.log_configuration.emplace();
  log.level = "OFF";
  log.cloudwatch_logs_log_destination.emplace().log_group_arn = kGroupArn;
  EXPECT_TRUE(checked_create(kHere, request).has_value());
}

}  // namespace
}  // namespace penstock::pipes
