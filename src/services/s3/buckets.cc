// Buckets: made, shown, listed, deleted.
//
// A bucket's turn is held until its change is durable: buckets change rarely, and the registry then
// never shows one that a crash would take back.
#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "services/s3/attributes.h"
#include "services/s3/errors.h"
#include "services/s3/listing.h"
#include "services/s3/names.h"
#include "services/s3/operations.h"
#include "services/s3/resolve.h"
#include "services/s3/s3.h"
#include "services/s3/uploads.h"
#include "services/s3/write.h"

namespace penstock::s3 {
namespace {

using protocol::ApiResult;
using protocol::Reply;

constexpr std::string_view kHomeRegion = "us-east-1";  // Serves requests for all regions.
constexpr std::int32_t kBucketsPageMax = 10'000;

std::string bucket_arn(std::string_view name) { return fmt::format("arn:aws:s3:::{}", name); }

ApiResult<void> refuse_unsupported_bucket(const api::CreateBucketRequest& input) {
  if (input.object_lock_enabled_for_bucket.value_or(false)) {
    return std::unexpected(
        header_not_implemented("x-amz-bucket-object-lock-enabled", "Object Lock is not supported"));
  }
  if (input.object_ownership && *input.object_ownership != "BucketOwnerEnforced") {
    return std::unexpected(
        header_not_implemented("x-amz-object-ownership", "ACLs are not supported"));
  }
  if ((input.acl && *input.acl != "private") || input.grant_full_control || input.grant_read ||
      input.grant_read_acp || input.grant_write || input.grant_write_acp) {
    return std::unexpected(ApiError{
        "InvalidBucketAclWithObjectOwnership",
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting", 400});
  }
  if (input.bucket_namespace && *input.bucket_namespace != "global") {
    return std::unexpected(header_not_implemented("x-amz-bucket-namespace",
                                                  "Only the global bucket namespace is supported"));
  }
  const auto& configuration = input.create_bucket_configuration;
  if (configuration && (configuration->location || configuration->bucket)) {
    return std::unexpected(ApiError{"NotImplemented", "Directory buckets are not supported", 501});
  }
  return {};
}

ApiResult<std::string> region_of(const protocol::Context& context,
                                 const api::CreateBucketRequest& input) {
  std::string constraint;
  if (input.create_bucket_configuration) {
    constraint = input.create_bucket_configuration->location_constraint.value_or("");
  }
  if (constraint.empty()) {
    // Elsewhere than at home the region must be said. A region that AWS does not have (tools sign
    // for "localhost" or "auto") has no rule to break.
    if (context.region == kHomeRegion || !is_plausible_region(context.region))
      return context.region;
    return std::unexpected(illegal_location_constraint("unspecified"));
  }
  if (constraint == context.region) return constraint;
  if (!is_plausible_region(constraint)) {
    return std::unexpected(invalid_location_constraint(constraint));
  }
  if (context.region == kHomeRegion || !is_plausible_region(context.region)) return constraint;
  return std::unexpected(illegal_location_constraint(constraint));
}

TagList tags_of(const api::CreateBucketRequest& input) {
  TagList tags;
  if (!input.create_bucket_configuration || !input.create_bucket_configuration->tags) return tags;
  for (const api::Tag& tag : *input.create_bucket_configuration->tags) {
    tags.emplace_back(tag.key, tag.value);
  }
  return tags;
}

// http://host:port becomes http://bucket.host:port/
std::string virtual_host_url(const std::string& endpoint, const std::string& bucket) {
  const std::size_t scheme = endpoint.find("://");
  if (scheme == std::string::npos) return "/" + bucket;
  return fmt::format("{}://{}.{}/", endpoint.substr(0, scheme), bucket,
                     endpoint.substr(scheme + 3));
}

}  // namespace

Reply<api::CreateBucketOutput> create_bucket(Service& service, const protocol::Context& context,
                                             api::CreateBucketRequest input) {
  if (!is_valid_bucket_name(input.bucket)) {
    co_return std::unexpected(invalid_bucket_name(input.bucket));
  }
  CO_TRY_VOID(refuse_unsupported_bucket(input));
  CO_TRY(const std::string region, region_of(context, input));
  TagList tags = tags_of(input);
  CO_TRY_VOID(check_tags(tags, TagOwner::kBucket));
  api::CreateBucketOutput output;
  output.location = region == kHomeRegion ? "/" + input.bucket
                                          : virtual_host_url(context.endpoint(), input.bucket);
  output.bucket_arn = bucket_arn(input.bucket);

  auto turn = co_await service.bucket_turns.enter(hash_bytes(input.bucket));
  if (const BucketRef present = service.buckets.find(input.bucket)) {
    if (present->owner != context.account) {
      co_return std::unexpected(bucket_already_exists(input.bucket));
    }
    // At home, to make one's own bucket again succeeds.
    if (region == kHomeRegion && present->region == kHomeRegion) co_return output;
    co_return std::unexpected(bucket_already_owned_by_you(input.bucket));
  }
  if (service.buckets.of_owner(context.account).size() >= limits::kS3BucketsMax) {
    co_return std::unexpected(too_many_buckets());
  }
  BucketRecord record{service.deps.random.next(), context.account, region, service.deps.clock.now(),
                      std::move(tags)};
  Change change;
  change.put_bucket(input.bucket, record);
  CO_TRY_VOID(co_await service.objects.commit(std::move(change.batch)));
  service.buckets.insert(input.bucket, std::move(record));
  co_return output;
}

Reply<api::HeadBucketOutput> head_bucket(Service& service, const protocol::Context& context,
                                         api::HeadBucketRequest input) {
  CO_TRY(const BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  api::HeadBucketOutput output;
  output.bucket_region = bucket->region;
  output.bucket_arn = bucket_arn(bucket->name);
  output.access_point_alias = false;
  co_return output;
}

namespace {

// Uploads that were never completed go with the bucket.
Reply<void> erase_uploads(Service& service, const BucketRef& bucket, Change& change) {
  std::vector<std::pair<std::string, std::string>> uploads;
  ObjectStore* const objects = &service.objects;
  CO_TRY_VOID(co_await run_blocking(service.deps.runtime, [objects, bucket, &uploads] {
    return objects->scan_uploads(
        bucket->id, {}, [&uploads](std::string key, std::string upload_id, const UploadRecord&) {
          uploads.emplace_back(std::move(key), std::move(upload_id));
          return storage::Next::kContinue;
        });
  }));
  for (const auto& [key, upload_id] : uploads) {
    change.erase_upload(bucket->id, key, upload_id);
    CO_TRY(const auto parts, co_await all_parts(service, upload_id));
    for (const auto& [number, part] : parts) {
      change.erase_part(upload_id, number);
      change.drop_pieces(part.pieces);
    }
  }
  co_return ApiResult<void>();
}

Task<Result<bool>> is_empty(Service& service, BucketRef bucket) {
  ObjectStore* const objects = &service.objects;
  return run_blocking(service.deps.runtime, [objects, bucket]() -> Result<bool> {
    TRY(const bool any, objects->has_objects(bucket->id));
    return !any;
  });
}

// With no write under way and none beginning, what a scan shows is all there is.
Reply<void> erase_closed_bucket(Service& service, BucketRef bucket) {
  CO_TRY(const bool empty, co_await is_empty(service, bucket));
  if (!empty) co_return std::unexpected(bucket_not_empty(bucket->name));
  Change change;
  CO_TRY_VOID(co_await erase_uploads(service, bucket, change));
  change.erase_bucket(bucket->name);
  CO_TRY_VOID(co_await service.objects.commit(std::move(change.batch)));
  service.reclaimer->dispose(std::move(change.unused_files));
  co_return ApiResult<void>();
}

}  // namespace

Reply<api::DeleteBucketOutput> delete_bucket(Service& service, const protocol::Context& context,
                                             api::DeleteBucketRequest input) {
  auto turn = co_await service.bucket_turns.enter(hash_bytes(input.bucket));
  CO_TRY(const BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  // First without closing it, so that a refusal disturbs nobody who writes to it.
  CO_TRY(const bool empty, co_await is_empty(service, bucket));
  if (!empty || !service.buckets.begin_delete(*bucket)) {
    co_return std::unexpected(bucket_not_empty(input.bucket));
  }
  auto erased = co_await erase_closed_bucket(service, bucket);
  if (!erased) {
    service.buckets.cancel_delete(*bucket);
    co_return std::unexpected(std::move(erased).error());
  }
  service.buckets.remove(input.bucket);
  service.notifier.forget(input.bucket);
  co_return api::DeleteBucketOutput{};
}

Reply<api::ListBucketsOutput> list_buckets(Service& service, const protocol::Context& context,
                                           api::ListBucketsRequest input) {
  const std::int32_t max = input.max_buckets.value_or(kBucketsPageMax);
  if (max < 1 || max > kBucketsPageMax) {
    co_return std::unexpected(
        invalid_argument("Argument max-buckets must be an integer between 1 and 10000",
                         "max-buckets", std::to_string(max)));
  }
  std::string after;
  if (input.continuation_token) {
    std::optional<std::string> last = open_token(context.account, *input.continuation_token);
    if (!last) {
      co_return std::unexpected(invalid_argument("The continuation token provided is incorrect",
                                                 "continuation-token", *input.continuation_token));
    }
    after = *std::move(last);
  }
  api::ListBucketsOutput output;
  output.owner = owner_of<api::Owner>(context.account);
  output.prefix = input.prefix;
  auto& shown = output.buckets.emplace();
  for (const BucketRef& bucket : service.buckets.of_owner(context.account)) {
    if (bucket->name <= after || !bucket->name.starts_with(input.prefix.value_or(""))) continue;
    if (input.bucket_region && bucket->region != *input.bucket_region) continue;
    if (shown.size() == static_cast<std::size_t>(max)) {
      output.continuation_token = make_token(context.account, *shown.back().name);
      break;
    }
    api::Bucket& entry = shown.emplace_back();
    entry.name = bucket->name;
    entry.creation_date = bucket->created;
    // AWS names the region only when the listing is a paginated one.
    if (input.max_buckets || input.bucket_region || input.prefix)
      entry.bucket_region = bucket->region;
    entry.bucket_arn = bucket_arn(bucket->name);
  }
  co_return output;
}

Reply<api::GetBucketLocationOutput> get_bucket_location(Service& service,
                                                        const protocol::Context& context,
                                                        api::GetBucketLocationRequest input) {
  CO_TRY(const BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  api::GetBucketLocationOutput output;
  // The home region is the absence of a constraint; the element is there all the same.
  output.location_constraint = bucket->region == kHomeRegion ? "" : bucket->region;
  co_return output;
}

}  // namespace penstock::s3
