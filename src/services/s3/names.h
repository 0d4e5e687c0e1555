// What may be called a bucket, a key or a region in S3. Pure.
#pragma once

#include <string>
#include <string_view>

namespace penstock::s3 {

// 3 to 63 characters of a-z 0-9 . -, not an IP address, none of the reserved prefixes and suffixes.
bool is_valid_bucket_name(std::string_view name);

// 1 to 1024 bytes of UTF-8. Longer keys are refused with another error than other bad keys.
enum class KeyVerdict { kGood, kEmpty, kTooLong, kNotUtf8 };
KeyVerdict judge_key(std::string_view key);

// A location constraint that AWS knows, or that has the form of a region name.
bool is_plausible_region(std::string_view region);

// The id that S3 shows as the owner of buckets and objects: 64 hex digits, stable per account.
std::string canonical_user_id(std::string_view account);

// The form of the version ids that S3 makes: 32 characters, URL-safe.
bool has_version_id_form(std::string_view version_id);

}  // namespace penstock::s3
