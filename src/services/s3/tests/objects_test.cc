// Objects from end to end below the wire: put, get, copy, delete, over a real store and files.
#include <atomic>
#include <functional>
#include <thread>

#include "base/bytes.h"
#include "base/limits.h"
#include "net/http.h"
#include "services/s3/checksum.h"
#include "services/s3/keys.h"
#include "services/s3/tests/harness.h"

namespace penstock::s3 {
namespace {

class Objects : public ::testing::Test {
 protected:
  void SetUp() override { harness.create_bucket("bucket"); }
  Harness harness;
};

TEST_F(Objects, EverySizeComesBackAsItWent) {
  constexpr std::size_t kInline = limits::kS3InlineBytesMax;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kInline - 1, kInline, kInline + 1,
                                 std::size_t{1'000'003}}) {
    SCOPED_TRACE(size);
    const std::string bytes = pattern(size);
    const auto put = harness.put("key", bytes);
    ASSERT_TRUE(put.has_value()) << put.error().message;
    EXPECT_EQ(put->e_tag, "\"" + to_hex(md5(bytes)) + "\"");
    auto got = harness.get("key");
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->e_tag, put->e_tag);
    EXPECT_EQ(got->content_length, static_cast<std::int64_t>(size));
    EXPECT_EQ(got->content_type, "binary/octet-stream");
    EXPECT_EQ(got->content_range, std::nullopt);
    EXPECT_EQ(harness.read(std::move(got->body)), bytes);
  }
}

