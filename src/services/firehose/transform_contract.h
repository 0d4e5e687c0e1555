// The contract with a transforming Lambda function: the event it gets and the reply it gives. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/firehose/records.h"

namespace penstock::firehose {

// The reasons that error objects give.
struct Failure {
  std::string code;
  std::string message;
};
Failure function_error();
Failure invoke_failure(std::string_view error_code, std::string_view message);  // Of an ApiError.

// What identifies a record towards the function; unique in its stream.
std::string kinesis_record_id(std::string_view sequence_number);
std::string direct_record_id(std::uint64_t stream, std::uint64_t index);

struct EventHeader {
  std::string invocation_id;
  std::string stream_arn;
  std::string region;
  std::string kinesis_arn;  // Empty: records were put.
  std::string shard;        // Of the Kinesis stream.
  std::uint64_t stream = 0;
};
std::string record_id(const EventHeader& header, const SourceRecord& record);
// About how many bytes of the event the record takes (never less).
std::size_t event_bytes(const SourceRecord& record);
std::string build_event(const EventHeader& header, std::span<const SourceRecord> records);

enum class Verdict : std::uint8_t { kOk, kDropped, kFailed };
struct Transformed {
  Verdict verdict = Verdict::kFailed;
  std::string data;  // kOk
  Failure failure;   // kFailed
};
// One verdict per record, in their order. A reply that is no JSON of the agreed form fails them
// all; what is wrong with one record fails that record alone.
std::vector<Transformed> judge_response(const EventHeader& header,
                                        std::span<const SourceRecord> records,
                                        std::string_view response);

// One line of a processing-failed object, newline included.
struct ErrorLine {
  const SourceRecord* record = nullptr;
  const Failure* failure = nullptr;
  int attempts = 0;
  std::int64_t ended_millis = 0;
  std::string_view lambda_arn;
};
void append_error_line(std::string& out, const ErrorLine& line);
// As error objects name a function: always with a version.
std::string qualified_arn(std::string_view function_arn);

}  // namespace penstock::firehose
