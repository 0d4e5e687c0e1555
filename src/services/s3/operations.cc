// All that S3 answers. What the model has beyond this table is refused by name.
#include "services/s3/operations.h"

#include <array>

#include "gen/s3/model.h"
#include "services/s3/s3.h"

namespace penstock::s3 {
namespace {

using protocol::operation;

constexpr auto kOperations = std::to_array<protocol::Operation>({
    operation<op::AbortMultipartUpload, abort_multipart_upload>(),
    operation<op::CompleteMultipartUpload, complete_multipart_upload>(),
    operation<op::CopyObject, copy_object>(),
    operation<op::CreateBucket, create_bucket>(),
    operation<op::CreateMultipartUpload, create_multipart_upload>(),
    operation<op::DeleteBucket, delete_bucket>(),
    operation<op::DeleteBucketTagging, delete_bucket_tagging>(),
    operation<op::DeleteObject, delete_object>(),
    operation<op::DeleteObjectTagging, delete_object_tagging>(),
    operation<op::DeleteObjects, delete_objects>(),
    operation<op::GetBucketAccelerateConfiguration, get_bucket_accelerate_configuration>(),
    operation<op::GetBucketAcl, get_bucket_acl>(),
    operation<op::GetBucketCors, get_bucket_cors>(),
    operation<op::GetBucketEncryption, get_bucket_encryption>(),
    operation<op::GetBucketLifecycleConfiguration, get_bucket_lifecycle_configuration>(),
    operation<op::GetBucketLocation, get_bucket_location>(),
    operation<op::GetBucketLogging, get_bucket_logging>(),
    operation<op::GetBucketNotificationConfiguration, get_bucket_notification_configuration>(),
    operation<op::GetBucketOwnershipControls, get_bucket_ownership_controls>(),
    operation<op::GetBucketPolicy, get_bucket_policy>(),
    operation<op::GetBucketReplication, get_bucket_replication>(),
    operation<op::GetBucketRequestPayment, get_bucket_request_payment>(),
    operation<op::GetBucketTagging, get_bucket_tagging>(),
    operation<op::GetBucketVersioning, get_bucket_versioning>(),
    operation<op::GetBucketWebsite, get_bucket_website>(),
    operation<op::GetObject, get_object>(),
    operation<op::GetObjectAcl, get_object_acl>(),
    operation<op::GetObjectAttributes, get_object_attributes>(),
    operation<op::GetObjectLockConfiguration, get_object_lock_configuration>(),
    operation<op::GetObjectTagging, get_object_tagging>(),
    operation<op::GetPublicAccessBlock, get_public_access_block>(),
    operation<op::HeadBucket, head_bucket>(),
    operation<op::HeadObject, head_object>(),
    operation<op::ListBuckets, list_buckets>(),
    operation<op::ListMultipartUploads, list_multipart_uploads>(),
    operation<op::ListObjectVersions, list_object_versions>(),
    operation<op::ListObjects, list_objects>(),
    operation<op::ListObjectsV2, list_objects_v2>(),
    operation<op::ListParts, list_parts>(),
    operation<op::PutBucketTagging, put_bucket_tagging>(),
    operation<op::PutObject, put_object>(),
    operation<op::PutObjectTagging, put_object_tagging>(),
    operation<op::UploadPart, upload_part>(),
    operation<op::UploadPartCopy, upload_part_copy>(),
});

}  // namespace

protocol::ServiceBinding binding(Service& service) {
  return {&kServiceInfo, &service, kOperations};
}

}  // namespace penstock::s3
