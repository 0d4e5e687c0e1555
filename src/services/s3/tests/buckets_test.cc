// Buckets, their configurations, and listings over a real store.
#include <atomic>
#include <thread>

#include "services/s3/tests/harness.h"

namespace penstock::s3 {
namespace {

api::CreateBucketRequest creation(std::string name, std::string constraint = "") {
  api::CreateBucketRequest input;
  input.bucket = std::move(name);
  if (!constraint.empty()) {
    input.create_bucket_configuration.emplace().location_constraint = constraint;
  }
  return input;
}

struct Creation {
  std::string_view name;
  std::string_view region;
  api::CreateBucketRequest input;
  std::string_view code;  // Empty: made.
};

// Recorded (fact sheet 3.1).
TEST(Buckets, RegionRules) {
  const std::vector<Creation> cases = {
      {"at home", "us-east-1", creation("abc"), ""},
      {"elsewhere from home", "us-east-1", creation("abc", "eu-west-1"), ""},
      {"elsewhere", "eu-west-1", creation("abc", "eu-west-1"), ""},
      {"unsaid elsewhere", "eu-west-1", creation("abc"), "IllegalLocationConstraintException"},
      {"wrong", "eu-west-1", creation("abc", "eu-west-2"), "IllegalLocationConstraintException"},
      {"unknown", "us-east-1", creation("abc", "moon"), "InvalidLocationConstraint"},
      {"tools' region", "localhost", creation("abc"), ""},
      {"bad name", "us-east-1", creation("AB"), "InvalidBucketName"},
  };
  for (const Creation& c : cases) {
    SCOPED_TRACE(c.name);
    Harness harness;
    harness.context.region = c.region;
    const auto reply = harness.call(create_bucket, c.input);
    EXPECT_EQ(reply ? "" : reply.error().code, c.code);
  }
}

TEST(Buckets, OwnersAndAgain) {
  Harness harness;
  harness.create_bucket("home");
  EXPECT_TRUE(harness.call(create_bucket, creation("home")).has_value());
  ASSERT_TRUE(harness.call(create_bucket, creation("away", "eu-west-1")).has_value());
  EXPECT_EQ(harness.call(create_bucket, creation("away", "eu-west-1")).error().code,
            "BucketAlreadyOwnedByYou");
  harness.context.account = "111111111111";
  EXPECT_EQ(harness.call(create_bucket, creation("home")).error().code, "BucketAlreadyExists");
  api::HeadBucketRequest head;
  head.bucket = "home";
  EXPECT_EQ(harness.call(head_bucket, head).error().status, 403);
  EXPECT_TRUE(harness.call(list_buckets, {})->buckets->empty());
  harness.context.account = "000000000000";
  head.bucket = "away";
  EXPECT_EQ(harness.call(head_bucket, head)->bucket_region, "eu-west-1");
  head.bucket = "none";
  EXPECT_EQ(harness.call(head_bucket, head).error().code, "NoSuchBucket");
}

TEST(Buckets, ListInPages) {
  Harness harness;
  for (const char* name : {"bbb", "aaa", "ccc"}) harness.create_bucket(name);
  api::ListBucketsRequest request;
  request.max_buckets = 2;
  auto page = harness.call(list_buckets, request);
  ASSERT_EQ(page->buckets->size(), 2U);
  EXPECT_EQ(page->buckets->at(0).name, "aaa");
  ASSERT_TRUE(page->continuation_token.has_value());
  request.continuation_token = page->continuation_token;
  page = harness.call(list_buckets, request);
  ASSERT_EQ(page->buckets->size(), 1U);
  EXPECT_EQ(page->buckets->at(0).name, "ccc");
  EXPECT_EQ(page->continuation_token, std::nullopt);
}

TEST(Buckets, DeletionNeedsEmptiness) {
  Harness harness;
  harness.create_bucket("bucket");
  ASSERT_TRUE(harness.put("key", "x").has_value());
  api::DeleteBucketRequest request;
  request.bucket = "bucket";
  EXPECT_EQ(harness.call(delete_bucket, request).error().code, "BucketNotEmpty");
  ASSERT_TRUE(harness.put("key", "y").has_value());  // The refusal left it open.
  api::DeleteObjectRequest object;
  object.bucket = "bucket";
  object.key = "key";
  ASSERT_TRUE(harness.call(delete_object, object).has_value());
  ASSERT_TRUE(harness.call(delete_bucket, request).has_value());
  EXPECT_EQ(harness.call(delete_bucket, request).error().code, "NoSuchBucket");
  harness.reopen();
  EXPECT_EQ(harness.content("key"), "NoSuchBucket");
  harness.create_bucket("bucket");
  EXPECT_EQ(harness.content("key"), "NoSuchKey");
}

// Whoever deletes a bucket while others write to it loses nothing that was answered.
TEST(Buckets, DeletionNeverTakesAnAcknowledgedObject) {
  Harness harness;
  harness.create_bucket("bucket");
  std::atomic<bool> deleted = false;
  std::atomic<int> put = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        auto request =
            Harness::put_request(std::to_string(t) + "/" + std::to_string(i), net::Body("x"));
        auto reply = block_on(harness.runtime.loop(static_cast<std::size_t>(t) % 2),
                              put_object(*harness.service, harness.context, std::move(request)));
        if (reply) ++put;
      }
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; i < 20 && !deleted; ++i) {
      api::DeleteBucketRequest request;
      request.bucket = "bucket";
      deleted = block_on(harness.runtime.loop(1),
                         delete_bucket(*harness.service, harness.context, std::move(request)))
                    .has_value();
    }
  });
  for (std::thread& thread : threads) thread.join();
  if (deleted) {
    EXPECT_EQ(put, 0);
    return;
  }
  api::ListObjectsV2Request list;
  list.bucket = "bucket";
  EXPECT_EQ(harness.call(list_objects_v2, list)->key_count, put);
}

