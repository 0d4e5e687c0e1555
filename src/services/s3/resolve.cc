// Names to buckets; the checks that every operation on a bucket or key begins with.
#include "services/s3/resolve.h"

#include "base/ascii.h"
#include "services/s3/errors.h"
#include "services/s3/names.h"
#include "services/s3/s3.h"

namespace penstock::s3 {

protocol::ApiResult<BucketRef> find_bucket(Service& service, const protocol::Context& context,
                                           const std::string& name,
                                           const std::optional<std::string>& expected_owner) {
  if (expected_owner && !is_account_id(*expected_owner)) {
    return std::unexpected(invalid_bucket_owner_account_id(*expected_owner));
  }
  BucketRef bucket = service.buckets.find(name);
  if (bucket == nullptr) return std::unexpected(no_such_bucket(name));
  if (bucket->owner != context.account) return std::unexpected(access_denied());
  if (expected_owner && *expected_owner != bucket->owner) return std::unexpected(access_denied());
  return bucket;
}

protocol::ApiResult<void> check_key(const std::string& key) {
  switch (judge_key(key)) {
    case KeyVerdict::kGood: return {};
    case KeyVerdict::kTooLong: return std::unexpected(key_too_long(key.size()));
    case KeyVerdict::kEmpty:
      return std::unexpected(invalid_argument("Object key is empty", "Key", key));
    case KeyVerdict::kNotUtf8:
      return std::unexpected(ApiError{"InvalidURI", "Couldn't parse the specified URI.", 400});
  }
  return {};
}

protocol::ApiResult<void> check_version(const std::optional<std::string>& version_id,
                                        const std::string& key) {
  if (!version_id || *version_id == "null") return {};
  if (!has_version_id_form(*version_id)) return std::unexpected(invalid_version_id(*version_id));
  return std::unexpected(no_such_version(key, *version_id));
}

}  // namespace penstock::s3
