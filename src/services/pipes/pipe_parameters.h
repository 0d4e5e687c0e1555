// What a pipe's source, enrichment, target and log are told, as AWS's parameter blocks have it: the
// typed form of a request that validate.h has checked. Pure values.
//
// A member that AWS shows only when the request named it is optional, or has its bit in
// SourceSettings::Named; the value beside it is then AWS's default.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace penstock::pipes {

enum class SourceKind : std::uint8_t { kDynamoDbStream, kKinesisStream, kSqsQueue, kKafka };
inline constexpr int kSourceKindCount = 4;

// DynamoDB and Kinesis streams: they have shards, positions, retries and dead letters.
constexpr bool is_stream(SourceKind kind) {
  return kind == SourceKind::kDynamoDbStream || kind == SourceKind::kKinesisStream;
}

// Batching of every source; from record_age_seconds_max on, of streams alone.
struct SourceSettings {
  std::int32_t batch_size = 100;
  std::int32_t window_seconds = 0;
  std::int32_t record_age_seconds_max = -1;  // -1: without end.
  std::int32_t retry_attempts_max = -1;      // -1: until the record expires.
  std::int32_t parallelization_factor = 1;
  bool bisect = false;
  std::optional<std::string> dead_letter_arn;  // A standard SQS queue.
  // Which members the request named: DescribePipe shows those, and always the batch size.
  struct Named {
    bool window = false;
    bool record_age = false;
    bool retry_attempts = false;
    bool parallelization_factor = false;
    bool starting_position = false;  // Kafka, where it may be left out.
    friend bool operator==(const Named&, const Named&) = default;
  } named;
  friend bool operator==(const SourceSettings&, const SourceSettings&) = default;
};

struct KafkaCredentials {
  enum class Kind : std::uint8_t {
    kBasicAuth,
    kSaslScram512Auth,
    kSaslScram256Auth,
    kClientCertificateTlsAuth,
  };
  Kind kind = Kind::kBasicAuth;
  std::string secret_arn;
  friend bool operator==(const KafkaCredentials&, const KafkaCredentials&) = default;
};

struct KafkaVpc {
  std::vector<std::string> subnets;
  std::vector<std::string> security_groups;
  friend bool operator==(const KafkaVpc&, const KafkaVpc&) = default;
};

// Beside the source's URL smk://host:port.
struct KafkaSource {
  std::string topic;
  std::vector<std::string> more_bootstrap_servers;  // host:port; at most two.
  std::optional<std::string> consumer_group_id;
  std::optional<KafkaCredentials> credentials;
  std::optional<std::string> server_root_ca_certificate;  // A secret's ARN.
  std::optional<KafkaVpc> vpc;
  friend bool operator==(const KafkaSource&, const KafkaSource&) = default;
};

// The parameter block of each kind of target. Its strings, but not invocation_type, may each be a
// whole JSON path (dynamic_parameter.h).
struct KinesisTarget {
  std::string partition_key;
  friend bool operator==(const KinesisTarget&, const KinesisTarget&) = default;
};
struct FirehoseTarget {
  friend bool operator==(const FirehoseTarget&, const FirehoseTarget&) = default;
};
struct LambdaTarget {
  std::optional<std::string> invocation_type;  // REQUEST_RESPONSE (default) or FIRE_AND_FORGET.
  bool waits() const { return invocation_type != "FIRE_AND_FORGET"; }
  friend bool operator==(const LambdaTarget&, const LambdaTarget&) = default;
};
struct SqsTarget {
  std::optional<std::string> message_group_id;
  std::optional<std::string> message_deduplication_id;
  friend bool operator==(const SqsTarget&, const SqsTarget&) = default;
};
struct LogsTarget {
  std::optional<std::string> log_stream_name;
  std::optional<std::string> timestamp;  // A JSON path, to milliseconds since 1970.
  friend bool operator==(const LogsTarget&, const LogsTarget&) = default;
};

// In the order of TargetKind, which is stored.
using TargetBlock =
    std::variant<KinesisTarget, FirehoseTarget, LambdaTarget, SqsTarget, LogsTarget>;
enum class TargetKind : std::uint8_t { kKinesisStream, kFirehose, kLambda, kSqsQueue, kLogGroup };
inline constexpr int kTargetKindCount = 5;
static_assert(std::variant_size_v<TargetBlock> == kTargetKindCount);

struct TargetSettings {
  TargetBlock block;
  bool block_named = false;  // The request had the target's own block: DescribePipe shows it.
  std::optional<std::string> input_template;
  TargetKind kind() const { return static_cast<TargetKind>(block.index()); }
  friend bool operator==(const TargetSettings&, const TargetSettings&) = default;
};

// A Lambda function between filter and target.
struct Enrichment {
  std::string arn;
  std::optional<std::string> input_template;
  friend bool operator==(const Enrichment&, const Enrichment&) = default;
};

enum class LogLevel : std::uint8_t { kOff, kError, kInfo, kTrace };
inline constexpr int kLogLevelCount = 4;

struct S3Log {
  std::string bucket_name;
  std::string bucket_owner;  // An account.
  std::optional<std::string> prefix;
  std::optional<std::string> output_format;  // json.
  friend bool operator==(const S3Log&, const S3Log&) = default;
};

// LogConfiguration. With a level other than OFF there is at least one destination.
struct LogSettings {
  LogLevel level = LogLevel::kOff;
  bool include_execution_data = false;
  std::optional<std::string> log_group_arn;
  std::optional<std::string> delivery_stream_arn;
  std::optional<S3Log> s3;
  friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

}  // namespace penstock::pipes
