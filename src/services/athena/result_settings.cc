// The settings of result objects. Keys of KMS are refused, since S3 here does not have them.
#include "services/athena/result_settings.h"

#include <fmt/core.h>

#include "services/athena/errors.h"
#include "sql/object_reader.h"

namespace penstock::athena {
namespace {

using protocol::ApiResult;

bool is_location(const std::string& location) {
  std::string bucket, prefix;
  return location.starts_with("s3://") && sql::split_location(location, bucket, prefix);
}

ApiResult<void> check_encryption(const api::ResultConfiguration& results) {
  if (!results.encryption_configuration) return {};
  const api::EncryptionConfiguration& encryption = *results.encryption_configuration;
  if (encryption.encryption_option == "SSE_S3") return {};
  if (encryption.kms_key.value_or("").empty()) {
    return std::unexpected(invalid_input("KMS Customer Master Key ID is null or empty"));
  }
  return std::unexpected(invalid_input(fmt::format(
      "EncryptionOption {} is not supported by this server", encryption.encryption_option)));
}

}  // namespace

ApiResult<void> check_results(const api::ResultConfiguration& results) {
  const std::string location = results.output_location.value_or("");
  if (!location.empty() && !is_location(location)) {
    return std::unexpected(invalid_input("OutputLocation is not a valid S3 path."));
  }
  return check_encryption(results);
}

ApiResult<api::ResultConfiguration> effective_results(
    const std::optional<api::ResultConfiguration>& asked, const api::WorkGroup& workgroup) {
  const auto& configuration = workgroup.configuration;
  const bool enforced =
      configuration && configuration->enforce_work_group_configuration.value_or(true);
  api::ResultConfiguration results;
  if (configuration) results = configuration->result_configuration.value_or(results);
  if (asked && (!enforced || results.output_location.value_or("").empty())) {
    if (asked->output_location) results.output_location = asked->output_location;
  }
  if (asked && !enforced) {
    if (asked->encryption_configuration) {
      results.encryption_configuration = asked->encryption_configuration;
    }
    if (asked->expected_bucket_owner) results.expected_bucket_owner = asked->expected_bucket_owner;
    if (asked->acl_configuration) results.acl_configuration = asked->acl_configuration;
  }
  std::string location = results.output_location.value_or("");
  if (location.empty()) {
    return std::unexpected(invalid_input(
        "No output location provided. An output location is required either through the Workgroup "
        "result configuration setting or as an API input."));
  }
  if (!is_location(location)) {
    return std::unexpected(invalid_input("outputLocation is not a valid S3 path."));
  }
  TRY_VOID(check_encryption(results));
  if (!location.ends_with('/')) location += '/';
  results.output_location = std::move(location);
  return results;
}

void apply_results(s3::api::PutObjectRequest& request, const api::ResultConfiguration& results) {
  request.expected_bucket_owner = results.expected_bucket_owner;
  if (results.encryption_configuration) request.server_side_encryption = "AES256";
  if (!results.acl_configuration) return;
  // The model knows no other option.
  if (results.acl_configuration->s3_acl_option == "BUCKET_OWNER_FULL_CONTROL") {
    request.acl = "bucket-owner-full-control";
  }
}

}  // namespace penstock::athena
