// An S3 and a Kinesis that live in the test, behind the same seam as the real ones.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gen/kinesis/model.h"
#include "gen/kinesis/shapes.h"
#include "gen/s3/model.h"
#include "gen/s3/shapes.h"
#include "protocol/caller.h"

namespace penstock::dynamodb {

// One bucket, "bucket"; list pages have two objects.
class FakeS3 final : public protocol::Caller {
 public:
  std::map<std::string, std::string> objects;
  std::atomic<int> failing_reads = 0;          // So many GetObjects are answered with a 503.
  std::atomic<int> failing_parts = 0;          // And so many UploadParts.
  std::map<std::string, std::string> uploads;  // By key; what is not completed.

  protocol::Reply<protocol::AnyShape> call(protocol::Context, const protocol::OperationInfo& info,
                                           protocol::AnyShape input) override {
    if (info.name == "ListObjectsV2") {
      co_return list(input.as<s3::api::ListObjectsV2Request>());
    }
    if (info.name == "GetObject") co_return get(input.as<s3::api::GetObjectRequest>());
    if (info.name == "PutObject") co_return put(input.as<s3::api::PutObjectRequest>());
    if (info.name == "ListMultipartUploads") co_return list_uploads();
    if (info.name == "CreateMultipartUpload") {
      uploads[input.as<s3::api::CreateMultipartUploadRequest>().key] = "";
      s3::api::CreateMultipartUploadOutput output;
      output.upload_id = "upload";
      co_return protocol::AnyShape::of(std::move(output));
    }
    if (info.name == "UploadPart") co_return add_part(input.as<s3::api::UploadPartRequest>());
    if (info.name == "CompleteMultipartUpload") {
      const std::string& key = input.as<s3::api::CompleteMultipartUploadRequest>().key;
      objects[key] = uploads[key];
      uploads.erase(key);
      s3::api::CompleteMultipartUploadOutput output;
      output.e_tag = "\"etag-1\"";
      co_return protocol::AnyShape::of(std::move(output));
    }
    if (info.name == "AbortMultipartUpload") {
      uploads.erase(input.as<s3::api::AbortMultipartUploadRequest>().key);
      co_return protocol::AnyShape::of(s3::api::AbortMultipartUploadOutput());
    }
    co_return protocol::refuse("NotImplemented", "not in the fake", 501);
  }

 private:
  using Answer = protocol::ApiResult<protocol::AnyShape>;

  Answer list(const s3::api::ListObjectsV2Request& input) {
    if (input.bucket != "bucket") {
      return protocol::refuse("NoSuchBucket", "The specified bucket does not exist", 404);
    }
    const std::string prefix = input.prefix.value_or("");
    const std::string after = input.continuation_token.value_or("");
    s3::api::ListObjectsV2Output output;
    output.is_truncated = false;
    auto& contents = output.contents.emplace();
    for (const auto& [key, bytes] : objects) {
      if (!key.starts_with(prefix) || key <= after) continue;
      if (contents.size() == 2) {
        output.is_truncated = true;
        output.next_continuation_token = *contents.back().key;
        break;
      }
      contents.emplace_back().key = key;
    }
    return protocol::AnyShape::of(std::move(output));
  }
  Answer put(s3::api::PutObjectRequest& input) {
    if (input.bucket != "bucket") {
      return protocol::refuse("NoSuchBucket", "The specified bucket does not exist", 404);
    }
    objects[input.key] = input.body.take_bytes();
    return protocol::AnyShape::of(s3::api::PutObjectOutput());
  }
  Answer add_part(s3::api::UploadPartRequest& input) {
    if (failing_parts > 0) {
      --failing_parts;
      return protocol::refuse("SlowDown", "Please reduce your request rate.", 503);
    }
    uploads[input.key] += input.body.take_bytes();
    s3::api::UploadPartOutput output;
    output.e_tag = "\"part\"";
    return protocol::AnyShape::of(std::move(output));
  }
  Answer list_uploads() {
    s3::api::ListMultipartUploadsOutput output;
    for (const auto& [key, bytes] : uploads) {
      auto& upload = output.uploads ? *output.uploads : output.uploads.emplace();
      upload.emplace_back().key = key;
      upload.back().upload_id = "upload";
    }
    return protocol::AnyShape::of(std::move(output));
  }
  Answer get(const s3::api::GetObjectRequest& input) {
    if (failing_reads > 0) {
      --failing_reads;
      return protocol::refuse("SlowDown", "Please reduce your request rate.", 503);
    }
    const auto found = objects.find(input.key);
    if (found == objects.end()) return protocol::refuse("NoSuchKey", "no such key", 404);
    s3::api::GetObjectOutput output;
    output.body = net::Body(found->second);
    return protocol::AnyShape::of(std::move(output));
  }
};

// One stream; keeps what was put, in order.
class FakeKinesis final : public protocol::Caller {
 public:
  explicit FakeKinesis(std::string stream_arn) : stream_arn_(std::move(stream_arn)) {}
  std::atomic<bool> is_away = false;  // PutRecords is answered with a 500.

  protocol::Reply<protocol::AnyShape> call(protocol::Context, const protocol::OperationInfo& info,
                                           protocol::AnyShape input) override {
    if (info.name == "DescribeStreamSummary") {
      if (input.as<kinesis::api::DescribeStreamSummaryInput>().stream_arn != stream_arn_) {
        co_return protocol::refuse("ResourceNotFoundException", "no such stream");
      }
      co_return protocol::AnyShape::of(kinesis::api::DescribeStreamSummaryOutput());
    }
    co_return put(input.as<kinesis::api::PutRecordsInput>());
  }
  std::vector<kinesis::api::PutRecordsRequestEntry> records() const {
    const std::lock_guard lock(mutex_);
    return records_;
  }

 private:
  protocol::ApiResult<protocol::AnyShape> put(kinesis::api::PutRecordsInput& input) {
    if (is_away) return protocol::refuse("InternalFailure", "the stream is away", 500);
    kinesis::api::PutRecordsOutput output;
    output.failed_record_count = 0;
    const std::lock_guard lock(mutex_);
    for (auto& record : input.records) {
      records_.push_back(std::move(record));
      output.records.emplace_back();
    }
    return protocol::AnyShape::of(std::move(output));
  }

  const std::string stream_arn_;
  mutable std::mutex mutex_;
  std::vector<kinesis::api::PutRecordsRequestEntry> records_;
};

}  // namespace penstock::dynamodb
