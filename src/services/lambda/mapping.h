// Event source mappings as values: a source (a Kinesis or DynamoDB stream, or an SQS queue), the
// function that is invoked with what arrives there, and how. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "gen/lambda/shapes.h"
#include "protocol/context.h"
#include "services/lambda/function.h"

namespace penstock::lambda {

struct Mapping {
  enum class Source : std::uint8_t { kKinesis, kDynamodb, kSqs };

  Place place;
  std::string uuid;
  Source source = Source::kKinesis;
  std::string source_arn;
  std::string function;
  std::string qualifier;  // Empty: none was given.
  bool enabled = true;
  bool deleting = false;
  std::int32_t batch_size = 100;
  std::int32_t window_seconds = 0;
  std::vector<std::string> filters;  // Patterns, as sent.
  bool partial_failures = false;     // ReportBatchItemFailures.
  std::map<std::string, std::string> tags;
  Timestamp modified;

  // Queues.
  std::optional<std::int32_t> concurrency_max;

  // Streams.
  std::string start;                    // TRIM_HORIZON, LATEST or AT_TIMESTAMP.
  std::optional<Timestamp> start_time;  // Of AT_TIMESTAMP.
  std::int32_t parallelization = 1;
  std::int32_t age_seconds_max = -1;  // -1: without end.
  std::int32_t retries_max = -1;
  bool bisect = false;
  std::int32_t tumbling_seconds = 0;  // 0: no windows.
  std::string on_failure;             // ARN of a queue or bucket; empty: what fails is dropped.

  bool of_stream() const { return source != Source::kSqs; }
  bool fifo() const { return source == Source::kSqs && source_arn.ends_with(".fifo"); }
  std::string function_arn() const;
  std::string arn() const;
};

// What it is doing. All but kEnabled and kDisabled come to an end by themselves, and nothing can be
// changed until they have.
enum class MappingState : std::uint8_t {
  kCreating,
  kEnabling,
  kEnabled,
  kDisabling,
  kDisabled,
  kUpdating,
  kDeleting,
};
std::string_view to_string(MappingState state);
bool is_settled(MappingState state);

api::EventSourceMappingConfiguration describe_mapping(const Mapping& mapping, MappingState state,
                                                      std::string last_result);

// The UUID of an event source mapping's ARN at that place.
std::optional<std::string> mapping_uuid(const Place& place, std::string_view arn);
// For calls of SQS; the host is of no account.
std::string queue_url(std::string_view queue_arn);

// As whom the source is read and failures are reported: a session of the function's role.
protocol::Context mapping_context(const Mapping& mapping, std::string_view role_arn);

}  // namespace penstock::lambda
