// Configurations of a bucket that nothing here can change: each read has one true answer, and the
// operations that would change it are refused by name. Infrastructure tools read them all.
#include "services/s3/attributes.h"
#include "services/s3/errors.h"
#include "services/s3/operations.h"
#include "services/s3/resolve.h"
#include "services/s3/s3.h"

namespace penstock::s3 {
namespace {

using protocol::Reply;

// The configuration that is not there, or the refusal that comes first.
template <typename Input>
ApiError never_configured(Service& service, const protocol::Context& context, const Input& input,
                          std::string code, std::string message) {
  const auto bucket = find_bucket(service, context, input.bucket, input.expected_bucket_owner);
  if (!bucket) return bucket.error();
  return no_configuration(std::move(code), std::move(message), input.bucket);
}

}  // namespace

Reply<api::GetBucketVersioningOutput> get_bucket_versioning(Service& service,
                                                            const protocol::Context& context,
                                                            api::GetBucketVersioningRequest input) {
  CO_TRY_VOID(find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  co_return api::GetBucketVersioningOutput{};  // Never enabled: an empty document.
}

Reply<api::GetBucketAclOutput> get_bucket_acl(Service& service, const protocol::Context& context,
                                              api::GetBucketAclRequest input) {
  CO_TRY(const BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  api::GetBucketAclOutput output;
  output.owner = owner_of<api::Owner>(bucket->owner);
  output.grants = {owner_grant<api::Grant>(bucket->owner)};
  co_return output;
}

Reply<api::GetBucketPolicyOutput> get_bucket_policy(Service& service,
                                                    const protocol::Context& context,
                                                    api::GetBucketPolicyRequest input) {
  co_return std::unexpected(never_configured(service, context, input, "NoSuchBucketPolicy",
                                             "The bucket policy does not exist"));
}

Reply<api::GetBucketCorsOutput> get_bucket_cors(Service& service, const protocol::Context& context,
                                                api::GetBucketCorsRequest input) {
  co_return std::unexpected(never_configured(service, context, input, "NoSuchCORSConfiguration",
                                             "The CORS configuration does not exist"));
}

Reply<api::GetBucketEncryptionOutput> get_bucket_encryption(Service& service,
                                                            const protocol::Context& context,
                                                            api::GetBucketEncryptionRequest input) {
  CO_TRY_VOID(find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  api::GetBucketEncryptionOutput output;
  api::ServerSideEncryptionRule rule;
  rule.apply_server_side_encryption_by_default.emplace().sse_algorithm = kEncryption;
  rule.bucket_key_enabled = false;
  output.server_side_encryption_configuration.emplace().rules.push_back(std::move(rule));
  co_return output;
}

Reply<api::GetPublicAccessBlockOutput> get_public_access_block(
    Service& service, const protocol::Context& context, api::GetPublicAccessBlockRequest input) {
  CO_TRY_VOID(find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  api::GetPublicAccessBlockOutput output;
  output.public_access_block_configuration = api::PublicAccessBlockConfiguration{
      .block_public_acls = true,
      .ignore_public_acls = true,
      .block_public_policy = true,
      .restrict_public_buckets = true,
  };
  co_return output;
}

Reply<api::GetBucketOwnershipControlsOutput> get_bucket_ownership_controls(
    Service& service, const protocol::Context& context,
    api::GetBucketOwnershipControlsRequest input) {
  CO_TRY_VOID(find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  api::GetBucketOwnershipControlsOutput output;
  output.ownership_controls.emplace().rules.push_back({.object_ownership = "BucketOwnerEnforced"});
  co_return output;
}

Reply<api::GetBucketLifecycleConfigurationOutput> get_bucket_lifecycle_configuration(
    Service& service, const protocol::Context& context,
    api::GetBucketLifecycleConfigurationRequest input) {
  co_return std::unexpected(never_configured(service, context, input,
                                             "NoSuchLifecycleConfiguration",
                                             "The lifecycle configuration does not exist"));
}

Reply<api::GetBucketWebsiteOutput> get_bucket_website(Service& service,
                                                      const protocol::Context& context,
                                                      api::GetBucketWebsiteRequest input) {
  co_return std::unexpected(
      never_configured(service, context, input, "NoSuchWebsiteConfiguration",
                       "The specified bucket does not have a website configuration"));
}

Reply<api::GetBucketReplicationOutput> get_bucket_replication(
    Service& service, const protocol::Context& context, api::GetBucketReplicationRequest input) {
  co_return std::unexpected(never_configured(service, context, input,
                                             "ReplicationConfigurationNotFoundError",
                                             "The replication configuration was not found"));
}

Reply<api::GetBucketLoggingOutput> get_bucket_logging(Service& service,
                                                      const protocol::Context& context,
                                                      api::GetBucketLoggingRequest input) {
  CO_TRY_VOID(find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  co_return api::GetBucketLoggingOutput{};
}

Reply<api::GetBucketAccelerateConfigurationOutput> get_bucket_accelerate_configuration(
    Service& service, const protocol::Context& context,
    api::GetBucketAccelerateConfigurationRequest input) {
  CO_TRY_VOID(find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  co_return api::GetBucketAccelerateConfigurationOutput{};
}

Reply<api::GetBucketRequestPaymentOutput> get_bucket_request_payment(
    Service& service, const protocol::Context& context, api::GetBucketRequestPaymentRequest input) {
  CO_TRY_VOID(find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  api::GetBucketRequestPaymentOutput output;
  output.payer = "BucketOwner";
  co_return output;
}

Reply<api::NotificationConfiguration> get_bucket_notification_configuration(
    Service& service, const protocol::Context& context,
    api::GetBucketNotificationConfigurationRequest input) {
  CO_TRY_VOID(find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  co_return api::NotificationConfiguration{};
}

Reply<api::GetObjectLockConfigurationOutput> get_object_lock_configuration(
    Service& service, const protocol::Context& context,
    api::GetObjectLockConfigurationRequest input) {
  co_return std::unexpected(
      never_configured(service, context, input, "ObjectLockConfigurationNotFoundError",
                       "Object Lock configuration does not exist for this bucket"));
}

}  // namespace penstock::s3