TEST_F(Objects, SurviveARestart) {
  const std::string small = pattern(10), large = pattern(300'000);
  ASSERT_TRUE(harness.put("small", small).has_value());
  ASSERT_TRUE(harness.put("large", large).has_value());
  harness.reopen();
  EXPECT_EQ(harness.content("small"), small);
  EXPECT_EQ(harness.content("large"), large);
  EXPECT_EQ(harness.file_count(), 1U);
}

TEST_F(Objects, OverwritesAndDeletesLeaveNoFiles) {
  for (std::uint32_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(harness.put("key", pattern(200'000, i + 1)).has_value());
  }
  EXPECT_EQ(harness.content("key"), pattern(200'000, 5));
  api::DeleteObjectRequest request;
  request.bucket = "bucket";
  request.key = "key";
  ASSERT_TRUE(harness.call(delete_object, request).has_value());
  EXPECT_EQ(harness.content("key"), "NoSuchKey");
  ASSERT_TRUE(harness.call(delete_object, request).has_value());  // Again: fine.
  harness.reopen();
  EXPECT_EQ(harness.file_count(), 0U);
}

// A reader that has begun keeps its bytes, whatever happens to the object.
TEST_F(Objects, AReaderKeepsWhatItOpened) {
  const std::string before = pattern(2'000'000, 1), after = pattern(2'000'000, 2);
  ASSERT_TRUE(harness.put("key", before).has_value());
  auto reading = harness.get("key");
  ASSERT_TRUE(reading.has_value());
  ASSERT_TRUE(harness.put("key", after).has_value());
  EXPECT_EQ(harness.file_count(), 2U);
  EXPECT_EQ(harness.read(std::move(reading->body)), before);
  EXPECT_EQ(harness.content("key"), after);
}

TEST_F(Objects, FilesThatNothingRefersToAreSweptAtStart) {
  ASSERT_TRUE(harness.put("key", pattern(200'000)).has_value());
  auto writer = harness.files->create();
  ASSERT_TRUE(writer.has_value());
  ASSERT_TRUE((*writer)->append("left over").has_value());
  ASSERT_TRUE((*writer)->finish().has_value());
  EXPECT_EQ(harness.file_count(), 2U);
  harness.reopen();
  EXPECT_EQ(harness.file_count(), 1U);
  EXPECT_EQ(harness.content("key"), pattern(200'000));
}

TEST_F(Objects, Ranges) {
  const std::string bytes = pattern(700'000);
  ASSERT_TRUE(harness.put("key", bytes).has_value());
  struct Case {
    std::string_view range;
    std::size_t first, size;
    std::string content_range;
  };
  for (const Case& c : {Case{"bytes=0-9", 0, 10, "bytes 0-9/700000"},
                        Case{"bytes=-5", 699'995, 5, "bytes 699995-699999/700000"},
                        Case{"bytes=100-600000", 100, 599'901, "bytes 100-600000/700000"}}) {
    auto request = Harness::get_request("key");
    request.range = c.range;
    auto got = harness.call(get_object, std::move(request));
    ASSERT_TRUE(got.has_value()) << c.range;
    EXPECT_EQ(got->content_range, c.content_range);
    EXPECT_EQ(got->content_length, static_cast<std::int64_t>(c.size));
    EXPECT_EQ(harness.read(std::move(got->body)), bytes.substr(c.first, c.size));
  }
  auto request = Harness::get_request("key");
  request.range = "bytes=700000-";
  const auto refused = harness.call(get_object, std::move(request));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "InvalidRange");
  EXPECT_EQ(refused.error().status, 416);
}

TEST_F(Objects, KeepWhatWasSaidAboutThem) {
  auto request = Harness::put_request("key", net::Body("x"));
  request.content_type = "text/plain";
  request.content_encoding = "aws-chunked,gzip";
  request.cache_control = "no-cache";
  request.expires = "some day";
  request.metadata = std::map<std::string, std::string>{{"Colour", "blue"}};
  request.tagging = "team=data&stage=1";
  request.storage_class = "STANDARD_IA";
  ASSERT_TRUE(harness.call(put_object, std::move(request)).has_value());
  api::HeadObjectRequest head;
  head.bucket = "bucket";
  head.key = "key";
  head.checksum_mode = "ENABLED";
  const auto got = harness.call(head_object, head);
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->content_type, "text/plain");
  EXPECT_EQ(got->content_encoding, "gzip");
  EXPECT_EQ(got->cache_control, "no-cache");
  EXPECT_EQ(got->expires, "some day");
  EXPECT_EQ(got->metadata->at("colour"), "blue");
  EXPECT_EQ(got->tag_count, 2);
  EXPECT_EQ(got->storage_class, "STANDARD_IA");
  EXPECT_EQ(got->server_side_encryption, "AES256");
  EXPECT_TRUE(got->checksum_crc64_nvme.has_value());
  EXPECT_EQ(got->checksum_type, "FULL_OBJECT");
}

struct RefusedRequest {
  std::string_view name;
  std::function<void(api::PutObjectRequest&)> change;
  std::string_view code;
};

// Documented and recorded (fact sheet 3.2, 3.3). Nothing may be written.
TEST_F(Objects, RefusesWhatItCannotDo) {
  const std::vector<RefusedRequest> cases = {
      {"no bucket", [](auto& r) { r.bucket = "other"; }, "NoSuchBucket"},
      {"long key", [](auto& r) { r.key = std::string(1025, 'k'); }, "KeyTooLongError"},
      {"MD5 of other bytes", [](auto& r) { r.content_md5 = "1B2M2Y8AsgTpgAmY7PhCfg=="; },
       "BadDigest"},
      {"no MD5", [](auto& r) { r.content_md5 = "nonsense"; }, "InvalidDigest"},
      {"checksum of other bytes", [](auto& r) { r.checksum_crc32 = "AAAAAA=="; }, "BadDigest"},
      {"too few bytes", [](auto& r) { r.content_length = 100; }, "IncompleteBody"},
      {"metadata",
       [](auto& r) {
         r.metadata = std::map<std::string, std::string>{{"a", std::string(2048, 'v')}};
       },
       "MetadataTooLarge"},
      {"tags", [](auto& r) { r.tagging = "a=1&a=2"; }, "InvalidArgument"},
      {"storage class", [](auto& r) { r.storage_class = "MARBLE"; }, "InvalidStorageClass"},
      {"archive", [](auto& r) { r.storage_class = "GLACIER"; }, "NotImplemented"},
      {"ACL", [](auto& r) { r.acl = "public-read"; }, "AccessControlListNotSupported"},
      {"KMS", [](auto& r) { r.server_side_encryption = "aws:kms"; }, "NotImplemented"},
      {"customer key", [](auto& r) { r.sse_customer_algorithm = "AES256"; }, "NotImplemented"},
      {"lock", [](auto& r) { r.object_lock_mode = "GOVERNANCE"; }, "InvalidRequest"},
      {"other checksum", [](auto& r) { r.checksum_xxhash64 = "AAAA"; }, "NotImplemented"},
      {"if-match of nothing", [](auto& r) { r.if_match = "\"abc\""; }, "NoSuchKey"},
      {"owner", [](auto& r) { r.expected_bucket_owner = "000000000001"; }, "AccessDenied"},
      {"no owner", [](auto& r) { r.expected_bucket_owner = "me"; },
       "InvalidBucketOwnerAWSAccountID"},
  };
  for (const RefusedRequest& c : cases) {
    SCOPED_TRACE(c.name);
    auto request = Harness::put_request("key", in_pieces(pattern(100'000)));
    c.change(request);
    const auto reply = harness.call(put_object, std::move(request));
    ASSERT_FALSE(reply.has_value());
    EXPECT_EQ(reply.error().code, c.code);
    EXPECT_EQ(harness.content("key"), "NoSuchKey");
  }
  harness.settle_files();
  EXPECT_EQ(harness.file_count(), 0U);
}

TEST_F(Objects, TheTrailingChecksumIsChecked) {
  const std::string bytes = "123456789";
  for (const auto& [value, good] : {std::pair{"y/Q5Jg==", true}, std::pair{"AAAAAA==", false}}) {
    auto trailers = std::make_shared<net::Headers>();
    trailers->add("x-amz-checksum-crc32", value);
    harness.context.trailers = trailers;
    auto request = Harness::put_request("key", in_pieces(bytes));
    request.checksum_algorithm = "CRC32";
    const auto reply = harness.call(put_object, std::move(request));
    EXPECT_EQ(reply.has_value(), good);
    if (reply) EXPECT_EQ(reply->checksum_crc32, value);
  }
}

TEST_F(Objects, ConditionalWrites) {
  auto once = Harness::put_request("key", net::Body("a"));
  once.if_none_match = "*";
  const auto first = harness.call(put_object, once);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(harness.call(put_object, once).error().code, "PreconditionFailed");
  auto next = Harness::put_request("key", net::Body("b"));
  next.if_match = first->e_tag;
  ASSERT_TRUE(harness.call(put_object, next).has_value());
  EXPECT_EQ(harness.call(put_object, next).error().status, 412);
  EXPECT_EQ(harness.content("key"), "b");
}

// Of many writers that may only create, exactly one does.
TEST_F(Objects, OnlyOneCreates) {
  constexpr int kWriters = 16;
  std::vector<std::thread> threads;
  std::atomic<int> created = 0;
  for (int i = 0; i < kWriters; ++i) {
    threads.emplace_back([&, i] {
      auto request = Harness::put_request("key", net::Body(std::to_string(i)));
      request.if_none_match = "*";
      auto reply = block_on(harness.runtime.loop(static_cast<std::size_t>(i) % 2),
                            put_object(*harness.service, harness.context, std::move(request)));
      if (reply) ++created;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(created, 1);
}

TEST_F(Objects, ConditionalReads) {
  const auto put = harness.put("key", "a");
  auto request = Harness::get_request("key");
  request.if_none_match = put->e_tag;
  const auto same = harness.call(get_object, request);
  ASSERT_FALSE(same.has_value());
  EXPECT_EQ(same.error().status, 304);
  request = Harness::get_request("key");
  request.if_match = "\"other\"";
  EXPECT_EQ(harness.call(get_object, request).error().status, 412);
  request = Harness::get_request("key");
  request.version_id = "null";
  EXPECT_TRUE(harness.call(get_object, request).has_value());
  request.version_id = "3HL4kqtJlcpXroDTDmJ-rmSpXd3dIbrH";
  EXPECT_EQ(harness.call(get_object, request).error().code, "NoSuchVersion");
}

TEST_F(Objects, Copies) {
  auto request = Harness::put_request("from", in_pieces(pattern(300'000)));
  request.content_type = "text/plain";
  request.metadata = std::map<std::string, std::string>{{"a", "1"}};
  request.tagging = "t=1";
  ASSERT_TRUE(harness.call(put_object, std::move(request)).has_value());
  api::CopyObjectRequest copy;
  copy.bucket = "bucket";
  copy.key = "to";
  copy.copy_source = "/bucket/from";
  const auto reply = harness.call(copy_object, copy);
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ(reply->copy_object_result->e_tag, "\"" + to_hex(md5(pattern(300'000))) + "\"");
  auto got = harness.get("to");
  EXPECT_EQ(got->content_type, "text/plain");
  EXPECT_EQ(got->metadata->at("a"), "1");
  EXPECT_EQ(got->tag_count, 1);
  EXPECT_EQ(harness.read(std::move(got->body)), pattern(300'000));

  copy.key = "from";
  EXPECT_EQ(harness.call(copy_object, copy).error().code, "InvalidRequest");
  copy.metadata_directive = "REPLACE";
  copy.content_type = "text/html";
  ASSERT_TRUE(harness.call(copy_object, copy).has_value());
  got = harness.get("from");
  EXPECT_EQ(got->content_type, "text/html");
  EXPECT_FALSE(got->metadata.has_value());
  EXPECT_EQ(harness.read(std::move(got->body)), pattern(300'000));

  copy.copy_source = "bucket/gone";
  EXPECT_EQ(harness.call(copy_object, copy).error().code, "NoSuchKey");
  auto with_key = copy;  // Refused by name, even when the digest comes alone.
  with_key.copy_source_sse_customer_key_md5 = "1B2M2Y8AsgTpgAmY7PhCfg==";
  EXPECT_EQ(harness.call(copy_object, with_key).error().code, "NotImplemented");
  copy.copy_source = "bucket/from";
  copy.copy_source_if_match = "\"x\"";
  EXPECT_EQ(harness.call(copy_object, copy).error().status, 412);
}

TEST_F(Objects, AnExtraBatchIsDurableTogetherWithTheObject) {
  const std::uint64_t seen = harness.service->notifier.version("bucket");
  storage::Batch extra;
  extra.put(storage::Family::kPositions, "checkpoint", "7");
  const auto put =
      harness.run(put_with(*harness.service, harness.context,
                           Harness::put_request("key", net::Body("x")), std::move(extra)));
  ASSERT_TRUE(put.has_value());
  EXPECT_EQ(harness.store->get(storage::Family::kPositions, "checkpoint").value(), "7");
  EXPECT_GT(harness.service->notifier.version("bucket"), seen);

  storage::Batch refused;
  refused.put(storage::Family::kPositions, "checkpoint", "8");
  auto request = Harness::put_request("key", net::Body("y"));
  request.if_none_match = "*";
  EXPECT_FALSE(
      harness
          .run(put_with(*harness.service, harness.context, std::move(request), std::move(refused)))
          .has_value());
  EXPECT_EQ(harness.store->get(storage::Family::kPositions, "checkpoint").value(), "7");
}

TEST_F(Objects, DeletesManyAtOnce) {
  ASSERT_TRUE(harness.put("a", "1").has_value());
  ASSERT_TRUE(harness.put("b", pattern(100'000)).has_value());
  api::DeleteObjectsRequest request;
  request.bucket = "bucket";
  request.delete_.objects = {{.key = "a"},
                             {.key = "missing"},
                             {.key = "b", .e_tag = "\"no\""},
                             {.key = "b", .version_id = "bad"}};
  const auto reply = harness.call(delete_objects, request);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->deleted->size(), 2U);
  ASSERT_EQ(reply->errors->size(), 2U);
  EXPECT_EQ(reply->errors->at(0).code, "PreconditionFailed");
  EXPECT_EQ(harness.content("a"), "NoSuchKey");
  EXPECT_EQ(harness.content("b"), pattern(100'000));
  request.delete_.objects = {{.key = "b"}};
  request.delete_.quiet = true;
  EXPECT_FALSE(harness.call(delete_objects, request)->deleted.has_value());
  request.delete_.objects.assign(1001, api::ObjectIdentifier{.key = "k"});
  EXPECT_EQ(harness.call(delete_objects, request).error().code, "MalformedXML");
}

TEST_F(Objects, ObjectTags) {
  ASSERT_TRUE(harness.put("key", "x").has_value());
  api::PutObjectTaggingRequest put;
  put.bucket = "bucket";
  put.key = "key";
  put.tagging.tag_set = {{.key = "a", .value = "1"}};
  ASSERT_TRUE(harness.call(put_object_tagging, put).has_value());
  api::GetObjectTaggingRequest get;
  get.bucket = "bucket";
  get.key = "key";
  EXPECT_EQ(harness.call(get_object_tagging, get)->tag_set.at(0).value, "1");
  EXPECT_EQ(harness.content("key"), "x");
  api::DeleteObjectTaggingRequest remove;
  remove.bucket = "bucket";
  remove.key = "key";
  ASSERT_TRUE(harness.call(delete_object_tagging, remove).has_value());
  EXPECT_TRUE(harness.call(get_object_tagging, get)->tag_set.empty());
  get.key = "gone";
  EXPECT_EQ(harness.call(get_object_tagging, get).error().code, "NoSuchKey");
}

}  // namespace
}  // namespace penstock::s3