TEST(Buckets, Tags) {
  Harness harness;
  harness.create_bucket("bucket");
  api::GetBucketTaggingRequest get;
  get.bucket = "bucket";
  EXPECT_EQ(harness.call(get_bucket_tagging, get).error().code, "NoSuchTagSet");
  api::PutBucketTaggingRequest put;
  put.bucket = "bucket";
  put.tagging.tag_set = {{.key = "a", .value = "1"}};
  ASSERT_TRUE(harness.call(put_bucket_tagging, put).has_value());
  harness.reopen();
  EXPECT_EQ(harness.call(get_bucket_tagging, get)->tag_set.at(0).key, "a");
}

// What is true of a bucket that nobody configured (documented defaults since 2023).
TEST(Buckets, Configurations) {
  Harness harness;
  harness.create_bucket("bucket");
  const auto named = [](auto request) {
    request.bucket = "bucket";
    return request;
  };
  EXPECT_EQ(harness.call(get_bucket_policy, named(api::GetBucketPolicyRequest{})).error().code,
            "NoSuchBucketPolicy");
  EXPECT_EQ(harness.call(get_bucket_cors, named(api::GetBucketCorsRequest{})).error().code,
            "NoSuchCORSConfiguration");
  EXPECT_EQ(
      harness.call(get_object_lock_configuration, named(api::GetObjectLockConfigurationRequest{}))
          .error()
          .code,
      "ObjectLockConfigurationNotFoundError");
  EXPECT_EQ(harness.call(get_bucket_versioning, named(api::GetBucketVersioningRequest{}))->status,
            std::nullopt);
  EXPECT_EQ(harness.call(get_bucket_encryption, named(api::GetBucketEncryptionRequest{}))
                ->server_side_encryption_configuration->rules.at(0)
                .apply_server_side_encryption_by_default->sse_algorithm,
            "AES256");
  EXPECT_EQ(harness.call(get_bucket_acl, named(api::GetBucketAclRequest{}))->grants->size(), 1U);
  EXPECT_EQ(harness.call(get_bucket_location, named(api::GetBucketLocationRequest{}))
                ->location_constraint,
            "");
  api::GetBucketPolicyRequest elsewhere;
  elsewhere.bucket = "none";
  EXPECT_EQ(harness.call(get_bucket_policy, elsewhere).error().code, "NoSuchBucket");
}

TEST(Listings, PagesTokensAndPrefixes) {
  Harness harness;
  harness.create_bucket("bucket");
  for (const char* key : {"a", "b/1", "b/2", "c d", "e/1"}) {
    ASSERT_TRUE(harness.put(key, "x").has_value());
  }
  api::ListObjectsV2Request request;
  request.bucket = "bucket";
  request.delimiter = "/";
  request.max_keys = 2;
  request.encoding_type = "url";
  auto page = harness.call(list_objects_v2, request);
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->key_count, 2);
  EXPECT_EQ(page->contents->at(0).key, "a");
  EXPECT_EQ(page->common_prefixes->at(0).prefix, "b/");
  EXPECT_EQ(page->is_truncated, true);
  request.continuation_token = page->next_continuation_token;
  page = harness.call(list_objects_v2, request);
  EXPECT_EQ(page->contents->at(0).key, "c+d");
  EXPECT_EQ(page->common_prefixes->at(0).prefix, "e/");
  EXPECT_EQ(page->is_truncated, false);
  EXPECT_EQ(page->next_continuation_token, std::nullopt);
  request.continuation_token = "nonsense";
  EXPECT_EQ(harness.call(list_objects_v2, request).error().message,
            "The continuation token provided is incorrect");

  api::ListObjectsRequest first;
  first.bucket = "bucket";
  first.max_keys = 2;
  auto old = harness.call(list_objects, first);
  EXPECT_EQ(old->next_marker, std::nullopt);  // Only with a delimiter.
  EXPECT_EQ(old->contents->size(), 2U);
  EXPECT_TRUE(old->contents->at(0).owner.has_value());
  first.delimiter = "/";
  EXPECT_EQ(harness.call(list_objects, first)->next_marker, "b/");
  first.marker = "b/";
  EXPECT_EQ(harness.call(list_objects, first)->contents->at(0).key, "c d");

  api::ListObjectVersionsRequest versions;
  versions.bucket = "bucket";
  const auto all = harness.call(list_object_versions, versions);
  EXPECT_EQ(all->versions->size(), 5U);
  EXPECT_EQ(all->versions->at(0).version_id, "null");
}

}  // namespace
}  // namespace penstock::s3
