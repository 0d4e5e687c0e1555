// Between requests and records: the headers that are kept with an object, and those that show it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "protocol/api_error.h"
#include "services/s3/checksum.h"
#include "services/s3/conditions.h"
#include "services/s3/intake.h"
#include "services/s3/names.h"
#include "services/s3/records.h"

namespace penstock::s3 {

// At most 2 KB of names and values; names in lower case.
protocol::ApiResult<UserMetadata> checked_metadata(
    const std::optional<std::map<std::string, std::string>>& metadata);

// Classes whose objects can be read at once are kept as labels; archives are refused by name.
protocol::ApiResult<std::string> checked_storage_class(const std::optional<std::string>& requested);

// "aws-chunked" says how the request was sent; it is not part of the object.
std::string without_aws_chunked(const std::string& content_encoding);

protocol::ApiResult<std::string> checked_redirect(const std::optional<std::string>& location);

template <typename Input>
protocol::ApiResult<ContentHeaders> content_headers_of(const Input& in) {
  auto redirect = checked_redirect(in.website_redirect_location);
  if (!redirect) return std::unexpected(std::move(redirect).error());
  return ContentHeaders{
      .cache_control = in.cache_control.value_or(""),
      .content_disposition = in.content_disposition.value_or(""),
      .content_encoding = without_aws_chunked(in.content_encoding.value_or("")),
      .content_language = in.content_language.value_or(""),
      .content_type = in.content_type.value_or(""),
      .expires = in.expires.value_or(""),
      .website_redirect_location = *std::move(redirect),
  };
}

// All that a writing request says about the object to be.
template <typename Input>
protocol::ApiResult<ObjectAttributes> attributes_of(const Input& in) {
  ObjectAttributes attributes;
  auto storage_class = checked_storage_class(in.storage_class);
  if (!storage_class) return std::unexpected(std::move(storage_class).error());
  attributes.storage_class = *std::move(storage_class);
  auto headers = content_headers_of(in);
  if (!headers) return std::unexpected(std::move(headers).error());
  attributes.headers = *std::move(headers);
  auto metadata = checked_metadata(in.metadata);
  if (!metadata) return std::unexpected(std::move(metadata).error());
  attributes.metadata = *std::move(metadata);
  if (in.tagging) {
    auto tags = parse_tagging_header(*in.tagging);
    if (!tags) return std::unexpected(std::move(tags).error());
    attributes.tags = *std::move(tags);
  }
  return attributes;
}

template <typename Input>
ChecksumHeaders checksum_headers_of(const Input& in) {
  ChecksumHeaders headers{in.checksum_crc32, in.checksum_crc32_c, in.checksum_crc64_nvme,
                          in.checksum_sha1,  in.checksum_sha256,  std::nullopt};
  if constexpr (requires { in.checksum_algorithm; }) headers.sdk_algorithm = in.checksum_algorithm;
  return headers;
}

template <typename Input>
protocol::ApiResult<Promise> promise_of(const Input& in) {
  Promise promise;
  auto checksum = declared_checksum(checksum_headers_of(in));
  if (!checksum) return std::unexpected(std::move(checksum).error());
  promise.checksum = *std::move(checksum);
  if (!in.content_md5) return promise;
  auto md5 = decode_content_md5(*in.content_md5);
  if (!md5) return std::unexpected(std::move(md5).error());
  promise.content_md5 = in.content_md5;
  promise.md5 = *std::move(md5);
  return promise;
}

template <typename Output>
void set_checksum(Output& out, ChecksumAlgorithm algorithm, std::string text) {
  switch (algorithm) {
    case ChecksumAlgorithm::kCrc32: out.checksum_crc32 = std::move(text); break;
    case ChecksumAlgorithm::kCrc32c: out.checksum_crc32_c = std::move(text); break;
    case ChecksumAlgorithm::kCrc64Nvme: out.checksum_crc64_nvme = std::move(text); break;
    case ChecksumAlgorithm::kSha1: out.checksum_sha1 = std::move(text); break;
    case ChecksumAlgorithm::kSha256: out.checksum_sha256 = std::move(text); break;
  }
}

template <typename Output>
void set_checksum(Output& out, const Checksum& checksum) {
  set_checksum(out, checksum.algorithm, checksum.text());
  if constexpr (requires { out.checksum_type; }) {
    out.checksum_type = std::string(to_string(checksum.type));
  }
}

template <typename Input>
ReadConditions read_conditions_of(const Input& in) {
  return {in.if_match, in.if_none_match, in.if_modified_since, in.if_unmodified_since};
}

template <typename Input>
ReadConditions copy_source_conditions_of(const Input& in) {
  return {in.copy_source_if_match, in.copy_source_if_none_match, in.copy_source_if_modified_since,
          in.copy_source_if_unmodified_since};
}

inline Validators validators_of(const ObjectSummary& summary) {
  return {summary.etag, summary.modified};
}

// Every object is said to be encrypted with S3-managed keys, as on AWS since 2023.
inline constexpr std::string_view kEncryption = "AES256";

template <typename Owner>
Owner owner_of(std::string_view account) {
  Owner owner;
  owner.id = canonical_user_id(account);
  return owner;
}

// ACLs are switched off: the owner has full control and nobody else has anything.
template <typename Grant>
Grant owner_grant(std::string_view account) {
  Grant grant;
  auto& grantee = grant.grantee.emplace();
  grantee.id = canonical_user_id(account);
  grantee.type = "CanonicalUser";
  grant.permission = "FULL_CONTROL";
  return grant;
}

}  // namespace penstock::s3
