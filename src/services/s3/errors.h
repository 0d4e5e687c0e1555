// S3's refusals, word for word, with the further elements that S3 puts into the error document.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/api_error.h"

namespace penstock::s3 {

using protocol::ApiError;

// Buckets.
ApiError no_such_bucket(std::string_view bucket);
ApiError invalid_bucket_name(std::string_view bucket);
ApiError bucket_already_exists(std::string_view bucket);
ApiError bucket_already_owned_by_you(std::string_view bucket);
ApiError bucket_not_empty(std::string_view bucket);
ApiError too_many_buckets();
ApiError illegal_location_constraint(std::string_view constraint);
ApiError invalid_location_constraint(std::string_view constraint);
ApiError invalid_bucket_owner_account_id(std::string_view account);
ApiError access_denied();
ApiError operation_aborted();
// NoSuchBucketPolicy and its kin: a configuration that was never made.
ApiError no_configuration(std::string code, std::string message, std::string_view bucket);

// Objects.
ApiError no_such_key(std::string_view key);
ApiError no_such_version(std::string_view key, std::string_view version_id);
ApiError invalid_version_id(std::string_view version_id);
ApiError key_too_long(std::size_t bytes);
ApiError invalid_range(std::uint64_t object_bytes, std::string_view range);
ApiError invalid_part_number_requested(std::int64_t parts_count, std::int64_t requested);
ApiError precondition_failed(std::string_view condition);
ApiError not_modified(std::string_view quoted_etag, std::string last_modified);
ApiError conditional_request_conflict(std::string_view condition, std::string_view key);
ApiError header_not_implemented(std::string_view header, std::string_view additional_message = {});
ApiError incomplete_body();
ApiError entity_too_large(std::uint64_t bytes_max, std::uint64_t proposed);
ApiError metadata_too_large(std::size_t bytes, std::size_t bytes_max);
ApiError invalid_storage_class(std::string_view storage_class);
ApiError acl_not_supported();

// Digests.
ApiError invalid_digest(std::string_view content_md5);
ApiError bad_digest(std::string_view expected_base64, std::string_view calculated_base64);
ApiError checksum_mismatch(std::string_view algorithm);
ApiError unsupported_checksum_algorithm();

// Multipart.
ApiError no_such_upload(std::string_view upload_id);
ApiError invalid_part(std::string_view upload_id, std::int64_t part_number, std::string_view etag);
ApiError invalid_part_order(std::string_view upload_id);
ApiError entity_too_small(std::string_view etag, std::int64_t part_number, std::uint64_t bytes);
ApiError invalid_part_number();

// General.
ApiError invalid_request(std::string message);
ApiError invalid_argument(std::string message, std::string_view name, std::string_view value);
ApiError malformed_xml();
ApiError invalid_tag(std::string message, std::string_view element = {},
                     std::string_view value = {});
ApiError too_many_tags(std::string_view of_what, std::size_t max);

}  // namespace penstock::s3
