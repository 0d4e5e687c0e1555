// What the model lets a client ask for and this server does not do: refused by name, never ignored.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "protocol/api_error.h"
#include "services/s3/errors.h"

namespace penstock::s3 {

// Tests the members that `Input` has; inputs share their names.
template <typename Input>
protocol::ApiResult<void> refuse_unsupported(const Input& in) {
  const auto refuse = [](std::string_view header, std::string_view why) {
    return std::unexpected(header_not_implemented(header, why));
  };
  constexpr std::string_view kNoCustomerKeys = "Encryption with customer keys is not supported";
  constexpr std::string_view kNoKms = "Encryption with KMS keys is not supported";
  constexpr std::string_view kNoHash = "This checksum algorithm is not supported";
  if constexpr (requires { in.sse_customer_algorithm; }) {
    if (in.sse_customer_algorithm || in.sse_customer_key || in.sse_customer_key_md5) {
      return refuse("x-amz-server-side-encryption-customer-algorithm", kNoCustomerKeys);
    }
  }
  if constexpr (requires { in.copy_source_sse_customer_algorithm; }) {
    if (in.copy_source_sse_customer_algorithm || in.copy_source_sse_customer_key ||
        in.copy_source_sse_customer_key_md5) {
      return refuse("x-amz-copy-source-server-side-encryption-customer-algorithm", kNoCustomerKeys);
    }
  }
  if constexpr (requires { in.ssekms_key_id; }) {
    if (in.ssekms_key_id) return refuse("x-amz-server-side-encryption-aws-kms-key-id", kNoKms);
    if (in.ssekms_encryption_context) return refuse("x-amz-server-side-encryption-context", kNoKms);
    if (in.bucket_key_enabled.value_or(false)) {
      return refuse("x-amz-server-side-encryption-bucket-key-enabled", kNoKms);
    }
    if (in.server_side_encryption && *in.server_side_encryption != "AES256") {
      if (in.server_side_encryption->starts_with("aws:")) {
        return refuse("x-amz-server-side-encryption", kNoKms);
      }
      return std::unexpected(invalid_argument("The encryption method specified is not supported",
                                              "x-amz-server-side-encryption",
                                              *in.server_side_encryption));
    }
  }
  if constexpr (requires {
                  in.grant_read_acp;
                  in.object_lock_mode;
                }) {
    // New buckets have ACLs switched off (BucketOwnerEnforced); this is all they accept.
    if ((in.acl && *in.acl != "bucket-owner-full-control") || in.grant_full_control ||
        in.grant_read || in.grant_read_acp || in.grant_write_acp) {
      return std::unexpected(acl_not_supported());
    }
  }
  if constexpr (requires { in.object_lock_mode; }) {
    if (in.object_lock_mode || in.object_lock_retain_until_date ||
        in.object_lock_legal_hold_status) {
      return std::unexpected(invalid_request("Bucket is missing Object Lock Configuration"));
    }
  }
  if constexpr (requires { in.bypass_governance_retention; }) {
    if (in.bypass_governance_retention.value_or(false)) {
      return std::unexpected(invalid_argument(
          "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.",
          "x-amz-bypass-governance-retention", "true"));
    }
  }
  if constexpr (requires { in.write_offset_bytes; }) {
    if (in.write_offset_bytes) {
      return refuse("x-amz-write-offset-bytes",
                    "Appending is not supported for general purpose buckets");
    }
  }
  if constexpr (requires { in.checksum_xxhash64; }) {
    if (in.checksum_sha512) return refuse("x-amz-checksum-sha512", kNoHash);
    if (in.checksum_md5) return refuse("x-amz-checksum-md5", kNoHash);
    if (in.checksum_xxhash64) return refuse("x-amz-checksum-xxhash64", kNoHash);
    if (in.checksum_xxhash3) return refuse("x-amz-checksum-xxhash3", kNoHash);
    if (in.checksum_xxhash128) return refuse("x-amz-checksum-xxhash128", kNoHash);
  }
  return {};
}

}  // namespace penstock::s3
