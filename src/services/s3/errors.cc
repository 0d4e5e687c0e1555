// The texts are those that AWS sends (recorded by public test suites where they could be).
#include "services/s3/errors.h"

#include <fmt/format.h>

#include "base/limits.h"

namespace penstock::s3 {
namespace {

using protocol::text_member;

ApiError with(ApiError error, std::string name, std::string_view value) {
  error.members.push_back(text_member(std::move(name), value));
  return error;
}

}  // namespace

ApiError no_such_bucket(std::string_view bucket) {
  return with({"NoSuchBucket", "The specified bucket does not exist", 404}, "BucketName", bucket);
}

ApiError invalid_bucket_name(std::string_view bucket) {
  return with({"InvalidBucketName", "The specified bucket is not valid.", 400}, "BucketName",
              bucket);
}

ApiError bucket_already_exists(std::string_view bucket) {
  return with({"BucketAlreadyExists",
               "The requested bucket name is not available. The bucket namespace is shared by all "
               "users of the system. Please select a different name and try again.",
               409},
              "BucketName", bucket);
}

ApiError bucket_already_owned_by_you(std::string_view bucket) {
  return with(
      {"BucketAlreadyOwnedByYou",
       "Your previous request to create the named bucket succeeded and you already own it.", 409},
      "BucketName", bucket);
}

ApiError bucket_not_empty(std::string_view bucket) {
  return with({"BucketNotEmpty", "The bucket you tried to delete is not empty", 409}, "BucketName",
              bucket);
}

ApiError too_many_buckets() {
  return {"TooManyBuckets", "You have attempted to create more buckets than allowed", 400};
}

ApiError illegal_location_constraint(std::string_view constraint) {
  return {"IllegalLocationConstraintException",
          fmt::format("The {} location constraint is incompatible for the region specific endpoint "
                      "this request was sent to.",
                      constraint),
          400};
}

ApiError invalid_location_constraint(std::string_view constraint) {
  return with({"InvalidLocationConstraint", "The specified location-constraint is not valid", 400},
              "LocationConstraint", constraint);
}

ApiError invalid_bucket_owner_account_id(std::string_view account) {
  ApiError error{"InvalidBucketOwnerAWSAccountID",
                 "The value of the expected bucket owner parameter must be an AWS account ID", 400};
  return with(std::move(error), "ArgumentValue", account);
}

ApiError access_denied() { return {"AccessDenied", "Access Denied", 403}; }

ApiError operation_aborted() {
  return {"OperationAborted",
          "A conflicting conditional operation is currently in progress against this resource. "
          "Please try again.",
          409};
}

ApiError no_configuration(std::string code, std::string message, std::string_view bucket) {
  return with({std::move(code), std::move(message), 404}, "BucketName", bucket);
}

ApiError no_such_key(std::string_view key) {
  return with({"NoSuchKey", "The specified key does not exist.", 404}, "Key", key);
}

ApiError no_such_version(std::string_view key, std::string_view version_id) {
  return with(with({"NoSuchVersion", "The specified version does not exist.", 404}, "Key", key),
              "VersionId", version_id);
}

ApiError invalid_version_id(std::string_view version_id) {
  return invalid_argument("Invalid version id specified", "versionId", version_id);
}

ApiError key_too_long(std::size_t bytes) {
  return with(with({"KeyTooLongError", "Your key is too long", 400}, "Size", fmt::to_string(bytes)),
              "MaxSizeAllowed", fmt::to_string(limits::kS3KeyBytesMax));
}

ApiError invalid_range(std::uint64_t object_bytes, std::string_view range) {
  ApiError error{"InvalidRange", "The requested range is not satisfiable", 416};
  error.headers.emplace_back("content-range", fmt::format("bytes */{}", object_bytes));
  return with(with(std::move(error), "ActualObjectSize", fmt::to_string(object_bytes)),
              "RangeRequested", range);
}

ApiError invalid_part_number_requested(std::int64_t parts_count, std::int64_t requested) {
  return with(with({"InvalidPartNumber", "The requested partnumber is not satisfiable", 416},
                   "ActualPartCount", fmt::to_string(parts_count)),
              "PartNumberRequested", fmt::to_string(requested));
}

ApiError precondition_failed(std::string_view condition) {
  return with(
      {"PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412},
      "Condition", condition);
}

ApiError not_modified(std::string_view quoted_etag, std::string last_modified) {
  ApiError error{"NotModified", "Not Modified", 304};
  error.headers.emplace_back("etag", std::string(quoted_etag));
  error.headers.emplace_back("last-modified", std::move(last_modified));
  return error;
}

ApiError conditional_request_conflict(std::string_view condition, std::string_view key) {
  return with(with({"ConditionalRequestConflict",
                    "The conditional request cannot succeed due to a conflicting operation against "
                    "this resource.",
                    409},
                   "Condition", condition),
              "Key", key);
}

ApiError header_not_implemented(std::string_view header, std::string_view additional_message) {
  ApiError error{"NotImplemented",
                 "A header you provided implies functionality that is not implemented", 501};
  error = with(std::move(error), "Header", header);
  if (additional_message.empty()) return error;
  return with(std::move(error), "additionalMessage", additional_message);
}

ApiError incomplete_body() {
  return {"IncompleteBody",
          "You did not provide the number of bytes specified by the Content-Length HTTP header",
          400};
}

ApiError entity_too_large(std::uint64_t bytes_max, std::uint64_t proposed) {
  return with(with({"EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 400},
                   "MaxSizeAllowed", fmt::to_string(bytes_max)),
              "ProposedSize", fmt::to_string(proposed));
}

ApiError metadata_too_large(std::size_t bytes, std::size_t bytes_max) {
  return with(with({"MetadataTooLarge",
                    "Your metadata headers exceed the maximum allowed metadata size", 400},
                   "Size", fmt::to_string(bytes)),
              "MaxSizeAllowed", fmt::to_string(bytes_max));
}

ApiError invalid_storage_class(std::string_view storage_class) {
  return with({"InvalidStorageClass", "The storage class you specified is not valid", 400},
              "StorageClassRequested", storage_class);
}

ApiError acl_not_supported() {
  return {"AccessControlListNotSupported", "The bucket does not allow ACLs", 400};
}

ApiError invalid_digest(std::string_view content_md5) {
  return with({"InvalidDigest", "The Content-MD5 you specified was invalid.", 400}, "Content_MD5",
              content_md5);
}

ApiError bad_digest(std::string_view expected_base64, std::string_view calculated_base64) {
  return with(
      with({"BadDigest", "The Content-MD5 you specified did not match what we received.", 400},
           "ExpectedDigest", expected_base64),
      "CalculatedDigest", calculated_base64);
}

ApiError checksum_mismatch(std::string_view algorithm) {
  return {"BadDigest",
          fmt::format("The {} you specified did not match the calculated checksum.", algorithm),
          400};
}

ApiError unsupported_checksum_algorithm() {
  return invalid_request(
      "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
      "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
}

ApiError no_such_upload(std::string_view upload_id) {
  return with(
      {"NoSuchUpload",
       "The specified upload does not exist. The upload ID may be invalid, or the upload may "
       "have been aborted or completed.",
       404},
      "UploadId", upload_id);
}

ApiError invalid_part(std::string_view upload_id, std::int64_t part_number, std::string_view etag) {
  // Two blanks after the first sentence: so AWS.
  ApiError error{
      "InvalidPart",
      "One or more of the specified parts could not be found.  The part may not have been "
      "uploaded, or the specified entity tag may not match the part's entity tag.",
      400};
  return with(with(with(std::move(error), "UploadId", upload_id), "PartNumber",
                   fmt::to_string(part_number)),
              "ETag", etag);
}

ApiError invalid_part_order(std::string_view upload_id) {
  return with(
      {"InvalidPartOrder",
       "The list of parts was not in ascending order. Parts must be ordered by part number.", 400},
      "UploadId", upload_id);
}

ApiError entity_too_small(std::string_view etag, std::int64_t part_number, std::uint64_t bytes) {
  ApiError error{"EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size",
                 400};
  error = with(std::move(error), "ETag", etag);
  error = with(std::move(error), "MinSizeAllowed", fmt::to_string(limits::kS3PartBytesMin));
  error = with(std::move(error), "PartNumber", fmt::to_string(part_number));
  return with(std::move(error), "ProposedSize", fmt::to_string(bytes));
}

ApiError invalid_part_number() {
  return {"InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive", 400};
}

ApiError invalid_request(std::string message) {
  return {"InvalidRequest", std::move(message), 400};
}

ApiError invalid_argument(std::string message, std::string_view name, std::string_view value) {
  return with(with({"InvalidArgument", std::move(message), 400}, "ArgumentName", name),
              "ArgumentValue", value);
}

ApiError malformed_xml() {
  return {
      "MalformedXML",
      "The XML you provided was not well-formed or did not validate against our published schema",
      400};
}

ApiError invalid_tag(std::string message, std::string_view element, std::string_view value) {
  ApiError error{"InvalidTag", std::move(message), 400};
  if (element.empty()) return error;
  return with(std::move(error), std::string(element), value);
}

ApiError too_many_tags(std::string_view of_what, std::size_t max) {
  return {"BadRequest",
          of_what == "Object" ? fmt::format("Object tags cannot be greater than {}", max)
                              : fmt::format("{} tag count cannot be greater than {}", of_what, max),
          400};
}

}  // namespace penstock::s3
