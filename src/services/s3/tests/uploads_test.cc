// Multipart uploads from beginning to end over a real store and files.
#include "base/bytes.h"
#include "base/limits.h"
#include "services/s3/tests/harness.h"

namespace penstock::s3 {
namespace {

constexpr std::size_t kPart = limits::kS3PartBytesMin;

class Uploads : public ::testing::Test {
 protected:
  void SetUp() override { harness.create_bucket("bucket"); }

  std::string begin(std::string key = "key") {
    api::CreateMultipartUploadRequest request;
    request.bucket = "bucket";
    request.key = std::move(key);
    request.content_type = "text/plain";
    auto reply = harness.call(create_multipart_upload, std::move(request));
    EXPECT_TRUE(reply.has_value());
    return reply->upload_id.value();
  }
  std::string upload(const std::string& id, int number, std::string bytes) {
    api::UploadPartRequest request;
    request.bucket = "bucket";
    request.key = "key";
    request.upload_id = id;
    request.part_number = number;
    request.body = in_pieces(std::move(bytes));
    auto reply = harness.call(upload_part, std::move(request));
    return reply ? reply->e_tag.value() : reply.error().code;
  }
  api::CompleteMultipartUploadRequest completion(const std::string& id,
                                                 std::vector<std::pair<int, std::string>> parts) {
    api::CompleteMultipartUploadRequest request;
    request.bucket = "bucket";
    request.key = "key";
    request.upload_id = id;
    auto& listed = request.multipart_upload.emplace().parts.emplace();
    for (auto& [number, etag] : parts) {
      api::CompletedPart& part = listed.emplace_back();
      part.part_number = number;
      part.e_tag = etag;
    }
    return request;
  }
  Harness harness;
};

TEST_F(Uploads, BecomeOneObject) {
  const std::string id = begin();
  const std::string a = pattern(kPart, 1), b = pattern(kPart + 7, 2), c = pattern(9, 3);
  const std::string unused = upload(id, 7, pattern(100'000, 9));
  const std::string tag_b = upload(id, 2, b), tag_a = upload(id, 1, pattern(kPart, 8));
  const std::string again_a = upload(id, 1, a), tag_c = upload(id, 3, c);
  EXPECT_NE(tag_a, again_a);
  EXPECT_EQ(harness.content("key"), "NoSuchKey");
  harness.reopen();  // Parts are durable.

  api::ListPartsRequest list;
  list.bucket = "bucket";
  list.key = "key";
  list.upload_id = id;
  list.max_parts = 2;
  auto parts = harness.call(list_parts, list);
  ASSERT_TRUE(parts.has_value());
  EXPECT_EQ(parts->parts->size(), 2U);
  EXPECT_EQ(parts->is_truncated, true);
  EXPECT_EQ(parts->next_part_number_marker, 2);

  auto request = completion(id, {{1, again_a}, {2, tag_b}, {3, tag_c}});
  const auto done = harness.call(complete_multipart_upload, request);
  ASSERT_TRUE(done.has_value()) << done.error().message;
  const std::string expected = "\"" + to_hex(md5(md5(a) + md5(b) + md5(c))) + "-3\"";
  EXPECT_EQ(done->e_tag, expected);
  EXPECT_EQ(done->location, "http://localhost:4566/bucket/key");
  EXPECT_EQ(harness.content("key"), a + b + c);
  // Asking again gives the same answer; another upload does not.
  EXPECT_EQ(harness.call(complete_multipart_upload, request)->e_tag, expected);
  request.upload_id = "none";
  EXPECT_EQ(harness.call(complete_multipart_upload, request).error().code, "NoSuchUpload");
  EXPECT_EQ(upload(id, 4, "late"), "NoSuchUpload");

  auto get = Harness::get_request("key");
  get.part_number = 2;
  auto part = harness.call(get_object, get);
  ASSERT_TRUE(part.has_value());
  EXPECT_EQ(part->parts_count, 3);
  EXPECT_EQ(harness.read(std::move(part->body)), b);
  get.part_number = 9;
  EXPECT_EQ(harness.call(get_object, get).error().code, "InvalidPartNumber");
  get = Harness::get_request("key");
  get.range = "bytes=" + std::to_string(kPart - 3) + "-" + std::to_string(kPart + 2);
  EXPECT_EQ(harness.read(std::move(harness.call(get_object, get)->body)),
            (a + b).substr(kPart - 3, 6));

  harness.reopen();
  EXPECT_EQ(harness.file_count(), 2U);  // The last part is small; what was not listed is gone.
  EXPECT_EQ(harness.content("key"), a + b + c);
}

TEST_F(Uploads, AbortRemovesEverything) {
  const std::string id = begin();
  upload(id, 1, pattern(200'000));
  api::AbortMultipartUploadRequest abort;
  abort.bucket = "bucket";
  abort.key = "key";
  abort.upload_id = id;
  ASSERT_TRUE(harness.call(abort_multipart_upload, abort).has_value());
  EXPECT_EQ(harness.call(abort_multipart_upload, abort).error().code, "NoSuchUpload");
  harness.settle_files();
  EXPECT_EQ(harness.file_count(), 0U);
}

TEST_F(Uploads, AreListedByKeyAndTime) {
  const std::string first = begin("a/1");
  harness.clock.advance(std::chrono::seconds(1));
  const std::string second = begin("a/1"), third = begin("b");
  api::ListMultipartUploadsRequest request;
  request.bucket = "bucket";
  request.max_uploads = 2;
  auto page = harness.call(list_multipart_uploads, request);
  ASSERT_EQ(page->uploads->size(), 2U);
  EXPECT_EQ(page->uploads->at(0).upload_id, first);
  EXPECT_EQ(page->uploads->at(1).upload_id, second);
  EXPECT_EQ(page->is_truncated, true);
  request.key_marker = page->next_key_marker;
  request.upload_id_marker = page->next_upload_id_marker;
  page = harness.call(list_multipart_uploads, request);
  ASSERT_EQ(page->uploads->size(), 1U);
  EXPECT_EQ(page->uploads->at(0).upload_id, third);
  request = {};
  request.bucket = "bucket";
  request.delimiter = "/";
  page = harness.call(list_multipart_uploads, request);
  EXPECT_EQ(page->common_prefixes->at(0).prefix, "a/");
  EXPECT_EQ(page->uploads->size(), 1U);
}

TEST_F(Uploads, CopyParts) {
  const std::string source = pattern(kPart + 100'000);
  ASSERT_TRUE(harness.put("source", source).has_value());
  const std::string id = begin();
  std::vector<std::pair<int, std::string>> parts;
  for (const auto& [number, range] :
       {std::pair{1, std::string("bytes=0-") + std::to_string(kPart - 1)},
        std::pair{2, "bytes=" + std::to_string(kPart) + "-" + std::to_string(source.size() - 1)}}) {
    api::UploadPartCopyRequest request;
    request.bucket = "bucket";
    request.key = "key";
    request.upload_id = id;
    request.part_number = number;
    request.copy_source = "bucket/source";
    request.copy_source_range = range;
    const auto reply = harness.call(upload_part_copy, std::move(request));
    ASSERT_TRUE(reply.has_value()) << reply.error().message;
    parts.emplace_back(number, reply->copy_part_result->e_tag.value());
  }
  ASSERT_TRUE(harness.call(complete_multipart_upload, completion(id, parts)).has_value());
  EXPECT_EQ(harness.content("key"), source);
}

// Recorded (fact sheet 3.3): what happens at the key while the upload goes on.
TEST_F(Uploads, ConditionalCompletion) {
  ASSERT_TRUE(harness.put("key", "before").has_value());
  harness.clock.advance(std::chrono::seconds(1));
  const std::string id = begin();
  auto request = completion(id, {{1, upload(id, 1, "x")}});
  request.if_none_match = "*";
  EXPECT_EQ(harness.call(complete_multipart_upload, request).error().code, "PreconditionFailed");
  api::DeleteObjectRequest remove;
  remove.bucket = "bucket";
  remove.key = "key";
  ASSERT_TRUE(harness.call(delete_object, remove).has_value());
  EXPECT_EQ(harness.call(complete_multipart_upload, request).error().code,
            "ConditionalRequestConflict");
  harness.clock.advance(std::chrono::seconds(1));
  const auto meanwhile = harness.put("key", "meanwhile");
  request.if_none_match.reset();
  request.if_match = meanwhile->e_tag;
  EXPECT_EQ(harness.call(complete_multipart_upload, request).error().code,
            "ConditionalRequestConflict");
  request.if_match = "\"other\"";
  EXPECT_EQ(harness.call(complete_multipart_upload, request).error().code, "PreconditionFailed");
  request.if_match.reset();
  ASSERT_TRUE(harness.call(complete_multipart_upload, request).has_value());
  EXPECT_EQ(harness.content("key"), "x");
}

TEST_F(Uploads, GoWithTheirBucket) {
  const std::string id = begin();
  upload(id, 1, pattern(200'000));
  api::DeleteBucketRequest request;
  request.bucket = "bucket";
  ASSERT_TRUE(harness.call(delete_bucket, request).has_value());
  harness.settle_files();
  EXPECT_EQ(harness.file_count(), 0U);
}

TEST_F(Uploads, PartNumbersAndAttributes) {
  const std::string id = begin();
  EXPECT_EQ(upload(id, 0, "x"), "InvalidArgument");
  EXPECT_EQ(upload(id, 10'001, "x"), "InvalidArgument");
  const std::string tag = upload(id, 1, "x");
  ASSERT_TRUE(harness.call(complete_multipart_upload, completion(id, {{1, tag}})).has_value());
  api::GetObjectAttributesRequest request;
  request.bucket = "bucket";
  request.key = "key";
  request.object_attributes = {"ETag", "ObjectSize", "ObjectParts", "Checksum"};
  const auto reply = harness.call(get_object_attributes, request);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->e_tag, to_hex(md5(md5("x"))) + "-1");
  EXPECT_EQ(reply->object_size, 1);
  EXPECT_EQ(reply->object_parts->total_parts_count, 1);
  EXPECT_EQ(reply->checksum->checksum_type, "FULL_OBJECT");
}

}  // namespace
}  // namespace penstock::s3
