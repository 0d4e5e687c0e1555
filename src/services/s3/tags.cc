// The tag sets of buckets and objects.
#include "services/s3/errors.h"
#include "services/s3/operations.h"
#include "services/s3/resolve.h"
#include "services/s3/s3.h"
#include "services/s3/tagging.h"
#include "services/s3/write.h"

namespace penstock::s3 {
namespace {

using protocol::Reply;

TagList tags_of(const api::Tagging& tagging) {
  TagList tags;
  for (const api::Tag& tag : tagging.tag_set) tags.emplace_back(tag.key, tag.value);
  return tags;
}

std::vector<api::Tag> shown(const TagList& tags) {
  std::vector<api::Tag> set;
  for (const auto& [key, value] : tags) set.push_back({.key = key, .value = value});
  return set;
}

Reply<void> replace_object_tags(Service& service, BucketRef bucket, std::string key, TagList tags) {
  auto turn = co_await service.object_turns.enter(object_turn_key(*bucket, key));
  CO_TRY(std::optional<ObjectRecord> record, service.objects.pending_object(bucket->id, key));
  if (!record) co_return std::unexpected(no_such_key(key));
  record->tags = std::move(tags);
  Change change;
  change.put_object(bucket->id, key, *record);
  CO_TRY(Submitted submitted, submit_change(service, bucket, std::move(change)));
  turn.leave();
  co_return co_await settle(service, std::move(submitted));
}

// Held over the sync: buckets are changed rarely, and the registry then never shows what may be
// lost.
Reply<void> replace_bucket_tags(Service& service, BucketRef bucket, TagList tags) {
  auto turn = co_await service.bucket_turns.enter(hash_bytes(bucket->name));
  BucketRecord record{bucket->id, bucket->owner, bucket->region, bucket->created, tags};
  Change change;
  change.put_bucket(bucket->name, record);
  CO_TRY(Submitted submitted, submit_change(service, bucket, std::move(change)));
  CO_TRY_VOID(co_await settle(service, std::move(submitted)));
  service.buckets.set_tags(*bucket, std::move(tags));
  co_return protocol::ApiResult<void>();
}

}  // namespace

Reply<api::GetObjectTaggingOutput> get_object_tagging(Service& service,
                                                      const protocol::Context& context,
                                                      api::GetObjectTaggingRequest input) {
  CO_TRY(const BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  CO_TRY_VOID(check_key(input.key));
  CO_TRY_VOID(check_version(input.version_id, input.key));
  CO_TRY(const std::optional<ObjectRecord> record, service.objects.object(bucket->id, input.key));
  if (!record) co_return std::unexpected(no_such_key(input.key));
  api::GetObjectTaggingOutput output;
  output.tag_set = shown(record->tags);
  co_return output;
}

Reply<api::PutObjectTaggingOutput> put_object_tagging(Service& service,
                                                      const protocol::Context& context,
                                                      api::PutObjectTaggingRequest input) {
  CO_TRY(BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  CO_TRY_VOID(check_key(input.key));
  CO_TRY_VOID(check_version(input.version_id, input.key));
  TagList tags = tags_of(input.tagging);
  CO_TRY_VOID(check_tags(tags, TagOwner::kObject));
  CO_TRY_VOID(co_await replace_object_tags(service, std::move(bucket), std::move(input.key),
                                           std::move(tags)));
  co_return api::PutObjectTaggingOutput{};
}

Reply<api::DeleteObjectTaggingOutput> delete_object_tagging(Service& service,
                                                            const protocol::Context& context,
                                                            api::DeleteObjectTaggingRequest input) {
  CO_TRY(BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  CO_TRY_VOID(check_key(input.key));
  CO_TRY_VOID(check_version(input.version_id, input.key));
  CO_TRY_VOID(co_await replace_object_tags(service, std::move(bucket), std::move(input.key), {}));
  co_return api::DeleteObjectTaggingOutput{};
}

Reply<api::GetBucketTaggingOutput> get_bucket_tagging(Service& service,
                                                      const protocol::Context& context,
                                                      api::GetBucketTaggingRequest input) {
  CO_TRY(const BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  const TagList tags = service.buckets.tags(*bucket);
  if (tags.empty()) {
    co_return std::unexpected(
        no_configuration("NoSuchTagSet", "The TagSet does not exist", input.bucket));
  }
  api::GetBucketTaggingOutput output;
  output.tag_set = shown(tags);
  co_return output;
}

Reply<api::PutBucketTaggingOutput> put_bucket_tagging(Service& service,
                                                      const protocol::Context& context,
                                                      api::PutBucketTaggingRequest input) {
  CO_TRY(BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  TagList tags = tags_of(input.tagging);
  CO_TRY_VOID(check_tags(tags, TagOwner::kBucket));
  CO_TRY_VOID(co_await replace_bucket_tags(service, std::move(bucket), std::move(tags)));
  co_return api::PutBucketTaggingOutput{};
}

Reply<api::DeleteBucketTaggingOutput> delete_bucket_tagging(Service& service,
                                                            const protocol::Context& context,
                                                            api::DeleteBucketTaggingRequest input) {
  CO_TRY(BucketRef bucket,
         find_bucket(service, context, input.bucket, input.expected_bucket_owner));
  CO_TRY_VOID(co_await replace_bucket_tags(service, std::move(bucket), {}));
  co_return api::DeleteBucketTaggingOutput{};
}

}  // namespace penstock::s3
