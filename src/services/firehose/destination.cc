// Defaults, refusals and merging of S3 destinations.
#include "services/firehose/destination.h"

#include <fmt/format.h>

#include "services/firehose/errors.h"

namespace penstock::firehose {
namespace {

using protocol::ApiResult;

template <typename Request>  // ExtendedS3DestinationConfiguration or ...Update
ApiResult<void> refuse_unsupported(const Request& request) {
  if (request.encryption_configuration && request.encryption_configuration->kms_encryption_config) {
    return std::unexpected(unsupported("EncryptionConfiguration.KMSEncryptionConfig"));
  }
  if (request.s3_backup_mode && *request.s3_backup_mode == "Enabled") {
    return std::unexpected(unsupported("S3BackupMode Enabled"));
  }
  if constexpr (requires { request.s3_backup_configuration; }) {
    if (request.s3_backup_configuration)
      return std::unexpected(unsupported("S3BackupConfiguration"));
  } else {
    if (request.s3_backup_update) return std::unexpected(unsupported("S3BackupUpdate"));
  }
  if (request.data_format_conversion_configuration &&
      request.data_format_conversion_configuration->enabled.value_or(true)) {
    return std::unexpected(unsupported("DataFormatConversionConfiguration"));
  }
  if (request.dynamic_partitioning_configuration &&
      request.dynamic_partitioning_configuration->enabled.value_or(false)) {
    return std::unexpected(unsupported("DynamicPartitioningConfiguration"));
  }
  return {};
}

ApiResult<api::BufferingHints> complete_hints(std::optional<api::BufferingHints> hints) {
  if (!hints) return api::BufferingHints{5, 300};
  if (hints->size_in_m_bs.has_value() != hints->interval_in_seconds.has_value()) {
    return std::unexpected(
        invalid_argument("Both SizeInMBs and IntervalInSeconds are required to configure buffering "
                         "hints."));
  }
  if (!hints->size_in_m_bs) return api::BufferingHints{5, 300};
  return *hints;
}

ApiResult<api::CloudWatchLoggingOptions> complete_logging(
    std::optional<api::CloudWatchLoggingOptions> options) {
  if (!options) return api::CloudWatchLoggingOptions{.enabled = false};
  options->enabled = options->enabled.value_or(false);
  if (*options->enabled && (!options->log_group_name || options->log_group_name->empty() ||
                            !options->log_stream_name || options->log_stream_name->empty())) {
    return std::unexpected(invalid_argument(
        "LogGroupName and LogStreamName must be specified when CloudWatch logging is enabled."));
  }
  return *options;
}

std::string bucket_of(std::string_view arn) {
  const std::size_t begin = arn.find(":::");
  return std::string(begin == arn.npos ? arn : arn.substr(begin + 3));
}

// The extension as FileExtension or the compression gives it. An empty FileExtension is none.
std::string extension_for(const Destination& destination, Compression compression) {
  if (destination.file_extension && !destination.file_extension->empty()) {
    return *destination.file_extension;
  }
  return std::string(extension_of(compression));
}

template <typename To, typename From>
void copy_legacy(To& to, From& from) {
  to.role_arn = std::move(from.role_arn);
  to.bucket_arn = std::move(from.bucket_arn);
  to.prefix = std::move(from.prefix);
  to.error_output_prefix = std::move(from.error_output_prefix);
  to.buffering_hints = std::move(from.buffering_hints);
  to.compression_format = std::move(from.compression_format);
  to.encryption_configuration = std::move(from.encryption_configuration);
  to.cloud_watch_logging_options = std::move(from.cloud_watch_logging_options);
}

}  // namespace

api::ExtendedS3DestinationConfiguration extended(api::S3DestinationConfiguration legacy) {
  api::ExtendedS3DestinationConfiguration configuration;
  copy_legacy(configuration, legacy);
  return configuration;
}

api::ExtendedS3DestinationUpdate extended(api::S3DestinationUpdate legacy) {
  api::ExtendedS3DestinationUpdate update;
  copy_legacy(update, legacy);
  return update;
}

ApiResult<Destination> make_destination(api::ExtendedS3DestinationConfiguration input,
                                        Timestamp now, Random& random) {
  TRY_VOID(refuse_unsupported(input));
  Destination destination;
  destination.role_arn = std::move(input.role_arn);
  destination.bucket_arn = std::move(input.bucket_arn);
  destination.prefix = input.prefix.value_or("");
  destination.error_output_prefix = std::move(input.error_output_prefix);
  TRY(destination.buffering_hints, complete_hints(input.buffering_hints));
  destination.compression_format = input.compression_format.value_or("UNCOMPRESSED");
  destination.encryption_configuration.no_encryption_config = "NoEncryption";
  TRY(destination.cloud_watch_logging_options, complete_logging(input.cloud_watch_logging_options));
  if (input.processing_configuration) {
    TRY(destination.processing_configuration,
        complete_processing(std::move(*input.processing_configuration)));
  }
  destination.s3_backup_mode = "Disabled";
  destination.data_format_conversion_configuration =
      std::move(input.data_format_conversion_configuration);
  destination.dynamic_partitioning_configuration =
      std::move(input.dynamic_partitioning_configuration);
  destination.file_extension = std::move(input.file_extension);
  destination.custom_time_zone = std::move(input.custom_time_zone);
  TRY_VOID(settings_of(destination, 1, now, random));
  return destination;
}

ApiResult<Destination> updated(Destination destination, api::ExtendedS3DestinationUpdate update,
                               Timestamp now, Random& random) {
  TRY_VOID(refuse_unsupported(update));
  if (update.role_arn) destination.role_arn = std::move(*update.role_arn);
  if (update.bucket_arn) destination.bucket_arn = std::move(*update.bucket_arn);
  if (update.prefix) destination.prefix = std::move(update.prefix);
  if (update.error_output_prefix) {
    destination.error_output_prefix = std::move(update.error_output_prefix);
  }
  if (update.buffering_hints) {
    api::BufferingHints& hints = destination.buffering_hints;
    if (update.buffering_hints->size_in_m_bs) {
      hints.size_in_m_bs = update.buffering_hints->size_in_m_bs;
    }
    if (update.buffering_hints->interval_in_seconds) {
      hints.interval_in_seconds = update.buffering_hints->interval_in_seconds;
    }
  }
  if (update.compression_format) destination.compression_format = *update.compression_format;
  if (update.cloud_watch_logging_options) {
    TRY(destination.cloud_watch_logging_options,
        complete_logging(std::move(update.cloud_watch_logging_options)));
  }
  if (update.processing_configuration) {
    TRY(destination.processing_configuration,
        complete_processing(std::move(*update.processing_configuration)));
  }
  if (update.data_format_conversion_configuration) {
    destination.data_format_conversion_configuration =
        std::move(update.data_format_conversion_configuration);
  }
  if (update.dynamic_partitioning_configuration) {
    destination.dynamic_partitioning_configuration =
        std::move(update.dynamic_partitioning_configuration);
  }
  if (update.file_extension) destination.file_extension = std::move(update.file_extension);
  if (update.custom_time_zone) destination.custom_time_zone = std::move(update.custom_time_zone);
  TRY_VOID(settings_of(destination, 1, now, random));
  return destination;
}

api::S3DestinationDescription legacy_view(const Destination& destination) {
  api::S3DestinationDescription view;
  Destination copy = destination;
  copy_legacy(view, copy);
  return view;
}

ApiResult<Settings> settings_of(const Destination& destination, std::uint64_t version,
                                Timestamp now, Random& random) {
  Settings settings;
  settings.bucket = bucket_of(destination.bucket_arn);
  settings.role_arn = destination.role_arn;
  const std::string zone_name = destination.custom_time_zone.value_or("");
  Result<std::shared_ptr<const TimeZone>> zone = TimeZone::load(zone_name);
  if (!zone) {
    return std::unexpected(
        invalid_argument(fmt::format("CustomTimeZone {} is not a valid time zone.", zone_name)));
  }
  Result<KeyTemplates> keys = make_key_templates(destination.prefix.value_or(""),
                                                 destination.error_output_prefix.value_or(""),
                                                 std::move(*zone), now, random);
  if (!keys) return std::unexpected(invalid_prefix(keys.error().message));
  settings.keys = std::move(*keys);
  settings.buffer_bytes =
      static_cast<std::uint64_t>(destination.buffering_hints.size_in_m_bs.value_or(5)) << 20;
  settings.interval =
      std::chrono::seconds(destination.buffering_hints.interval_in_seconds.value_or(300));
  // The decoder let through only the formats that there are.
  settings.compression =
      parse_compression(destination.compression_format).value_or(Compression::kUncompressed);
  settings.extension = extension_for(destination, settings.compression);
  if (destination.processing_configuration) {
    settings.processing = processing_of(*destination.processing_configuration);
  }
  if (destination.cloud_watch_logging_options &&
      destination.cloud_watch_logging_options->enabled.value_or(false)) {
    settings.logs_errors = true;
    settings.log_group = destination.cloud_watch_logging_options->log_group_name.value_or("");
    settings.log_stream = destination.cloud_watch_logging_options->log_stream_name.value_or("");
  }
  settings.version = std::to_string(version);
  return settings;
}

}  // namespace penstock::firehose
