// One declaration per operation that S3 answers here; the table is in operations.cc.
#pragma once

#include "gen/s3/shapes.h"
#include "protocol/api_error.h"
#include "protocol/context.h"

namespace penstock::s3 {

struct Service;

#define PENSTOCK_S3_OPERATION(function, Input, Output)                                      \
  protocol::Reply<api::Output> function(Service& service, const protocol::Context& context, \
                                        api::Input input)

// buckets.cc
PENSTOCK_S3_OPERATION(create_bucket, CreateBucketRequest, CreateBucketOutput);
PENSTOCK_S3_OPERATION(head_bucket, HeadBucketRequest, HeadBucketOutput);
PENSTOCK_S3_OPERATION(delete_bucket, DeleteBucketRequest, DeleteBucketOutput);
PENSTOCK_S3_OPERATION(list_buckets, ListBucketsRequest, ListBucketsOutput);
PENSTOCK_S3_OPERATION(get_bucket_location, GetBucketLocationRequest, GetBucketLocationOutput);

// put_object.cc, get_object.cc, copy_object.cc, delete_objects.cc, object_attributes.cc
PENSTOCK_S3_OPERATION(put_object, PutObjectRequest, PutObjectOutput);
PENSTOCK_S3_OPERATION(get_object, GetObjectRequest, GetObjectOutput);
PENSTOCK_S3_OPERATION(head_object, HeadObjectRequest, HeadObjectOutput);
PENSTOCK_S3_OPERATION(copy_object, CopyObjectRequest, CopyObjectOutput);
PENSTOCK_S3_OPERATION(delete_object, DeleteObjectRequest, DeleteObjectOutput);
PENSTOCK_S3_OPERATION(delete_objects, DeleteObjectsRequest, DeleteObjectsOutput);
PENSTOCK_S3_OPERATION(get_object_attributes, GetObjectAttributesRequest, GetObjectAttributesOutput);
PENSTOCK_S3_OPERATION(get_object_acl, GetObjectAclRequest, GetObjectAclOutput);

// list_objects.cc
PENSTOCK_S3_OPERATION(list_objects, ListObjectsRequest, ListObjectsOutput);
PENSTOCK_S3_OPERATION(list_objects_v2, ListObjectsV2Request, ListObjectsV2Output);
PENSTOCK_S3_OPERATION(list_object_versions, ListObjectVersionsRequest, ListObjectVersionsOutput);

// uploads.cc, upload_part.cc, complete_multipart_upload.cc, list_uploads.cc
PENSTOCK_S3_OPERATION(create_multipart_upload, CreateMultipartUploadRequest,
                      CreateMultipartUploadOutput);
PENSTOCK_S3_OPERATION(upload_part, UploadPartRequest, UploadPartOutput);
PENSTOCK_S3_OPERATION(upload_part_copy, UploadPartCopyRequest, UploadPartCopyOutput);
PENSTOCK_S3_OPERATION(complete_multipart_upload, CompleteMultipartUploadRequest,
                      CompleteMultipartUploadOutput);
PENSTOCK_S3_OPERATION(abort_multipart_upload, AbortMultipartUploadRequest,
                      AbortMultipartUploadOutput);
PENSTOCK_S3_OPERATION(list_parts, ListPartsRequest, ListPartsOutput);
PENSTOCK_S3_OPERATION(list_multipart_uploads, ListMultipartUploadsRequest,
                      ListMultipartUploadsOutput);

// tags.cc
PENSTOCK_S3_OPERATION(get_object_tagging, GetObjectTaggingRequest, GetObjectTaggingOutput);
PENSTOCK_S3_OPERATION(put_object_tagging, PutObjectTaggingRequest, PutObjectTaggingOutput);
PENSTOCK_S3_OPERATION(delete_object_tagging, DeleteObjectTaggingRequest, DeleteObjectTaggingOutput);
PENSTOCK_S3_OPERATION(get_bucket_tagging, GetBucketTaggingRequest, GetBucketTaggingOutput);
PENSTOCK_S3_OPERATION(put_bucket_tagging, PutBucketTaggingRequest, PutBucketTaggingOutput);
PENSTOCK_S3_OPERATION(delete_bucket_tagging, DeleteBucketTaggingRequest, DeleteBucketTaggingOutput);

// configuration.cc: what is true of every bucket, because nothing here can change it.
PENSTOCK_S3_OPERATION(get_bucket_versioning, GetBucketVersioningRequest, GetBucketVersioningOutput);
PENSTOCK_S3_OPERATION(get_bucket_acl, GetBucketAclRequest, GetBucketAclOutput);
PENSTOCK_S3_OPERATION(get_bucket_policy, GetBucketPolicyRequest, GetBucketPolicyOutput);
PENSTOCK_S3_OPERATION(get_bucket_cors, GetBucketCorsRequest, GetBucketCorsOutput);
PENSTOCK_S3_OPERATION(get_bucket_encryption, GetBucketEncryptionRequest, GetBucketEncryptionOutput);
PENSTOCK_S3_OPERATION(get_public_access_block, GetPublicAccessBlockRequest,
                      GetPublicAccessBlockOutput);
PENSTOCK_S3_OPERATION(get_bucket_ownership_controls, GetBucketOwnershipControlsRequest,
                      GetBucketOwnershipControlsOutput);
PENSTOCK_S3_OPERATION(get_bucket_lifecycle_configuration, GetBucketLifecycleConfigurationRequest,
                      GetBucketLifecycleConfigurationOutput);
PENSTOCK_S3_OPERATION(get_bucket_website, GetBucketWebsiteRequest, GetBucketWebsiteOutput);
PENSTOCK_S3_OPERATION(get_bucket_replication, GetBucketReplicationRequest,
                      GetBucketReplicationOutput);
PENSTOCK_S3_OPERATION(get_bucket_logging, GetBucketLoggingRequest, GetBucketLoggingOutput);
PENSTOCK_S3_OPERATION(get_bucket_accelerate_configuration, GetBucketAccelerateConfigurationRequest,
                      GetBucketAccelerateConfigurationOutput);
PENSTOCK_S3_OPERATION(get_bucket_request_payment, GetBucketRequestPaymentRequest,
                      GetBucketRequestPaymentOutput);
PENSTOCK_S3_OPERATION(get_bucket_notification_configuration,
                      GetBucketNotificationConfigurationRequest, NotificationConfiguration);
PENSTOCK_S3_OPERATION(get_object_lock_configuration, GetObjectLockConfigurationRequest,
                      GetObjectLockConfigurationOutput);

#undef PENSTOCK_S3_OPERATION

}  // namespace penstock::s3
