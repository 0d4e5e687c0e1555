// LogConfiguration of pipes: the level and where the log goes.
#include <algorithm>

#include "services/pipes/validate_parts.h"

namespace penstock::pipes {
namespace {

using protocol::ApiResult;

LogLevel level_of(std::string_view name) {
  if (name == "ERROR") return LogLevel::kError;
  if (name == "INFO") return LogLevel::kInfo;
  return name == "TRACE" ? LogLevel::kTrace : LogLevel::kOff;
}

ApiResult<std::string> check_destination(const Place& place, const std::string& arn) {
  const std::optional<Arn> parts = parse_arn(arn);
  if (!parts) return refuse("Invalid LogConfiguration provided.");
  TRY_VOID(check_place(place, *parts));
  return arn;
}

}  // namespace

ApiResult<std::optional<LogSettings>> check_log(const Place& place,
                                                const api::PipeLogConfigurationParameters& p) {
  LogSettings log;
  log.level = level_of(p.level);
  log.include_execution_data = p.include_execution_data && !p.include_execution_data->empty();
  if (p.cloudwatch_logs_log_destination) {
    TRY(log.log_group_arn,
        check_destination(place, p.cloudwatch_logs_log_destination->log_group_arn));
  }
  if (p.firehose_log_destination) {
    TRY(log.delivery_stream_arn,
        check_destination(place, p.firehose_log_destination->delivery_stream_arn));
  }
  if (p.s3_log_destination) {
    const api::S3LogDestinationParameters& s3 = *p.s3_log_destination;
    if (s3.output_format && *s3.output_format != "json") {
      return refuse("w3c and plain output formats are not supported by Pipes");
    }
    log.s3 = S3Log{s3.bucket_name, s3.bucket_owner, s3.prefix, s3.output_format};
  }
  if (log.level != LogLevel::kOff && !log.log_group_arn && !log.delivery_stream_arn && !log.s3) {
    return refuse("Must provide at least 1 log destination in LogConfiguration");
  }
  return log;
}

}  // namespace penstock::pipes
